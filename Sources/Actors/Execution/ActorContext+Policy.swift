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
    let (prompt, messages): ([Int32], [ChatMessage]) =
      switch question {
      case .words(let text): (try agents.tokenizer.encode(text), [])
      case .conversation(let messages): ([], messages)
      }
    let call = PolicyCall(
      caller: caller, role: role, prompt: prompt, messages: messages, maximumTokens: limits.maximumTokens,
      temperature: limits.sampling.temperature, seed: draw("generation"))
    let result = try await external(
      ExternalCall(
        kind: PolicyCall.kind, describes: call.encoded,
        payload: PolicyRequest(isDesigner: isDesigner, request: agents.request(of: call)),
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

extension AgentSetup {
  /// The request to a policy that a call stands for.
  package func request(of call: PolicyCall) -> GenerationRequest {
    let isDesigner = call.caller == .designer
    var sampling = (isDesigner ? settings.designer : settings.executor).sampling
    sampling.temperature = call.temperature
    var request = GenerationRequest(
      prompt: call.prompt, maximumTokens: call.maximumTokens, sampling: sampling, seed: call.seed,
      constraint: isDesigner && isMasked ? mask : nil, endToken: tokenizer.endToken)
    request.messages = call.messages
    return request
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
