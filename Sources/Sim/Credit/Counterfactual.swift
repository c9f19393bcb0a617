/// The difference that a call makes: A = r − mean of r over forks in which the call alone is replaced by its baseline.
///
/// With a fresh draw as the baseline, it is the counterfactual baseline of COMA (Foerster et al. 2018, arXiv
/// 1705.08926, §4), Q(s, u) − Σ_u' π(u') Q(s, (u⁻ᵃ, u')): the actions of all others are held fixed, and the agent's own
/// is averaged out. COMA computes the sum with a learned critic. Here each Q is the reward of an execution under the
/// same seed, and the sum is a mean over `draws` forks. The baseline does not depend on what the call said, so that it
/// leaves the expected gradient as it is.
///
/// With the other baselines, the call's work handed on or done in another role, it is a difference reward (see
/// ``LeaveOneOutCall``). Designs are compared as by ``GRPO`` without a deviation.
/// - Complexity: O(forks).
package struct Counterfactual: CreditEstimator, Hashable {
  package var baseline: CreditForks.Replacement
  /// The number of forks of each call.
  package var draws: Int

  package init(baseline: CreditForks.Replacement = .redraw, draws: Int = 1) {
    self.baseline = baseline
    self.draws = draws
  }

  /// Every call is compared with its own forks only, which is finer than any grouping.
  package var executorGrouping: ExecutorGrouping { .turn }

  package var declaration: CreditDeclaration {
    CreditDeclaration(
      grouping: .turn, baseline: .mean, divisor: .one, forks: .eachCall(baseline, draws: draws))
  }

  package func advantages(of tree: RewardTree) throws(MissingFork) -> Advantages {
    try tree.differences(draws: draws)
  }
}

extension RewardTree {
  /// For each call, the mean of what the reward exceeds those of its `draws` forks by.
  func differences(draws: Int) throws(MissingFork) -> Advantages {
    do {
      return try advantages { reward, calls, forks in
        try (0..<calls).map { call in
          let replaced = forks.played.filter { $0.replaced == [call] }
          guard replaced.count == draws else { throw MissingFork(replaced: [call]) }
          // The mean of differences, and not the difference of means, is exactly 0 if nothing differs.
          return RewardGroup.mean(of: replaced.map { reward - $0.reward })
        }
      }
    } catch {
      throw error as? MissingFork ?? MissingFork(replaced: [])
    }
  }
}
