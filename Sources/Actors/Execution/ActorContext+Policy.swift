import Messaging
import Policy

extension ActorContext {
  /// Asks the policy for text. The external call carries the request, so any server can answer it.
  ///
  /// The seed is the next draw of this actor's stream `generation`, so other actors cannot change it.
  func generate(
    _ prompt: String, for caller: PolicyCall.Caller, as role: String, agents: AgentSetup
  ) async throws -> Generation {
    let isDesigner = caller == .designer
    let settings = agents.settings
    let limits = isDesigner ? settings.designer : settings.executor
    let request = GenerationRequest(
      prompt: try agents.tokenizer.encode(prompt), maximumTokens: limits.maximumTokens,
      sampling: limits.sampling, seed: draw("generation"), constraint: isDesigner ? agents.mask : nil,
      endToken: agents.tokenizer.endToken)
    let call = PolicyCall(
      caller: caller, role: role, prompt: request.prompt, maximumTokens: limits.maximumTokens,
      temperature: limits.sampling.temperature, seed: request.seed)
    let result = try await external(
      ExternalCall(
        kind: PolicyCall.kind, describes: call.encoded,
        payload: PolicyRequest(isDesigner: isDesigner, request: request),
        latencyPerUnit: settings.latencyPerToken, maximumUnits: limits.maximumTokens,
        deadline: settings.callDeadline.map { now + $0 }))
    return try Generation(encoded: result.bytes)
  }

  /// Logs that an output did not have the form that its role requires (P8).
  func noteFormatError(_ fault: WorkFault, in caller: PolicyCall.Caller) {
    guard fault.isFormatError else { return }
    let who =
      switch caller {
      case .designer: TroupeVocabulary.designer
      case .executor(let id): id.description
      }
    note("format error", Array("\(who): \(fault)".utf8))
  }
}

extension Generation {
  /// Why the text cannot be used; `nil` if the generation ended by itself.
  var fault: WorkFault? {
    switch stop {
    case .end, .constraint: nil
    case .length: .truncated
    case .cancelled: .timedOut
    }
  }
}
