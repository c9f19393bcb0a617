import Sim

/// Compares each reward with the mean of the *others* of its group, which leaves the gradient unbiased (RLOO, Ahmadian
/// et al., arXiv 2402.14740). Equal rewards, and a reward that is alone, have the advantage 0.
struct LeaveOneOut: CreditEstimator {
  var executorGrouping = ExecutorGrouping.design

  func advantages(of tree: RewardTree) -> Advantages {
    Advantages(
      tree.tasks.map { task in
        let designers = relative(task.designs.map(\.reward))
        return zip(task.designs, designers).map { design, advantage in
          Advantages.Design(designer: advantage, executions: relative(design.executions))
        }
      })
  }

  private func relative(_ rewards: [Double]) -> [Double] {
    // Of equal rewards, rounding would leave something else than 0.
    guard Set(rewards).count > 1 else { return rewards.map { _ in 0 } }
    let (sum, others) = (rewards.sorted().reduce(0, +), Double(rewards.count - 1))
    return rewards.map { $0 - (sum - $0) / others }
  }
}
