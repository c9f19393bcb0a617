import Messaging
import Policy

/// Works in a role: it writes the prompt for its work, asks the policy, and applies the answer to the work.
package actor ExecutorActor: SimulatedActor {
  package nonisolated let context: ActorContext
  private let family: any TaskFamily
  private let agents: AgentSetup

  package init(_ context: ActorContext, family: any TaskFamily, agents: AgentSetup) {
    self.context = context
    self.family = family
    self.agents = agents
  }

  package func receive(_ request: WorkRequest) async throws {
    let caller = PolicyCall.Caller.executor(request.id)
    let generation = try await context.generate(
      family.prompt(for: request.role, on: request.work).text, for: caller, as: request.role, agents: agents)
    let result = read(generation, of: request)
    if case .failure(let fault) = result { context.noteFormatError(fault, in: caller) }
    context.reply(WorkReply(result, tokens: generation.tokens.count), to: request.reply)
  }

  private func read(_ generation: Generation, of request: WorkRequest) -> Result<Work, WorkFault> {
    if let fault = generation.fault { return .failure(fault) }
    do throws(WorkFault) {
      let output = agents.tokenizer.decode(generation.tokens)
      return .success(try family.apply(output, as: request.role, to: request.work))
    } catch {
      return .failure(error)
    }
  }
}
