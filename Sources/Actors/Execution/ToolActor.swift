import Messaging

/// Runs a tool of the task's family. Tools are pure functions, so a replay runs them again.
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
    if latency > .zero { try await context.sleep(for: latency) }
    let result: Result<Work, WorkFault>
    do {
      try context.mayFail(request.role)
      result = .success(try family.run(tool: request.role, on: request.work))
    } catch let fault as WorkFault {
      result = .failure(fault)
    } catch let fault as InjectedFault {
      result = .failure(.toolFailed("\(fault)"))
    }
    context.reply(WorkReply(result, tokens: 0), to: request.reply)
  }
}
