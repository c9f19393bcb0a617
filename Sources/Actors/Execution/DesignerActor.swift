import Messaging

/// Writes a script for a task: it asks the policy for text that follows the script grammar.
package actor DesignerActor: SimulatedActor {
  package nonisolated let context: ActorContext
  private let agents: AgentSetup

  package init(_ context: ActorContext, agents: AgentSetup) {
    self.context = context
    self.agents = agents
  }

  package func receive(_ request: DesignRequest) async throws {
    let generation = try await context.generate(
      request.prompt, for: .designer, as: TroupeVocabulary.designer, agents: agents)
    let fault = generation.fault
    if let fault { context.noteFormatError(fault, in: .designer) }
    let text = agents.tokenizer.decode(generation.tokens)
    context.reply(
      DesignReply(text: text, fault: fault, tokens: generation.sampledCount), to: request.reply)
  }
}
