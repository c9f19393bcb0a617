/// Difference rewards: D_c = G(all calls) − G(all calls but c).
///
/// This is the wonderful life utility of Wolpert and Tumer ("Optimal Payoff Functions for Members of Collectives", 2001),
/// with "the work goes on as it was given" as the null action to which the call is clamped. G is the executors' reward.
/// It is ``Counterfactual`` with the baseline `handOn`, and has no settings. In contrast to ``RLOO``, what is left out is
/// a call of the same execution, and not another execution.
///
/// Two calls that do the same work, such as the copies of a vote, may both have the difference 0. ``Shapley`` shares the
/// credit among them.
/// - Complexity: O(forks).
package struct LeaveOneOutCall: CreditEstimator, Hashable {
  package init() {}

  package var executorGrouping: ExecutorGrouping { .turn }

  package var declaration: CreditDeclaration {
    CreditDeclaration(grouping: .turn, baseline: .mean, divisor: .one, forks: .eachCall(.handOn, draws: 1))
  }

  package func advantages(of tree: RewardTree) throws(MissingFork) -> Advantages {
    try tree.differences(draws: 1)
  }
}
