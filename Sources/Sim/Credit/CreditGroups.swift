import Actors

/// The groups within which the executors of one task are compared.
struct CreditGroups {
  /// A call, or a whole execution if `call` is `nil`.
  struct Member: Hashable {
    var design: Int
    var execution: Int
    var call: Int?
  }

  private struct Key: Hashable {
    var design: Int?
    var role: String?
    var place: CallID?
  }

  /// The members of each group, in the order of the tree.
  private(set) var groups: [[Member]] = []

  /// - Complexity: O(calls).
  init(of task: RewardTree.Task, _ declaration: CreditDeclaration) {
    var places: [Key: Int] = [:]
    for (design, branch) in task.designs.enumerated() {
      for execution in branch.executions.indices {
        if declaration.forks != nil {
          // Each call is a group of one: what it is compared with are its own forks.
          let calls = branch.calls.isEmpty ? 0 : branch.calls[execution].count
          for call in 0..<calls {
            groups.append([Member(design: design, execution: execution, call: call)])
          }
          continue
        }
        var key = Key(design: declaration.grouping == .question ? nil : design)
        var members = [(key, Member(design: design, execution: execution))]
        // If nobody said who acted, an execution counts as one call of a role without a name.
        if declaration.comparesCalls, !branch.calls.isEmpty {
          members = branch.calls[execution].enumerated().map { index, call in
            key.role = declaration.separatesRoles ? call.role : nil
            key.place = declaration.grouping == .turn ? call.place : nil
            return (key, Member(design: design, execution: execution, call: index))
          }
        }
        for (key, member) in members {
          let place = places[key] ?? groups.count
          if place == groups.count { groups.append([]) }
          places[key] = place
          groups[place].append(member)
        }
      }
    }
  }
}

extension RewardTree {
  /// Returns the advantages that `relative` gives to the rewards of each group, in their order.
  func advantages(_ declaration: CreditDeclaration, _ relative: ([Double]) -> [Double]) -> Advantages {
    Advantages(
      tasks.map { task in
        let designers = relative(task.designs.map(\.reward))
        var credits = zip(task.designs, designers).map { design, advantage in
          Advantages.Design(
            designer: advantage, executions: design.executions.map { _ in 0 },
            calls: declaration.comparesCalls ? design.calls.map { $0.map { _ in 0 } } : [])
        }
        for group in CreditGroups(of: task, declaration).groups {
          let rewards = group.map { task.designs[$0.design].executions[$0.execution] }
          for (member, advantage) in zip(group, relative(rewards)) {
            credits[member.design].set(advantage, of: member)
          }
        }
        return credits
      })
  }
}

extension Advantages.Design {
  /// The advantage that reaches the gradient of a member.
  func advantage(of member: CreditGroups.Member) -> Double {
    member.call.map { self[execution: member.execution, call: $0] } ?? executions[member.execution]
  }

  fileprivate mutating func set(_ advantage: Double, of member: CreditGroups.Member) {
    guard let call = member.call else {
      executions[member.execution] = advantage
      return
    }
    calls[member.execution][call] = advantage
    executions[member.execution] = RewardGroup.mean(of: calls[member.execution])
  }
}
