import Messaging

/// Runs a tool of the task's family. Tools are pure functions, so a replay runs them again; what a tool needs to have run in a
/// sandbox is an external call.
package actor ToolActor: SimulatedActor {
  package nonisolated let context: ActorContext
  private let family: any TaskFamily
  private let latency: Duration

  package init(_ context: ActorContext, family: any TaskFamily, latency: Duration) {
    self.context = context
    self.family = family
    self.latency = latency
  }

  package func receive(_ request: WorkRequest) async throws {
    let result: Result<Work, WorkFault>
    do {
      let work = request.work
      if let trying = family as? any TrialFamily, let trial = trying.trial(ofTool: request.role, on: work) {
        let report = try await context.run(trial, latency: latency)
        try context.mayFail(request.role)
        switch report {
        case .unknown(let reason): throw WorkFault.unknown(reason)
        case .exhausted(let reason): throw WorkFault.exhausted(reason)
        // Agents write tests, too.
        case .broken(let reason): throw WorkFault.toolFailed("the tests are broken: \(reason)")
        case .judged: break
        }
        result = .success(try trying.run(tool: request.role, on: work, after: report))
      } else {
        if latency > .zero { try await context.sleep(for: latency) }
        try context.mayFail(request.role)
        result = .success(try family.run(tool: request.role, on: work))
      }
    } catch let fault as WorkFault {
      result = .failure(fault)
    } catch let fault as InjectedFault {
      result = .failure(.toolFailed("\(fault)"))
    }
    context.reply(WorkReply(result, tokens: 0), to: request.reply)
  }
}
