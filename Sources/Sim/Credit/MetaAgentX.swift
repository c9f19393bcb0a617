/// The pair of advantages of MetaAgent-X (arXiv 2605.14212, Executor-Designer Hierarchical Rollout).
///
/// A designer's reward is the mean over the N executions of its design, and A = (r − mean) / (std + ε) over the M
/// designs of the task. An executor's advantage is A = (r − mean) / (std + ε) over all M · N executions of the task.
/// That is ``GRPO`` with the deviation and the grouping `question`, and the estimator has no settings, so that nobody
/// trains with half of it by mistake.
/// - Complexity: O(n log n) for a group of n.
public struct MetaAgentX: CreditEstimator, Hashable {
  public init() {}

  public var executorGrouping: ExecutorGrouping { .question }

  public var declaration: CreditDeclaration {
    CreditDeclaration(grouping: .question, baseline: .mean, divisor: .deviation(plus: GRPO.epsilon))
  }

  public func advantages(of tree: RewardTree) -> Advantages {
    tree.advantages(declaration, RewardGroup.standardized)
  }
}
