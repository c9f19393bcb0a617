import Synchronization

/// A tree that an estimator was asked about, and what it gave.
struct AskedTree: Sendable {
  var tree: RewardTree
  var given: Result<Advantages, any Error>
}

/// An estimator that remembers what it was asked, for a law that is broken: the last trees are those for which it fails.
final class AskedTrees<Base: CreditEstimator>: CreditEstimator {
  private let base: Base
  private let asked = Mutex<[AskedTree]>([])

  init(_ base: Base) { self.base = base }

  var executorGrouping: ExecutorGrouping { base.executorGrouping }
  var declaration: CreditDeclaration { base.declaration }

  func advantages(of tree: RewardTree) throws -> Advantages {
    let given = Result { try base.advantages(of: tree) }
    asked.withLock { $0.append(AskedTree(tree: tree, given: given)) }
    return try given.get()
  }

  /// The first tree, and the last `count` ones.
  func first(andLast count: Int) -> [AskedTree] {
    let all = asked.withLock(\.self)
    return Array(all.prefix(1) + all.dropFirst().suffix(count))
  }
}
