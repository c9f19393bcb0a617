/// A registered estimator. Its advantages are checked: they have the tree's shape, and each is a finite number.
struct CheckedEstimator: CreditEstimator {
  let estimator: any CreditEstimator
  let part: RegisteredPart

  var executorGrouping: ExecutorGrouping { estimator.executorGrouping }
  var declaration: CreditDeclaration { estimator.declaration }

  func advantages(of tree: RewardTree) throws -> Advantages {
    let advantages = try part.calling { try estimator.advantages(of: tree) }
    if let flaw = flaw(of: advantages, for: tree) { throw part.fault(flaw) }
    return advantages
  }

  private func flaw(of advantages: Advantages, for tree: RewardTree) -> String? {
    func differs(_ what: String, _ found: Int, _ expected: Int) -> String? {
      found == expected ? nil : "returned advantages for \(found) \(what) where there are \(expected)"
    }
    if let flaw = differs("tasks", advantages.tasks.count, tree.tasks.count) { return flaw }
    for (index, (given, task)) in zip(advantages.tasks, tree.tasks).enumerated() {
      if let flaw = differs("designs of task \(index)", given.count, task.designs.count) { return flaw }
      for (place, (one, design)) in zip(given, task.designs).enumerated() {
        let name = "design \(place) of task \(index)"
        if let flaw = differs("executions of \(name)", one.executions.count, design.executions.count) {
          return flaw
        }
        let calls = one.calls.isEmpty ? [] : design.calls
        if let flaw = differs("lists of calls of \(name)", one.calls.count, calls.count) { return flaw }
        for (execution, (given, made)) in zip(one.calls, calls).enumerated() {
          let calls = "calls of execution \(execution) of \(name)"
          if let flaw = differs(calls, given.count, made.count) { return flaw }
        }
        let all = [one.designer] + one.executions + one.calls.flatMap(\.self)
        if let value = all.first(where: { !$0.isFinite }) { return "returned \(value) in \(name)" }
      }
    }
    return nil
  }
}

extension Registry {
  /// The estimator that a scenario names.
  /// - Throws: ``ScenarioError`` if the estimator is unknown or cannot be made.
  public func estimator(of scenario: Scenario) throws -> any CreditEstimator {
    let credit = scenario.credit
    let part = part(
      "estimator", credit.estimator, catalogue.estimators, of: scenario, at: ["credit", "estimator"])
    switch credit.estimator {
    case "grpo": return GRPO(normalize: credit.normalize, executorGrouping: credit.executorGrouping)
    case "rloo": return RLOO(executorGrouping: credit.executorGrouping)
    case "metaagent": return MetaAgentX()
    case "peragent": return PerAgent(executorGrouping: credit.executorGrouping)
    case "counterfactual": return Counterfactual(baseline: credit.replacement, draws: credit.draws)
    case "leaveoneout": return LeaveOneOutCall()
    case "shapley": return Shapley(permutations: credit.permutations)
    default:
      guard let make = estimators[credit.estimator] else { throw part.fault("is not registered") }
      return CheckedEstimator(estimator: try part.calling { try make(credit) }, part: part)
    }
  }
}
