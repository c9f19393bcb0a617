import Messaging

/// How the orders to be explored are chosen.
public enum ExplorationStrategy: Sendable, Hashable {
  /// Uniform among the ready events.
  case random
  /// Random priorities that change `depth` - 1 times within about `steps` choices.
  case pct(depth: Int, steps: Int)
  /// Every order of the first `depth` choices among ready events, one after the other, under each seed. What the seed
  /// draws, such as pauses and faults, is not varied with it: see ``Coverage``.
  case dfs(depth: Int)
  /// The oldest first: chance alone changes.
  case fifo

  /// The strategy of one episode; that of `dfs` has a state of its own.
  func made(seed: UInt64) -> any Strategy {
    switch self {
    case .random: RandomStrategy(seed: seed)
    case .pct(let depth, let steps): PCTStrategy(seed: seed, depth: depth, steps: steps)
    case .dfs(let depth): DFSStrategy(depth: depth)
    case .fifo: FIFOStrategy()
    }
  }
}
