/// Group-relative advantages: A = r − mean(group), divided by std(group) + ε if `normalize`.
///
/// The formula is that of GRPO (DeepSeekMath, arXiv 2402.03300, §4.1); the two levels of groups are
/// MetaAgent-X's (arXiv 2605.14212): the designs of a task form a group, with the mean over a design's
/// executions as its reward; executions form a group per design or per task (question). Without the division,
/// easy and hard tasks are not blown up to the same size (Dr. GRPO, arXiv 2503.20783). A group whose rewards
/// are all equal gets exactly 0.
///
/// Cost O(n log n) in the size of a group. It neither scales negative advantages nor selects the calls on the
/// answer's path; that is done to a trajectory's tokens, later.
public struct GRPO: CreditEstimator, Hashable {
  /// ε, added to the standard deviation, so that rounding errors are not blown up to advantages.
  public static let epsilon = 1e-6

  public var normalize: Bool
  public var executorGrouping: ExecutorGrouping

  public init(normalize: Bool = false, executorGrouping: ExecutorGrouping = .question) {
    self.normalize = normalize
    self.executorGrouping = executorGrouping
  }

  public func advantages(of tree: RewardTree) -> Advantages {
    Advantages(tree.tasks.map(advantages))
  }

  private func advantages(of task: RewardTree.Task) -> [Advantages.Design] {
    let designers = relative(task.designs.map(\.reward))
    let rewards = task.designs.map(\.executions)
    let executors: [[Double]]
    switch executorGrouping {
    case .design: executors = rewards.map(relative)
    case .question:
      var flat = relative(rewards.flatMap(\.self))[...]
      executors = rewards.map { group in
        defer { flat.removeFirst(group.count) }
        return Array(flat.prefix(group.count))
      }
    }
    return zip(designers, executors).map { Advantages.Design(designer: $0, executions: $1) }
  }

  /// (n) rewards of a group to (n) advantages.
  private func relative(_ rewards: [Double]) -> [Double] {
    let deviations = RewardGroup.deviations(of: rewards)
    guard normalize else { return deviations }
    let scale = RewardGroup.rootMeanSquare(of: deviations) + GRPO.epsilon
    return deviations.map { $0 / scale }
  }
}
