import Messaging

/// Writes a script for a task: it asks the policy for text that follows the script grammar.
package actor DesignerActor: SimulatedActor {
  package nonisolated let context: ActorContext
  private let family: any TaskFamily
  private let agents: AgentSetup

  package init(_ context: ActorContext, family: any TaskFamily, agents: AgentSetup) {
    self.context = context
    self.family = family
    self.agents = agents
  }

  package func receive(_ request: DesignRequest) async throws {
    let role = TroupeVocabulary.designer
    let question: AgentQuestion =
      family.isText
      ? .conversation(
        ExecutorPrompt(role: role, state: request.prompt)
          .conversation(instructions: agents.grammar.designerInstructions(for: family)))
      : .words(request.prompt)
    let generation = try await context.generate(question, for: .designer, as: role, agents: agents)
    let fault = generation.fault
    if let fault { context.noteFault(fault, in: .designer) }
    context.reply(
      DesignReply(text: agents.text(of: generation), fault: fault, tokens: generation.sampledCount),
      to: request.reply)
  }
}
