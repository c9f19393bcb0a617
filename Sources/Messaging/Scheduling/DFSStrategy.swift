import Synchronization

/// One path of a depth-first search through all orders: given choices first, then the oldest event each time.
///
/// ``next`` is the path after it, once an episode has run: so a loop plays every order of the events that are ready
/// together, each order exactly once, as far as `depth` reaches. It varies nothing else: what the seed draws stays the
/// same, and so does the order of jobs between two events.
/// ```
/// var path: DFSStrategy? = DFSStrategy(depth: 20)
/// while let strategy = path {
///   run(strategy)
///   path = strategy.next
/// }
/// ```
public struct DFSStrategy: Strategy {
  public var name: String { "dfs" }
  /// Only this many choices vary; later ones take the oldest event.
  public let depth: Int
  private let path: [Int]
  private var choices = 0
  private let seen: Seen

  /// How many candidates each choice had. Shared with the copy that an episode runs.
  private final class Seen: Sendable {
    let counts = Mutex<[Int]>([])
  }

  public init(depth: Int) { self.init(depth: depth, path: []) }

  private init(depth: Int, path: [Int]) {
    self.depth = depth
    self.path = path
    seen = Seen()
  }

  public mutating func choose(among count: Int) -> StrategyChoice {
    defer { choices += 1 }
    guard choices < depth else { return .rank(0) }
    seen.counts.withLock { $0.append(count) }
    return .rank(choices < path.count ? min(path[choices], count - 1) : 0)
  }

  /// The next path; `nil` when all have been taken.
  public var next: DFSStrategy? {
    let counts = seen.counts.withLock(\.self)
    var taken = counts.indices.map { $0 < path.count ? path[$0] : 0 }
    while let last = taken.popLast() {
      guard last + 1 < counts[taken.count] else { continue }
      return DFSStrategy(depth: depth, path: taken + [last + 1])
    }
    return nil
  }

  /// Whether more choices were made than vary: orders beyond the depth were not covered.
  public var isCut: Bool { seen.counts.withLock(\.count) == depth }
}
