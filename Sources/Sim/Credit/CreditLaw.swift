/// Laws that every group-relative estimator must satisfy, whatever the rewards are.
///
/// A law is checked on one ``Case``. A property test draws many cases:
/// ```swift
/// forAll("groups sum to zero", cases) { CreditLaw.groupsSumToZero.holds(for: GRPO(), on: $0) }
/// ```
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

  /// A reward tree, and the changes that the laws make to it.
  public struct Case: Sendable, Hashable {
    package var tree: RewardTree
    /// The number that is added to all rewards.
    package var shift: Double
    /// The siblings that change places.
    package var siblings: Siblings
    /// The task that replaces the first one.
    package var replacement: RewardTree.Task

    public init(tree: RewardTree, shift: Double, siblings: Siblings, replacement: RewardTree.Task) {
      self.tree = tree
      self.shift = shift
      self.siblings = siblings
      self.replacement = replacement
    }

    /// 10⁻⁸ of the largest reward or shift, and at least 10⁻⁸. Rounding errors, divided by a standard deviation as
    /// small as GRPO's ε, reach about 10⁻¹⁰ of a reward, which is far less.
    package var tolerance: Double {
      let rewards = tree.tasks.flatMap(\.designs).flatMap { [$0.reward] + $0.executions }
      return 1e-8 * rewards.reduce(max(1, abs(shift))) { max($0, abs($1)) }
    }
  }

  /// Two siblings of a tree. Each index is taken modulo the number of siblings.
  public enum Siblings: Sendable, Hashable {
    case tasks(Int, Int)
    case designs(Int, Int, ofTask: Int)
    case executions(Int, Int, ofDesign: Int, ofTask: Int)
  }

  /// Whether the law holds for `estimator` on one case. An estimator that throws breaks every law.
  /// - Complexity: two calls of the estimator at most, and O(executions).
  public func holds(for estimator: some CreditEstimator, on example: Case) -> Bool {
    (try? check(estimator, on: example)) ?? false
  }

  private func check(_ estimator: some CreditEstimator, on example: Case) throws -> Bool {
    let tree = example.tree
    let advantages = try estimator.advantages(of: tree)
    guard advantages.hasShape(of: tree) else { return false }
    switch self {
    case .groupsSumToZero:
      return advantages.groups(by: estimator.executorGrouping).allSatisfy { group in
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
    }
  }
}

extension RewardTree {
  func mapRewards(_ transform: (Double) -> Double) -> RewardTree {
    RewardTree(
      tasks.map { task in
        Task(
          task.designs.map {
            Design(reward: transform($0.reward), executions: $0.executions.map(transform))
          })
      })
  }

  func exchanging(_ siblings: CreditLaw.Siblings) -> RewardTree {
    var copy = self
    switch siblings {
    case .tasks(let a, let b): copy.tasks.exchange(a, b)
    case .designs(let a, let b, let task):
      copy.tasks.update(task) { $0.designs.exchange(a, b) }
    case .executions(let a, let b, let design, let task):
      copy.tasks.update(task) { $0.designs.update(design) { $0.executions.exchange(a, b) } }
    }
    return copy
  }
}

extension Advantages {
  var all: [Double] { tasks.flatMap { $0.flatMap { [$0.designer] + $0.executions } } }

  func hasShape(of tree: RewardTree) -> Bool {
    tasks.map { $0.map(\.executions.count) } == tree.tasks.map { $0.designs.map(\.executions.count) }
  }

  /// The advantages of each group: designers per task, and executors by `grouping`.
  func groups(by grouping: ExecutorGrouping) -> [[Double]] {
    tasks.flatMap { designs in
      let executors = designs.map(\.executions)
      return [designs.map(\.designer)] + (grouping == .design ? executors : [executors.flatMap(\.self)])
    }
  }

  func exchanging(_ siblings: CreditLaw.Siblings) -> Advantages {
    var copy = self
    switch siblings {
    case .tasks(let a, let b): copy.tasks.exchange(a, b)
    case .designs(let a, let b, let task): copy.tasks.update(task) { $0.exchange(a, b) }
    case .executions(let a, let b, let design, let task):
      copy.tasks.update(task) { $0.update(design) { $0.executions.exchange(a, b) } }
    }
    return copy
  }
}

extension Array {
  /// Exchanges two elements, their indices taken modulo the count.
  fileprivate mutating func exchange(_ a: Int, _ b: Int) {
    if !isEmpty { swapAt(a % count, b % count) }
  }

  /// Changes the element at an index taken modulo the count, if there is one.
  fileprivate mutating func update(_ index: Int, _ change: (inout Element) -> Void) {
    if !isEmpty { change(&self[index % count]) }
  }
}
