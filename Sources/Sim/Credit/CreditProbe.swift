/// Changes one reward of a case at a time, and looks at whose advantages change.
struct CreditProbe<Estimator: CreditEstimator> {
  private let estimator: Estimator
  private let example: CreditLaw.Case
  private let declared: CreditDeclaration
  private let advantages: Advantages
  /// For each task, the groups of its executors.
  private let groups: [[[CreditGroups.Member]]]

  init(_ estimator: Estimator, _ advantages: Advantages, _ example: CreditLaw.Case) {
    self.estimator = estimator
    self.example = example
    self.advantages = advantages
    let declared = estimator.declaration
    self.declared = declared
    groups = example.tree.tasks.map { CreditGroups(of: $0, declared).groups }
  }

  /// Whether a law about single rewards holds.
  func holds(_ law: CreditLaw) throws -> Bool {
    for (task, branches) in example.tree.tasks.enumerated() {
      for (design, branch) in branches.designs.enumerated() {
        guard try holds(law, ofDesign: design, ofTask: task) else { return false }
        for execution in branch.executions.indices {
          guard try holds(law, ofExecution: execution, design, task) else { return false }
        }
      }
    }
    return true
  }

  private func holds(_ law: CreditLaw, ofDesign design: Int, ofTask task: Int) throws -> Bool {
    func changed(by amount: Double) throws -> Advantages {
      var tree = example.tree
      tree.tasks[task].designs[design].reward += amount
      return try estimator.advantages(of: tree)
    }
    let before = advantages.designers
    if law == .risingNeverLowers {
      let after = try changed(by: example.rise).designers[task][design]
      return after >= before[task][design] - example.tolerance
    }
    let (higher, lower) = (
      try changed(by: example.leap).designers, try changed(by: -example.leap).designers
    )
    if law == .creditStaysInItsGroup {
      return before.indices.allSatisfy {
        $0 == task || (higher[$0] == before[$0] && lower[$0] == before[$0])
      }
    }
    return before[task].indices.allSatisfy { other in
      let value = before[task][other]
      return other == design || higher[task][other] != value || lower[task][other] != value
    }
  }

  private func holds(_ law: CreditLaw, ofExecution execution: Int, _ design: Int, _ task: Int) throws -> Bool
  {
    func changed(by amount: Double) throws -> Advantages {
      var tree = example.tree
      tree.tasks[task].designs[design].executions[execution] += amount
      return try estimator.advantages(of: tree)
    }
    func isOwn(_ member: CreditGroups.Member) -> Bool {
      member.design == design && member.execution == execution
    }
    if law == .risingNeverLowers {
      let (before, after) = (
        advantages.tasks[task][design], try changed(by: example.rise).tasks[task][design]
      )
      return groups[task].joined().filter(isOwn).allSatisfy {
        after.advantage(of: $0) >= before.advantage(of: $0) - example.tolerance
      }
    }
    let (higher, lower) = (try changed(by: example.leap), try changed(by: -example.leap))
    func stays(_ member: CreditGroups.Member, of task: Int) -> Bool {
      let values = [advantages, higher, lower].map { $0.tasks[task][member.design].advantage(of: member) }
      return values[0] == values[1] && values[0] == values[2]
    }
    return groups.indices.allSatisfy { place in
      groups[place].allSatisfy { group in
        let isCompared = place == task && group.contains(where: isOwn)
        if law == .creditStaysInItsGroup { return isCompared || group.allSatisfy { stays($0, of: place) } }
        return !isCompared || group.allSatisfy { isOwn($0) || !stays($0, of: place) }
      }
    }
  }
}
