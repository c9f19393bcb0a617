/// A run that cannot be begun or gone on with: one line, and nothing was overwritten.
package struct RunError: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}

extension Scenario {
  /// Refuses what training and evaluation would leave out: agents of the scenario's own, and faults.
  func requireTasksOnly() throws(RunError) {
    let isFaulty = !faultPlan.isEmpty
    guard agents.isEmpty, !isFaulty else {
      let (what, keys) =
        isFaulty
        ? ("without faults", "`timeline` and `chance`") : ("with designers and executors", "`agents`")
      throw RunError("scenario \"\(name)\": training and evaluation play \(what); `troupe run` plays \(keys)")
    }
  }

  /// Refuses what training would leave out, and a temperature at which all executions of a design are the same.
  func requireTrainable() throws {
    try requireTasksOnly()
    guard rollout.temperature > 0 else {
      throw failure(
        at: ["rollout", "temperature"], .impossibleValue, "0.0 must be above 0: nothing is learned greedily")
    }
    for (role, server) in [(Stages.Role.designer, servers.designer), (.executor, servers.executor)]
    where server != nil && stages.learningSteps(of: role, before: stages.steps) > 0 {
      throw failure(
        at: ["servers", role.rawValue], .contradiction,
        "a model behind a server cannot be trained: let only the other role have stages (first: \"\(role.other.rawValue)\", count: 1)"
      )
    }
  }
}
