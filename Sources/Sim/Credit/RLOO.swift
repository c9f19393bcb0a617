/// Leave-one-out advantages: A = r − mean of the *other* rewards of the group, which is n/(n − 1) · (r − mean(group)).
///
/// This is the estimator of REINFORCE Leave-One-Out (Ahmadian et al., arXiv 2402.14740, §2.2): for k samples of a
/// prompt, A_i = r_i − 1/(k − 1) Σ_{j≠i} r_j. The baseline does not depend on what the reward is for, so that the
/// expected update is the gradient of the expected reward. A reward that is alone in its group has the advantage 0.
/// The designs of a task form a group as they do for ``GRPO``. RLOO never divides by a deviation.
/// - Complexity: O(n log n) for a group of n.
public struct RLOO: CreditEstimator, Hashable {
  public var executorGrouping: ExecutorGrouping

  public init(executorGrouping: ExecutorGrouping = .question) {
    self.executorGrouping = executorGrouping
  }

  public var declaration: CreditDeclaration {
    CreditDeclaration(grouping: executorGrouping, baseline: .meanOfOthers, divisor: .one)
  }

  public func advantages(of tree: RewardTree) -> Advantages {
    tree.advantages(declaration, RewardGroup.leaveOneOut)
  }
}
