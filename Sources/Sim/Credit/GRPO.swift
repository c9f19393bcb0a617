/// Group-relative advantages: A = r − mean(group), divided by std(group) + ε if `normalize` is true.
///
/// The formula is that of GRPO (DeepSeekMath, arXiv 2402.03300, §4.1), and the two levels of groups are those of
/// MetaAgent-X (arXiv 2605.14212). The designs of a task form a group, and a design's reward is the mean over its
/// executions. The executions form a group for each design, or for each task (question). Without the division, easy
/// and hard tasks are not scaled to the same size (Dr. GRPO, arXiv 2503.20783). If all rewards of a group are equal,
/// all its advantages are exactly 0.
///
/// It does not scale negative advantages, and does not select the calls on the answer's path. The trainer does both
/// later, for each trajectory.
/// - Complexity: O(n log n) for a group of n.
public struct GRPO: CreditEstimator, Hashable {
  /// ε, which is added to the standard deviation so that rounding errors do not become large advantages.
  package static let epsilon = 1e-6

  /// Whether advantages are divided by the standard deviation of their group.
  package var normalize: Bool
  public var executorGrouping: ExecutorGrouping

  public init(normalize: Bool = false, executorGrouping: ExecutorGrouping = .question) {
    self.normalize = normalize
    self.executorGrouping = executorGrouping
  }

  public var declaration: CreditDeclaration {
    CreditDeclaration(
      grouping: executorGrouping, baseline: .mean,
      divisor: normalize ? .deviation(plus: GRPO.epsilon) : .one)
  }

  public func advantages(of tree: RewardTree) -> Advantages {
    tree.advantages(declaration, normalize ? RewardGroup.standardized : RewardGroup.deviations)
  }
}
