/// Laws that every group-relative estimator must satisfy, whatever the rewards are.
///
/// One line of a test checks all laws on random trees. If a law is broken, the error prints it with the smallest tree
/// on which it is broken:
/// ```swift
/// @Test("my estimator keeps the laws of credit")
/// func laws() throws { try CreditLaw.check(MyEstimator()) }
/// ```
/// What reaches the gradient is what the laws look at: the advantages of calls where an estimator compares calls, and
/// of executions otherwise. If an estimator asks for forks (``CreditDeclaration/forks``), the executions of the random
/// trees have them, with random rewards: the laws of groups then hold of designers alone, and the laws of forks of
/// executors.
public enum CreditLaw: String, Sendable, CaseIterable {
  /// The advantages of a group sum to zero, within the case's tolerance for each member.
  case groupsSumToZero
  /// Adding the same number to all rewards changes no advantage by more than the tolerance.
  case shiftsChangeNothing
  /// If two siblings of any level change places, their advantages change places, to the bit.
  case relabellingPermutes
  /// If the rewards of one task change, the advantages of the other tasks keep every bit.
  case tasksAreIndependent
  /// If all rewards are equal, all advantages are exactly zero, and never NaN.
  case equalRewardsGiveZero
  /// In a group, a higher reward never has a lower advantage.
  case orderIsKept
  /// In a group whose rewards differ, the best reward has a positive advantage and the worst a negative one.
  case bestIsPositive
  /// In a group whose rewards differ, not all advantages are zero.
  case differencesCount
  /// A reward that rises never lowers its own advantage.
  case risingNeverLowers
  /// A reward that changes changes no advantage outside its declared group, to the bit.
  case creditStaysInItsGroup
  /// A reward can change the advantage of every other execution, or design, of its declared group.
  case wholeGroupIsCompared
  /// Designers' advantages do not depend on executors' rewards, to the bit.
  case designersIgnoreExecutors
  /// Executors' advantages do not depend on designers' rewards, to the bit.
  case executorsIgnoreDesigners
  /// A task has the same advantages if it is the only one, to the bit.
  case tasksStandAlone
  /// The same tree always has the same advantages, to the bit.
  case sameTreeSameCredit
  /// If all rewards are multiplied by a number, advantages are multiplied by it if they are divided by nothing, and
  /// stay if they are divided by a deviation. It holds of every estimator that declares no divisor.
  case scalesAsDeclared
  /// The spread of a group's advantages is the one that the declared baseline and divisor give.
  case spreadIsAsDeclared
  /// Each advantage is the reward less the declared baseline, divided by the declared divisor.
  case formIsAsDeclared
  /// If coalitions are declared, the advantages of an execution's calls sum to its reward less that of the fork in which
  /// every call is replaced (efficiency).
  case forksShareTheWhole
  /// Two calls have the same advantage if it is all the same which of them is replaced, beside any others (symmetry).
  /// It is not asked of sampled coalitions.
  case equalCallsHaveEqualCredit
  /// A call that adds nothing to any set of the others has an advantage of exactly zero (null player).
  case nullCallHasNoCredit
  /// If rewards are sums, of an execution and of all its forks, so are the advantages (additivity).
  case creditAdds
  /// If every fork of an execution has the execution's reward, the advantages of its calls are exactly zero.
  case noDifferenceNoCredit
  /// A fork that rises lowers the advantages of the calls that are replaced in it (of sampled coalitions: of some of
  /// them, and raises none), does not lower those of the others, and changes no other execution.
  case replacedCallsAnswerForTheirForks
  /// Each advantage is what the declared forks give: the reward less the mean over the call's own forks, or the mean over
  /// orders of what the call adds to those before it.
  case forkFormIsAsDeclared

  /// Whether the law holds for `estimator` on one case. An estimator that throws, whose result has another shape than
  /// the tree, or with an advantage that is not finite breaks every law.
  /// - Complexity: at most O(executions) calls of the estimator.
  public func holds(for estimator: some CreditEstimator, on example: Case) -> Bool {
    (try? check(estimator, on: example)) ?? false
  }

  private func check(_ estimator: some CreditEstimator, on example: Case) throws -> Bool {
    let declared = estimator.declaration
    let example = example.forked(declared)
    let tree = example.tree
    let advantages = try estimator.advantages(of: tree)
    guard advantages.fits(tree, declared) else { return false }
    switch self {
    case .groupsSumToZero:
      return advantages.groups(of: tree, by: declared).map(\.advantages).allSatisfy { group in
        abs(group.reduce(0, +)) <= example.tolerance * Double(group.count)
      }
    case .shiftsChangeNothing:
      let shifted = try estimator.advantages(of: tree.mapRewards { $0 + example.shift })
      return zip(advantages.all, shifted.all).allSatisfy { abs($0 - $1) <= example.tolerance }
    case .relabellingPermutes:
      let relabelled = try estimator.advantages(of: tree.exchanging(example.siblings))
      return relabelled == advantages.exchanging(example.siblings)
    case .tasksAreIndependent:
      guard !tree.tasks.isEmpty else { return true }
      var changed = tree
      changed.tasks[0] = example.replacement
      return try estimator.advantages(of: changed).tasks.dropFirst() == advantages.tasks.dropFirst()
    case .equalRewardsGiveZero:
      return try estimator.advantages(of: tree.mapRewards { _ in example.shift }).all.allSatisfy { $0 == 0 }
    case .orderIsKept, .bestIsPositive, .differencesCount, .spreadIsAsDeclared, .formIsAsDeclared:
      return advantages.groups(of: tree, by: declared).allSatisfy { holds(within: $0, declared, example) }
    case .risingNeverLowers, .creditStaysInItsGroup, .wholeGroupIsCompared:
      return try CreditProbe(estimator, advantages, example).holds(self)
    case .designersIgnoreExecutors:
      let changed = try estimator.advantages(of: tree.mapRewards(executor: { example.shift - 2 * $0 }))
      return changed.designers == advantages.designers
    case .executorsIgnoreDesigners:
      let changed = try estimator.advantages(of: tree.mapRewards(designer: { example.shift - 2 * $0 }))
      return changed.executors == advantages.executors
    case .tasksStandAlone:
      return try zip(tree.tasks, advantages.tasks).allSatisfy {
        try estimator.advantages(of: RewardTree([$0])).tasks == [$1]
      }
    case .sameTreeSameCredit:
      return try estimator.advantages(of: tree) == advantages
    case .scalesAsDeclared:
      return try scales(estimator, advantages, example)
    case .forksShareTheWhole, .equalCallsHaveEqualCredit, .nullCallHasNoCredit, .creditAdds,
      .noDifferenceNoCredit, .replacedCallsAnswerForTheirForks, .forkFormIsAsDeclared:
      return try holdsOfForks(estimator, advantages, example, declared)
    }
  }

  /// Whether the law holds of one group by itself.
  private func holds(
    within group: CreditComparison, _ declared: CreditDeclaration, _ example: Case
  ) -> Bool {
    let (rewards, advantages, tolerance) = (group.rewards, group.advantages, example.tolerance)
    switch self {
    case .orderIsKept:
      return rewards.indices.allSatisfy { one in
        rewards.indices.allSatisfy {
          rewards[one] < rewards[$0] || advantages[one] >= advantages[$0] - tolerance
        }
      }
    case .bestIsPositive:
      guard group.differs, let worst = rewards.min(), let best = rewards.max() else { return true }
      return zip(rewards, advantages).allSatisfy { reward, advantage in
        (reward != best || advantage > 0) && (reward != worst || advantage < 0)
      }
    case .differencesCount: return !group.differs || advantages.contains { $0 != 0 }
    case .spreadIsAsDeclared:
      guard let spread = group.spread(declared) else { return true }
      return abs(CreditComparison.deviation(of: advantages) - spread) <= tolerance
    case .formIsAsDeclared:
      guard let form = group.form(declared) else { return true }
      return zip(advantages, form).allSatisfy { abs($0 - $1) <= tolerance }
    default: return true
    }
  }

  private func scales(
    _ estimator: some CreditEstimator, _ advantages: Advantages, _ example: Case
  ) throws -> Bool {
    let declared = estimator.declaration
    guard let divisor = declared.divisor else { return true }
    let factor = example.factor
    let scaled = try estimator.advantages(of: example.tree.mapRewards { $0 * factor })
    let pairs = zip(
      advantages.groups(of: example.tree, by: declared), scaled.groups(of: example.tree, by: declared))
    // Differences from forks are divided by nothing.
    let differences = declared.forks == nil ? [] : Array(zip(advantages.all, scaled.all))
    guard
      differences.allSatisfy({ abs($1 - factor * $0) <= example.tolerance * max(1, factor) })
    else { return false }
    return pairs.allSatisfy { group, scaled in
      zip(group.advantages, scaled.advantages).allSatisfy { before, after in
        if divisor == .one { return abs(after - factor * before) <= example.tolerance * max(1, factor) }
        // The small number that is added to the deviation is not scaled.
        let deviation = CreditComparison.deviation(of: group.rewards) * min(1, factor)
        let added = deviation > 0 ? 2 * divisor.added / deviation : 0
        return abs(after - before) <= example.tolerance + added * abs(before)
      }
    }
  }
}
