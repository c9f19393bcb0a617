import Messaging

/// The laws of estimators that ask for forks. Of any other estimator, they hold.
extension CreditLaw {
  /// Whether a law of forks holds on a case whose executions all have the forks that `declared` asks for.
  func holdsOfForks(
    _ estimator: some CreditEstimator, _ advantages: Advantages, _ example: Case,
    _ declared: CreditDeclaration
  ) throws -> Bool {
    guard let asked = declared.forks else { return true }
    let tree = example.tree
    switch self {
    case .forksShareTheWhole:
      guard case .coalitions = asked else { return true }
      return allExecutions(of: tree, advantages) { reward, forks, credits in
        guard let nothing = forks.played.first(where: { $0.replaced.count == credits.count }) else {
          return credits.isEmpty
        }
        return abs(credits.reduce(0, +) - (reward - nothing.reward)) <= example.tolerance
          * Double(credits.count)
      }
    case .equalCallsHaveEqualCredit:
      return try pairs(upTo: mostCalls(of: tree)).allSatisfy { one, other in
        let equal = tree.mapForks { $1.orders.isEmpty ? $1.symmetrized(one, other) : $1 }
        return allExecutions(of: equal, try estimator.advantages(of: equal)) { _, forks, credits in
          !forks.orders.isEmpty || max(one, other) >= credits.count
            || abs(credits[one] - credits[other]) <= 2 * example.tolerance
        }
      }
    case .nullCallHasNoCredit:
      return try (0..<mostCalls(of: tree)).allSatisfy { call in
        var null = tree
        null.makeNull(call)
        return allExecutions(of: null, try estimator.advantages(of: null)) { _, _, credits in
          call >= credits.count || credits[call] == 0
        }
      }
    case .creditAdds:
      // Any second game will do that is no multiple of the first.
      let second: (Double) -> Double = { abs($0 - example.shift / 8) }
      let other = try estimator.advantages(of: tree.mapRewards(executor: second)).executors
      let sum = try estimator.advantages(of: tree.mapRewards(executor: { $0 + second($0) })).executors
      return zip(zip(flat(advantages.executors), flat(other)), flat(sum)).allSatisfy { parts, whole in
        abs(parts.0 + parts.1 - whole) <= 4 * example.tolerance
      }
    case .noDifferenceNoCredit:
      let same = tree.mapForks { reward, forks in forks.mapRewards { _ in reward } }
      return flat(try estimator.advantages(of: same).executors).allSatisfy { $0 == 0 }
    case .replacedCallsAnswerForTheirForks: return try answer(estimator, advantages, example)
    case .forkFormIsAsDeclared:
      return allExecutions(of: tree, advantages) { reward, forks, credits in
        zip(credits, ForkForm(reward, credits.count, forks).advantages(asked)).allSatisfy {
          abs($0 - $1) <= example.tolerance
        }
      }
    default: return true
    }
  }

  /// Whether a fork that rises lowers the credit of the calls that are replaced in it, does not lower that of the
  /// others, and changes no other execution.
  private func answer(
    _ estimator: some CreditEstimator, _ advantages: Advantages, _ example: Case
  ) throws -> Bool {
    for (task, branches) in example.tree.tasks.enumerated() {
      for (design, branch) in branches.designs.enumerated() {
        guard branch.forks.isEmpty || !advantages.tasks[task][design].calls.isEmpty else { return false }
        for (execution, forks) in branch.forks.enumerated() {
          for fork in forks.played.indices {
            var tree = example.tree
            tree.tasks[task].designs[design].forks[execution].played[fork].reward += example.rise
            var changed = try estimator.advantages(of: tree)
            let before = advantages.tasks[task][design].calls[execution]
            let after = changed.tasks[task][design].calls[execution]
            let replaced = forks.played[fork].replaced
            // In the orders that were drawn, a call may never come in where this fork is compared.
            let isSampled = !forks.orders.isEmpty
            let isRight =
              before != after
              && before.indices.allSatisfy {
                guard replaced.contains($0) else { return after[$0] >= before[$0] - example.tolerance }
                return isSampled ? after[$0] <= before[$0] + example.tolerance : after[$0] < before[$0]
              }
            changed.tasks[task][design].calls[execution] = before
            changed.tasks[task][design].executions[execution] =
              advantages.tasks[task][design].executions[execution]
            guard isRight, changed == advantages else { return false }
          }
        }
      }
    }
    return true
  }

  private func flat(_ executors: [[[[Double]]]]) -> [Double] {
    executors.flatMap { $0.flatMap { $0.flatMap(\.self) } }
  }

  private func mostCalls(of tree: RewardTree) -> Int {
    tree.tasks.flatMap(\.designs).flatMap(\.calls).map(\.count).max() ?? 0
  }

  private func pairs(upTo count: Int) -> [(Int, Int)] {
    (0..<count).flatMap { one in (0..<one).map { ($0, one) } }
  }

  /// Whether `holds` of the reward, the forks and the calls' advantages of every execution that was forked.
  private func allExecutions(
    of tree: RewardTree, _ advantages: Advantages,
    _ holds: (Double, RewardTree.Forks, [Double]) -> Bool
  ) -> Bool {
    zip(tree.tasks, advantages.tasks).allSatisfy { task, credits in
      zip(task.designs, credits).allSatisfy { design, credit in
        design.forks.indices.allSatisfy { execution in
          let credits = design.calls[execution].indices.map { credit[execution: execution, call: $0] }
          return holds(design.executions[execution], design.forks[execution], credits)
        }
      }
    }
  }
}

/// What is declared, written down plainly; it shares nothing with the estimators.
private struct ForkForm {
  private let reward: Double
  private let calls: Int
  private let forks: RewardTree.Forks

  init(_ reward: Double, _ calls: Int, _ forks: RewardTree.Forks) {
    (self.reward, self.calls, self.forks) = (reward, calls, forks)
  }

  func advantages(_ asked: CreditForks) -> [Double] {
    switch asked {
    case .eachCall:
      return (0..<calls).map { call in
        reward - CreditComparison.mean(of: forks.played.filter { $0.replaced == [call] }.map(\.reward))
      }
    case .coalitions:
      let orders = forks.orders.isEmpty ? orders(of: Array(0..<calls)) : forks.orders
      return (0..<calls).map { call in
        CreditComparison.mean(
          of: orders.map { order in
            let before = order.prefix { $0 != call }
            return worth(Set(before).union([call])) - worth(Set(before))
          })
      }
    }
  }

  private func orders(of calls: [Int]) -> [[Int]] {
    guard !calls.isEmpty else { return [[]] }
    return calls.flatMap { first in orders(of: calls.filter { $0 != first }).map { [first] + $0 } }
  }

  private func worth(_ present: Set<Int>) -> Double {
    let absent = (0..<calls).filter { !present.contains($0) }
    return absent.isEmpty ? reward : forks.played.first { $0.replaced == absent }?.reward ?? .nan
  }
}

extension RewardTree {
  /// The tree with the result of `transform` in place of each execution's forks.
  fileprivate func mapForks(_ transform: (_ reward: Double, Forks) -> Forks) -> RewardTree {
    var copy = self
    for (task, branches) in tasks.enumerated() {
      for (design, branch) in branches.designs.enumerated() {
        copy.tasks[task].designs[design].forks = zip(branch.executions, branch.forks).map(transform)
      }
    }
    return copy
  }

  /// Makes it so that `call` of any execution adds nothing to any set of the others.
  fileprivate mutating func makeNull(_ call: Int) {
    for task in tasks.indices {
      for design in tasks[task].designs.indices {
        for (execution, forks) in tasks[task].designs[design].forks.enumerated() {
          func reward(withoutAlso replaced: [Int]) -> Double? {
            let without = replaced.contains(call) ? replaced : (replaced + [call]).sorted()
            return forks.played.first { $0.replaced == without }?.reward
          }
          if let own = reward(withoutAlso: []) { tasks[task].designs[design].executions[execution] = own }
          for (index, fork) in forks.played.enumerated() {
            tasks[task].designs[design].forks[execution].played[index].reward =
              reward(withoutAlso: fork.replaced) ?? fork.reward
          }
        }
      }
    }
  }

  /// The tree with forks of every execution that says who acted and has none.
  ///
  /// Their rewards depend on the execution alone, so that they go with it where it changes places.
  func forked(_ asked: CreditForks?) -> RewardTree {
    guard let asked else { return self }
    var copy = self
    for (task, branches) in tasks.enumerated() {
      for (design, branch) in branches.designs.enumerated()
      where branch.forks.isEmpty && !branch.calls.isEmpty {
        copy.tasks[task].designs[design].forks = zip(branch.executions, branch.calls).map { reward, calls in
          var stream = SeededStream(
            seed: reward.bitPattern &+ UInt64(calls.count), name: "forks of a case of the laws of credit")
          let plan = asked.plan(calls: calls.count, using: &stream)
          return Forks(
            played: plan.replaced.map { replaced in
              let drawn = Double(Int.random(in: -10_000...10_000, using: &stream)) / 1000
              let choices = [reward, 0, drawn, drawn]
              return .init(replaced: replaced, reward: choices[Int.random(in: 0...3, using: &stream)])
            }, orders: plan.orders)
        }
      }
    }
    return copy
  }
}

extension RewardTree.Forks {
  /// The forks in which it is all the same which of two calls is replaced.
  fileprivate func symmetrized(_ one: Int, _ other: Int) -> RewardTree.Forks {
    func exchanged(_ replaced: [Int]) -> [Int] {
      replaced.map { $0 == one ? other : $0 == other ? one : $0 }.sorted()
    }
    var copy = self
    for (index, fork) in played.enumerated() {
      // The draws of equal forks are paired in their order.
      let draw = played[..<index].count { $0.replaced == fork.replaced }
      let partners = played.filter { $0.replaced == exchanged(fork.replaced) }
      if draw < partners.count { copy.played[index].reward = fork.reward + partners[draw].reward }
    }
    return copy
  }
}

extension CreditLaw.Case {
  /// The case with the forks that an estimator asks for.
  func forked(_ declared: CreditDeclaration) -> Self {
    var copy = self
    copy.tree = tree.forked(declared.forks)
    copy.replacement = RewardTree([replacement]).forked(declared.forks).tasks[0]
    return copy
  }
}
