/// Turns the rewards of a rollout into one advantage for each trajectory.
///
/// An estimator is a value and a pure function; ``CreditLaw`` says what it must satisfy.
public protocol CreditEstimator: Sendable {
  /// The groups in which executions are compared; designs are always compared within their task.
  var executorGrouping: ExecutorGrouping { get }

  /// The advantages, in the shape of `tree`.
  func advantages(of tree: RewardTree) -> Advantages
}
