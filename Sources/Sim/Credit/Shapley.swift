/// Shapley values of the calls of an execution: φ_c = Σ_S |S|! (n − |S| − 1)! / n! · (v(S ∪ c) − v(S)).
///
/// The sum is over the sets S of the other calls, and v(S) is the reward of the fork in which only the calls of S are
/// made and all others are handed on (Shapley, "A Value for n-Person Games", 1953). The values of an execution sum to its
/// reward less that of the fork in which every call is handed on.
///
/// Of more than `exactCalls` calls, the values are means of v(S ∪ c) − v(S) over random orders of the calls, where S is
/// what comes before c (Castro, Gómez and Tejada, "Polynomial calculation of the Shapley value based on sampling",
/// Computers & Operations Research 36, 2009). They keep the sum, and ``estimates(reward:calls:forks:)`` gives their
/// standard errors. Designs are compared as by ``GRPO`` without a deviation.
/// - Complexity: O(2ⁿ n) for n calls if exact, O(permutations · n) lookups otherwise.
package struct Shapley: CreditEstimator, Hashable {
  /// The most calls of which every coalition is played.
  package var exactCalls: Int
  /// The number of random orders for executions with more calls; at least 2.
  package var permutations: Int

  /// The number of calls up to which values are exact unless a caller says otherwise.
  package static let exactCalls = 8

  package init(exactCalls: Int = Shapley.exactCalls, permutations: Int = 16) {
    self.exactCalls = exactCalls
    self.permutations = permutations
  }

  package var executorGrouping: ExecutorGrouping { .turn }

  package var declaration: CreditDeclaration {
    CreditDeclaration(
      grouping: .turn, baseline: .mean, divisor: .one,
      forks: .coalitions(exactCalls: exactCalls, permutations: permutations))
  }

  package func advantages(of tree: RewardTree) throws(MissingFork) -> Advantages {
    do {
      return try tree.advantages { reward, calls, forks in
        try Self.estimates(reward: reward, calls: calls, forks: forks).map(\.value)
      }
    } catch {
      throw error as? MissingFork ?? MissingFork(replaced: [])
    }
  }

  /// A call's value, and the standard error of the mean that it was estimated by; 0 if it is exact.
  package struct Estimate: Sendable, Hashable {
    package var value: Double
    package var standardError: Double
  }

  /// The values of the calls of one execution.
  package static func estimates(
    reward: Double, calls: Int, forks: RewardTree.Forks
  ) throws(MissingFork) -> [Estimate] {
    let game = Game(reward: reward, calls: calls, forks: forks)
    guard !forks.orders.isEmpty else {
      var estimates: [Estimate] = []
      for call in 0..<calls { estimates.append(Estimate(value: try game.value(of: call), standardError: 0)) }
      return estimates
    }
    var differences = Array(repeating: [Double](), count: calls)
    for order in forks.orders {
      var before = try game.value(replacing: order.sorted())
      for (place, call) in order.enumerated() {
        let after = try game.value(replacing: order[(place + 1)...].sorted())
        differences[call].append(after - before)
        before = after
      }
    }
    return differences.map { differences in
      let count = Double(differences.count)
      let spread = RewardGroup.rootMeanSquare(of: RewardGroup.deviations(of: differences))
      return Estimate(
        value: RewardGroup.mean(of: differences),
        standardError: count < 2 ? 0 : spread / (count - 1).squareRoot())
    }
  }

  /// The rewards of an execution by what was replaced in it.
  private struct Game {
    let reward: Double
    let calls: Int
    private let rewards: [[Int]: Double]

    init(reward: Double, calls: Int, forks: RewardTree.Forks) {
      self.reward = reward
      self.calls = calls
      rewards = Dictionary(forks.played.map { ($0.replaced, $0.reward) }) { first, _ in first }
    }

    func value(replacing replaced: [Int]) throws(MissingFork) -> Double {
      guard !replaced.isEmpty else { return reward }
      guard let value = rewards[replaced] else { throw MissingFork(replaced: replaced) }
      return value
    }

    /// The exact value. For each size of S, what the call adds is averaged over the sets of that size, and every size
    /// counts the same: 1 / n · 1 / C(n − 1, |S|) is |S|! (n − |S| − 1)! / n!.
    func value(of call: Int) throws(MissingFork) -> Double {
      var added = Array(repeating: [Double](), count: calls)
      for mask in 0..<(1 << calls) where mask >> call & 1 == 0 {
        let absent = (0..<calls).filter { mask >> $0 & 1 == 0 }
        let without = try value(replacing: absent)
        let with = try value(replacing: absent.filter { $0 != call })
        added[mask.nonzeroBitCount].append(with - without)
      }
      return RewardGroup.mean(of: added.prefix(calls).map(RewardGroup.mean))
    }
  }
}

extension RewardTree {
  /// The mean standard error of the Shapley values that are means over sampled orders; `nil` if there are none.
  var sampledCreditError: Double? {
    var errors: [Double] = []
    for design in tasks.flatMap(\.designs) {
      for (execution, forks) in design.forks.enumerated() where !forks.orders.isEmpty {
        let estimates = try? Shapley.estimates(
          reward: design.executions[execution], calls: design.calls[execution].count, forks: forks)
        errors += (estimates ?? []).map(\.standardError)
      }
    }
    return errors.isEmpty ? nil : RewardGroup.mean(of: errors)
  }
}
