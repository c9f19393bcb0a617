/// Turns the rewards of a rollout into an advantage for each design and each execution.
///
/// An estimator is a value, and its result depends only on the tree. ``CreditLaw`` lists the laws that it must
/// satisfy.
public protocol CreditEstimator: Sendable {
  /// The groups within which executions are compared. Designs are always compared with those of the same task.
  var executorGrouping: ExecutorGrouping { get }

  /// What laws hold the estimator to. Unless an estimator says more, it declares its grouping alone.
  var declaration: CreditDeclaration { get }

  /// The advantages, in the shape of `tree`.
  /// - Throws: if the estimator has no advantages for this tree, which ends the training run.
  func advantages(of tree: RewardTree) throws -> Advantages
}

extension CreditEstimator {
  public var declaration: CreditDeclaration { CreditDeclaration(grouping: executorGrouping) }
}
