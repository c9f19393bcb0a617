/// Advantages that are normalized for each agent role: A = (r − mean_k) / (std_k + ε) over the calls of role k.
///
/// This is the agent-wise normalization of Dr. MAS (arXiv 2602.08847), where mean and deviation are those of the
/// agent's own rewards in place of the whole group's. A call has the reward of its execution, and a role counts an
/// execution as often as it acted in it. The calls of a role are compared within the grouping: across the task,
/// within a design, or at one place of a design's script. An execution's own advantage is the mean of its calls', and
/// 0 if it made none. Designers are one role, and are normalized over the designs of the task.
/// - Complexity: O(n log n) for a group of n.
public struct PerAgent: CreditEstimator, Hashable {
  public var executorGrouping: ExecutorGrouping

  public init(executorGrouping: ExecutorGrouping = .question) {
    self.executorGrouping = executorGrouping
  }

  public var declaration: CreditDeclaration {
    CreditDeclaration(
      grouping: executorGrouping, separatesRoles: true, baseline: .mean,
      divisor: .deviation(plus: GRPO.epsilon))
  }

  public func advantages(of tree: RewardTree) -> Advantages {
    tree.advantages(declaration, RewardGroup.standardized)
  }
}
