import Messaging

/// The strategy by which an explorer chooses the orders of events.
public enum ExplorationStrategy: Sendable, Hashable {
  /// Every ready event has the same probability.
  case random
  /// Actors have random priorities, which change `depth` - 1 times within about `steps` choices.
  case pct(depth: Int, steps: Int)
  /// Every order of the first `depth` choices among ready events is played, one after another, under each seed. What a
  /// seed draws, such as pauses and faults, does not vary with it: see ``Coverage``.
  case dfs(depth: Int)
  /// The oldest event goes first, so only chance varies.
  case fifo

  /// Makes the strategy of one episode. The search of `dfs` keeps its own state and does not use this.
  func made(seed: UInt64) -> any Strategy {
    switch self {
    case .random: RandomStrategy(seed: seed)
    case .pct(let depth, let steps): PCTStrategy(seed: seed, depth: depth, steps: steps)
    case .dfs(let depth): DFSStrategy(depth: depth)
    case .fifo: FIFOStrategy()
    }
  }
}
