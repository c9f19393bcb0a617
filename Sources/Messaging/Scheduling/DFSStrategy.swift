import Synchronization

/// A path of a depth-first search through all orders: it takes given choices first, and then the oldest event.
///
/// Once an episode has run, ``next`` is the path after it. So a loop plays every order of the events that are ready
/// together, each order exactly once, for the first `depth` choices. It varies nothing else: what the seed draws stays
/// the same, and so does the order of jobs between two events unless jobs are choices.
/// ```
/// var path: DFSStrategy? = DFSStrategy(depth: 20)
/// while let strategy = path {
///   run(strategy)
///   path = strategy.next
/// }
/// ```
package struct DFSStrategy: Strategy {
  package var name: String { "dfs" }
  /// The number of choices that vary. Later ones take the oldest event.
  package let depth: Int
  private let path: [Int]
  private var choices = 0
  private let seen: Seen

  /// The number of candidates at each choice. The copy that an episode runs shares it.
  private final class Seen: Sendable {
    let counts = Mutex<[Int]>([])
  }

  package init(depth: Int) { self.init(depth: depth, path: []) }

  private init(depth: Int, path: [Int]) {
    self.depth = depth
    self.path = path
    seen = Seen()
  }

  package mutating func choose(among count: Int) -> StrategyChoice {
    defer { choices += 1 }
    guard choices < depth else { return .rank(0) }
    seen.counts.withLock { $0.append(count) }
    return .rank(choices < path.count ? min(path[choices], count - 1) : 0)
  }

  package mutating func chooseJob(among tasks: [Int], using stream: inout SeededStream) -> Int {
    guard case .rank(let rank) = choose(among: tasks.count) else { return 0 }
    return rank
  }

  /// The next path; `nil` when all have been taken.
  package var next: DFSStrategy? {
    let counts = seen.counts.withLock(\.self)
    var taken = counts.indices.map { $0 < path.count ? path[$0] : 0 }
    while let last = taken.popLast() {
      guard last + 1 < counts[taken.count] else { continue }
      return DFSStrategy(depth: depth, path: taken + [last + 1])
    }
    return nil
  }

  /// Whether the episode reached the last choice that varies. Then orders beyond the depth are not covered.
  package var isCut: Bool { seen.counts.withLock(\.count) == depth }
}
