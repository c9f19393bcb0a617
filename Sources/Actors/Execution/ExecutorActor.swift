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
    let prompt = family.prompt(for: request.role, on: request.work, beside: request.others ?? [])
    let generation = try await context.generate(
      family.isText ? .conversation(family.conversation(prompt)) : .words(prompt.text), for: caller,
      as: request.role, agents: agents)
    let result = read(generation, of: request)
    if case .failure(let fault) = result { context.noteFault(fault, in: caller) }
    let weight = request.purpose == .weighedWork ? generation.probability : nil
    context.reply(WorkReply(result, tokens: generation.sampledCount, weight: weight), to: request.reply)
  }

  private func read(_ generation: Generation, of request: WorkRequest) -> Result<Work, WorkFault> {
    if let fault = generation.fault { return .failure(fault) }
    do throws(WorkFault) {
      let output = agents.text(of: generation)
      var work = request.work
      switch request.purpose ?? .work {
      case .work, .weighedWork: work = try family.apply(output, as: request.role, to: request.work)
      case .route(let names):
        guard names.contains(output) else {
          throw .malformed("a router says \(names.joined(separator: " or "))")
        }
        work.proposal = output
      case .split: work.proposal = output
      }
      return .success(work)
    } catch {
      return .failure(error)
    }
  }
}
