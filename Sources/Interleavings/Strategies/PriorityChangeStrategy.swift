import Messaging

/// Probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010): random priorities that fall at random moments.
///
/// Priorities belong to tasks, which are senders, or to actors, which are receivers. The part whose task or actor has the
/// highest priority is next; at `depth` - 1 moments the one that would be next falls below all others.
struct PriorityChangeStrategy: InterleavingStrategy {
  let depth: Int
  let isOverActors: Bool
  private var stream = SeededStream(seed: 0, name: "pct")
  private var priorities: [UInt64: UInt64] = [:]
  /// The choices at which a priority falls, in ascending order.
  private var falls: [Int] = []
  private var choices = 0

  init(depth: Int, isOverActors: Bool) {
    precondition(depth >= 1, "a bug needs at least one order")
    (self.depth, self.isOverActors) = (depth, isOverActors)
  }

  mutating func begin(seed: UInt64, profile: InterleavingProfile) {
    stream = SeededStream(seed: seed, name: "pct")
    priorities.removeAll(keepingCapacity: true)
    choices = 0
    let most = max(1, profile.choices)
    falls = (1..<depth).map { _ in Int.random(in: 0..<most, using: &stream) }.sorted()
  }

  /// What has a priority: the actor of a part or else its task.
  private func owner(of step: ReadyStep) -> UInt64 {
    isOverActors && step.actor != ReadyStep.nonisolated ? UInt64(step.actor) : step.key
  }

  mutating func choose(among ready: [ReadyStep], straight: Int) -> Int {
    guard ready.count > 1 else { return 0 }
    defer { choices += 1 }
    var best = highest(among: ready)
    while let fall = falls.first, fall <= choices {
      falls.removeFirst()
      // Every first priority is above all to which one falls, and a later one falls deeper.
      priorities[owner(of: ready[best])] = UInt64(falls.count)
      best = highest(among: ready)
    }
    return best
  }

  private mutating func highest(among ready: [ReadyStep]) -> Int {
    var best = (index: 0, priority: UInt64(0))
    for (index, step) in ready.enumerated() {
      let owner = owner(of: step)
      let priority = priorities[owner] ?? (stream.next() | 1 << 63)
      priorities[owner] = priority
      if index == 0 || priority > best.priority { best = (index, priority) }
    }
    return best.index
  }
}
