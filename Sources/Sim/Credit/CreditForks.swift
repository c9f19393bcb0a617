import Messaging

/// The forks that an estimator asks for: which calls of an execution are replaced in each of them, and by what.
///
/// A fork is an execution that is run again under the same seed, so that it differs from the original only by the
/// calls that are replaced and by what follows from them. The rollout plays the forks of every execution, and the
/// estimator finds their rewards in ``RewardTree/Design/forks``.
public enum CreditForks: Sendable, Hashable {
  /// Each call is replaced by itself, in `draws` forks: n · `draws` forks of an execution of n calls.
  case eachCall(Replacement, draws: Int)
  /// Sets of calls are handed on together. Of an execution of at most `exactCalls` calls, every set is: 2ⁿ - 1 forks.
  /// Of one with more, the calls come in one after the other in `permutations` random orders: at most
  /// 1 + `permutations` · (n - 1) forks.
  case coalitions(exactCalls: Int, permutations: Int)

  /// What stands in the place of a call.
  public enum Replacement: Sendable, Hashable {
    /// The same question is answered by a fresh draw of the same policy.
    case redraw
    /// The call's output is taken out, and its work goes on as it was given.
    case handOn
    /// Another role does the same work.
    case role(String)
  }

  /// The forks of one execution, before they are played.
  struct Plan: Sendable, Hashable {
    /// For each fork, the indices of the calls that are replaced in it, in ascending order.
    var replaced: [[Int]] = []
    /// The orders in which the calls come in; empty unless coalitions are sampled.
    var orders: [[Int]] = []
  }

  /// Returns the forks of an execution of `calls` calls. The orders are drawn from `stream`.
  /// - Complexity: O(the forks and their calls).
  func plan(calls: Int, using stream: inout SeededStream) -> Plan {
    var plan = Plan()
    guard calls > 0 else { return plan }
    switch self {
    case .eachCall(_, let draws):
      plan.replaced = (0..<calls).flatMap { call in Array(repeating: [call], count: draws) }
    case .coalitions(let exactCalls, _) where calls <= exactCalls:
      plan.replaced = (1..<(1 << calls)).map { mask in (0..<calls).filter { mask >> $0 & 1 == 1 } }
    case .coalitions(_, let permutations):
      plan.orders = (0..<permutations).map { _ in (0..<calls).shuffled(using: &stream) }
      var seen: Set<[Int]> = []
      for order in plan.orders {
        for present in 0..<calls {
          let replaced = order[present...].sorted()
          if seen.insert(replaced).inserted { plan.replaced.append(replaced) }
        }
      }
    }
    return plan
  }
}

/// An estimator needs the reward of a fork that the tree does not have.
package struct MissingFork: Error, Hashable, Sendable, CustomStringConvertible {
  /// The indices of the calls that would be replaced.
  package var replaced: [Int]
  package var description: String { "the tree has no fork in which the calls \(replaced) are replaced" }
}

extension RewardTree {
  /// Returns the advantages that `relative` gives to the calls of each execution, from its reward and its forks.
  ///
  /// Designs are compared with those of the same task, and have their rewards less the mean. Calls of executions that
  /// nobody forked have the advantage 0.
  func advantages(
    byForks relative: (_ reward: Double, _ calls: Int, _ forks: Forks) throws -> [Double]
  ) rethrows -> Advantages {
    Advantages(
      try tasks.map { task in
        let designers = RewardGroup.deviations(of: task.designs.map(\.reward))
        return try zip(task.designs, designers).map { design, designer in
          let calls = try design.calls.enumerated().map { index, made in
            guard !made.isEmpty, !design.forks.isEmpty else { return made.map { _ in 0.0 } }
            return try relative(design.executions[index], made.count, design.forks[index])
          }
          let executions =
            calls.isEmpty ? design.executions.map { _ in 0 } : calls.map(RewardGroup.meanOrZero)
          return Advantages.Design(designer: designer, executions: executions, calls: calls)
        }
      })
  }
}
