import Messaging

/// A strategy under which each part that is ready is the next one with the same probability.
struct RandomWalkStrategy: InterleavingStrategy {
  private var stream = SeededStream(seed: 0, name: "walk")

  mutating func begin(seed: UInt64, profile: InterleavingProfile) {
    stream = SeededStream(seed: seed, name: "walk")
  }

  mutating func choose(among ready: [ReadyStep], straight: Int) -> Int {
    ready.count == 1 ? 0 : Int.random(in: 0..<ready.count, using: &stream)
  }
}
