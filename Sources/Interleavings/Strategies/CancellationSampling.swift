import Messaging

/// A strategy that cancels tasks at random moments, and else chooses as another one does.
///
/// It draws how many tasks are cancelled in a schedule, from none to the most. Each moment is drawn among the parts of the
/// first schedule, and the task among those that can be cancelled then; if there is none, it is the next moment at which
/// there is one. So tasks that are alive for long are cancelled more often, as in a program.
struct CancellationSampling: InterleavingStrategy {
  private var base: any InterleavingStrategy
  private let most: Int
  private var stream = SeededStream(seed: 0, name: "cancel")
  /// The numbers of decisions at which a task is cancelled, in ascending order.
  private var moments: [Int] = []
  private var decisions = 0

  init(of base: any InterleavingStrategy, atMost most: Int) {
    precondition(most >= 1, "a schedule that cancels nothing needs no moments")
    (self.base, self.most) = (base, most)
  }

  mutating func begin(seed: UInt64, profile: InterleavingProfile) {
    base.begin(seed: seed, profile: profile)
    stream = SeededStream(seed: seed, name: "cancel")
    decisions = 0
    let count = Int.random(in: 0...most, using: &stream)
    moments = (0..<count).map { _ in Int.random(in: 0..<max(1, profile.steps), using: &stream) }.sorted()
  }

  mutating func choose(among ready: [ReadyStep], straight: Int) -> Int {
    let parts = ready.prefix { $0.kind != .cancellation }
    defer { decisions += 1 }
    if let moment = moments.first, decisions >= moment, parts.count < ready.count {
      moments.removeFirst()
      return Int.random(in: parts.count..<ready.count, using: &stream)
    }
    return base.choose(among: Array(parts), straight: straight)
  }

  mutating func ran(_ step: ReadyStep, _ effect: StepEffect) {
    if step.kind != .cancellation { base.ran(step, effect) }
  }
  mutating func end() -> Bool { base.end() }
}
