import Messaging
import Policy

extension ActorContext {
  /// Asks the policy for text. The external call carries the request, so any server can answer it.
  ///
  /// The seed is the next draw of this actor's stream `generation`, so other actors cannot change it.
  func generate(
    _ question: AgentQuestion, for caller: PolicyCall.Caller, as role: String, agents: AgentSetup
  ) async throws -> Generation {
    let isDesigner = caller == .designer
    let settings = agents.settings
    let limits = isDesigner ? settings.designer : settings.executor
    var request = GenerationRequest(
      prompt: [], maximumTokens: limits.maximumTokens,
      sampling: limits.sampling, seed: draw("generation"),
      constraint: isDesigner && agents.isMasked ? agents.mask : nil,
      endToken: agents.tokenizer.endToken)
    switch question {
    case .words(let text): request.prompt = try agents.tokenizer.encode(text)
    case .conversation(let messages): request.messages = messages
    }
    let call = PolicyCall(
      caller: caller, role: role, prompt: request.prompt, messages: request.messages,
      maximumTokens: limits.maximumTokens, temperature: limits.sampling.temperature, seed: request.seed)
    let result = try await external(
      ExternalCall(
        kind: PolicyCall.kind, describes: call.encoded,
        payload: PolicyRequest(isDesigner: isDesigner, request: request),
        latencyPerUnit: settings.latencyPerToken, maximumUnits: limits.maximumTokens,
        deadline: settings.callDeadline.map { now + $0 }))
    return try Generation(encoded: result.bytes)
  }

  /// Logs that an output did not have the form that its role requires (P8), or that a question was too long for the model.
  func noteFault(_ fault: WorkFault, in caller: PolicyCall.Caller) {
    guard fault.isFormatError || fault == .overflow else { return }
    let who =
      switch caller {
      case .designer: TroupeVocabulary.designer
      case .executor(let id): id.description
      }
    note(fault == .overflow ? "context overflow" : "format error", Array("\(who): \(fault)".utf8))
  }
}

/// The question of an agent to the policy.
enum AgentQuestion {
  /// A text in the words of the agents' vocabulary.
  case words(String)
  /// A conversation that a chat model goes on with.
  case conversation([ChatMessage])
}

extension Generation {
  /// Why the text cannot be used; `nil` if the generation ended by itself.
  var fault: WorkFault? {
    switch stop {
    case .end, .constraint: nil
    case .length: .truncated
    case .cancelled: .timedOut
    case .overflow: .overflow
    }
  }
}
