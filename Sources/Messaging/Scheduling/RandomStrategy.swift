/// Uniform among the ready events, from its own stream.
public struct RandomStrategy: Strategy {
  private var stream: SeededStream

  public init(seed: UInt64) { stream = SeededStream(seed: seed, name: "scheduler") }

  public mutating func choose(among count: Int) -> Int { Int.random(in: 0..<count, using: &stream) }
}
