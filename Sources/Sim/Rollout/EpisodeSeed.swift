import Messaging

/// The seeds of a run's episodes.
enum EpisodeSeed {
  /// Returns the seed of an episode, which depends on the run's seed and the episode's id.
  static func of(_ id: String, run seed: UInt64) -> UInt64 {
    var stream = SeededStream(seed: seed, name: id)
    return stream.next()
  }
}

extension Scenario.Strategy {
  /// Makes the strategy of an episode with this seed.
  func made(seed: UInt64, pct: Scenario.PCT = Scenario.PCT()) -> any Messaging.Strategy {
    switch self {
    case .fifo: FIFOStrategy()
    case .random: RandomStrategy(seed: seed)
    case .pct: PCTStrategy(seed: seed, depth: pct.depth, steps: pct.steps)
    }
  }
}
