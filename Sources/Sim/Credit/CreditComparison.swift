/// One group as the laws see it: the rewards that are compared, and the advantages that reach the gradient.
struct CreditComparison {
  var rewards: [Double]
  var advantages: [Double]

  /// Whether rewards differ by more than rounding errors.
  var differs: Bool { (rewards.max() ?? 0) - (rewards.min() ?? 0) > 1e-4 }

  // The formulas are written down plainly, and share nothing with the estimators' own.

  static func mean(of values: [Double]) -> Double {
    values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
  }

  static func deviation(of values: [Double]) -> Double {
    let mean = mean(of: values)
    return Self.mean(of: values.map { ($0 - mean) * ($0 - mean) }).squareRoot()
  }

  /// What the rewards are divided by; `nil` if that is not declared.
  private func divisor(_ declared: CreditDeclaration) -> Double? {
    let (count, deviation) = (Double(rewards.count), Self.deviation(of: rewards))
    switch declared.divisor {
    case nil: return nil
    case .one: return 1
    case .deviation(let added): return deviation + added
    case .sampleDeviation(let added): return deviation * (count / max(1, count - 1)).squareRoot() + added
    }
  }

  /// The declared advantages; `nil` if they are not declared.
  func form(_ declared: CreditDeclaration) -> [Double]? {
    guard let baseline = declared.baseline, let divisor = divisor(declared) else { return nil }
    guard Set(rewards).count > 1 else { return rewards.map { _ in 0 } }
    return rewards.indices.map { index in
      var compared = rewards
      if baseline == .meanOfOthers { compared.remove(at: index) }
      return (rewards[index] - Self.mean(of: compared)) / divisor
    }
  }

  /// The declared standard deviation of the advantages; `nil` if it is not declared.
  func spread(_ declared: CreditDeclaration) -> Double? {
    guard let baseline = declared.baseline, let divisor = divisor(declared) else { return nil }
    guard Set(rewards).count > 1 else { return 0 }
    let count = Double(rewards.count)
    let gain = baseline == .mean ? 1 : count / (count - 1)
    return gain * Self.deviation(of: rewards) / divisor
  }
}

extension CreditDeclaration.Divisor {
  /// What is added to the deviation.
  var added: Double {
    switch self {
    case .one: 0
    case .deviation(let added), .sampleDeviation(let added): added
    }
  }
}

extension Advantages {
  var designers: [[Double]] { tasks.map { $0.map(\.designer) } }
  var executors: [[[[Double]]]] { tasks.map { $0.map { [$0.executions] + $0.calls } } }
  var all: [Double] {
    tasks.flatMap { $0.flatMap { [$0.designer] + $0.executions + $0.calls.flatMap(\.self) } }
  }

  /// Whether the shape is the tree's, every number is finite, and calls have advantages of their own only where calls
  /// are declared to be compared.
  func fits(_ tree: RewardTree, _ declared: CreditDeclaration) -> Bool {
    guard tasks.map(\.count) == tree.tasks.map(\.designs.count), all.allSatisfy(\.isFinite) else {
      return false
    }
    return zip(tasks.joined(), tree.tasks.flatMap(\.designs)).allSatisfy { given, design in
      guard given.executions.count == design.executions.count else { return false }
      guard !given.calls.isEmpty else { return true }
      return declared.comparesCalls && given.calls.map(\.count) == design.calls.map(\.count)
    }
  }

  /// Each group: the designers of a task, and executors as declared.
  func groups(of tree: RewardTree, by declared: CreditDeclaration) -> [CreditComparison] {
    zip(tree.tasks, tasks).flatMap { task, credits in
      let designers = CreditComparison(
        rewards: task.designs.map(\.reward), advantages: credits.map(\.designer))
      // With forks, executors are not compared with each other, and the laws of forks hold of their calls.
      guard declared.forks == nil else { return [designers] }
      return [designers]
        + CreditGroups(of: task, declared).groups.map { group in
          CreditComparison(
            rewards: group.map { task.designs[$0.design].executions[$0.execution] },
            advantages: group.map { credits[$0.design].advantage(of: $0) })
        }
    }
  }
}
