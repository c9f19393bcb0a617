import Foundation
import Messaging
import Policy

/// Makes plans of the bodies of requests, or says which field is wrong.
package struct RequestPlanner: Sendable {
  /// What a request may ask for.
  package struct Limits: Sendable, Hashable {
    /// Answers to one request.
    package var choices = 16
    /// Tokens of an answer in a chat that does not say how many.
    package var tokens = 1_024
    /// Texts that end an answer, and bytes of each.
    package var stops = 16
    package var stopBytes = 1_024
    /// The likeliest tokens at each place.
    package var likeliest = 20

    package init() {}
  }

  /// Tokens of a completion that does not say how many, as in OpenAI's API.
  private static let completionTokens = 16

  package let model: ServedModel
  package let limits: Limits

  package init(_ model: ServedModel, _ limits: Limits = Limits()) {
    (self.model, self.limits) = (model, limits)
  }

  /// Plans what the body of `POST /v1/chat/completions` asks for.
  package func chat(_ body: [UInt8]) throws(RequestFailure) -> GenerationPlan {
    let request = try decoded(ChatRequest.self, body)
    try check(request.settings)
    guard let template = model.template else {
      let lack =
        model.tokenizer is BytePairTokenizer
        ? "no chat template" : "a vocabulary of words, and no chat template"
      throw .field("messages", "the model \(model.name) has \(lack); ask it at /v1/completions")
    }
    if let tools = request.tools, !tools.isEmpty {
      throw .field("tools", "tools are not done here; leave them out")
    }
    if let choice = request.toolChoice, ![.null, "none", "auto"].contains(choice) {
      throw .field("tool_choice", "tools are not done here; leave it out")
    }
    guard !request.messages.isEmpty else { throw .field("messages", "there must be at least one") }
    var messages: [ChatTemplate.Message] = []
    for (index, message) in request.messages.enumerated() {
      messages.append(try turn(message, "messages[\(index)]"))
    }
    let text: String
    do {
      text = try template.prompt(messages)
    } catch {
      throw .field("messages", "the model's chat template refuses them: \(error)")
    }
    let likeliest = try likeliest(request.topLogprobs, "top_logprobs")
    if likeliest != nil, request.logprobs != true { throw .field("top_logprobs", "needs logprobs: true") }
    return try plan(
      .chat, request.settings, prompt: try tokens(of: text, "messages"), defaultTokens: limits.tokens,
      logprobs: request.logprobs == true ? likeliest ?? 0 : nil)
  }

  /// Plans what the body of `POST /v1/completions` asks for.
  package func completion(_ body: [UInt8]) throws(RequestFailure) -> GenerationPlan {
    let request = try decoded(CompletionRequest.self, body)
    try check(request.settings)
    let prompt: [Int32]
    switch request.prompt {
    case .text(let text): prompt = try tokens(of: text, "prompt")
    case .tokens(let tokens):
      let size = model.transformer.configuration.vocabularySize
      if let other = tokens.first(where: { $0 < 0 || $0 >= size }) {
        throw .field("prompt", "the token \(other) is outside the vocabulary of \(size)")
      }
      prompt = tokens
    }
    guard !prompt.isEmpty else { throw .field("prompt", "must have at least one token") }
    return try plan(
      .completion, request.settings, prompt: prompt, defaultTokens: Self.completionTokens,
      logprobs: try likeliest(request.logprobs, "logprobs"))
  }

  // MARK: Parts

  private func decoded<Body: Decodable>(_ type: Body.Type, _ body: [UInt8]) throws(RequestFailure) -> Body {
    guard String(validating: body, as: UTF8.self) != nil else {
      throw RequestFailure(400, .init(message: "the body is not UTF-8", type: "invalid_request_error"))
    }
    do {
      return try JSONDecoder().decode(type, from: Data(body))
    } catch let error as DecodingError {
      throw RequestFailure(400, .init(error))
    } catch {
      throw RequestFailure(
        400, .init(message: "the body cannot be read: \(error)", type: "invalid_request_error"))
    }
  }

  private func check(_ settings: GenerationSettings) throws(RequestFailure) {
    guard settings.model == model.name else {
      throw RequestFailure(
        404,
        .init(
          message: "model: there is no '\(settings.model)' here, only '\(model.name)'",
          type: "invalid_request_error",
          param: "model", code: "model_not_found"))
    }
  }

  private func turn(_ message: ChatRequest.Message, _ place: String) throws(RequestFailure)
    -> ChatTemplate.Message
  {
    let role: ChatTemplate.Message.Role
    switch message.role {
    case "system", "developer": role = .system
    case "user": role = .user
    case "assistant": role = .assistant
    case "tool": role = .tool
    default:
      throw .field("\(place).role", "'\(message.role)' is none of system, developer, user, assistant, tool")
    }
    guard message.content != nil || role == .assistant && message.toolCalls?.isEmpty == false else {
      throw .field("\(place).content", "is missing")
    }
    guard role == .assistant || message.toolCalls == nil else {
      throw .field("\(place).tool_calls", "only the assistant calls tools")
    }
    var calls: [ChatTemplate.Message.ToolCall] = []
    for (index, call) in (message.toolCalls ?? []).enumerated() {
      let arguments = try? TemplateValue(json: call.function.arguments)
      guard let arguments else {
        throw .field("\(place).tool_calls[\(index)].function.arguments", "is no JSON")
      }
      calls.append(.init(name: call.function.name, arguments: arguments))
    }
    return .init(role, message.content, toolCalls: calls)
  }

  /// Returns the ids of a prompt, and looks no further into one that is too long: others wait meanwhile.
  private func tokens(of text: String, _ field: String) throws(RequestFailure) -> [Int32] {
    let tokens: [Int32]?
    do {
      if let pairs = model.tokenizer as? BytePairTokenizer {
        tokens = try pairs.encode(text, atMost: model.context - 1)
      } else {
        tokens = try model.tokenizer.encode(text)
      }
    } catch {
      throw .field(field, "\(error)")
    }
    guard let tokens, tokens.count < model.context else { throw overflow(field) }
    return tokens
  }

  private func overflow(_ field: String) -> RequestFailure {
    .field(
      field,
      "the prompt has \(model.context) tokens or more, which leaves no room in the context of \(model.context)",
      code: "context_length_exceeded")
  }

  private func likeliest(_ count: Int?, _ field: String) throws(RequestFailure) -> Int? {
    guard let count else { return nil }
    guard (0...limits.likeliest).contains(count) else {
      throw .field(field, "\(count) is not from 0 to \(limits.likeliest)")
    }
    return count
  }

  /// How tokens are drawn.
  private func sampling(_ settings: GenerationSettings) throws(RequestFailure) -> SamplingParameters {
    let temperature = settings.temperature ?? 1
    // Logits divided by a smaller number could leave the range of float32.
    guard temperature == 0 || (0.001...100).contains(temperature) else {
      throw .field("temperature", "\(temperature) is neither 0 nor from 0.001 to 100")
    }
    if let p = settings.topP, !(p > 0 && p <= 1) {
      throw .field("top_p", "\(p) is not above 0 and at most 1")
    }
    if let p = settings.minP, !(p >= 0 && p <= 1) { throw .field("min_p", "\(p) is not from 0 to 1") }
    if let k = settings.topK, k < -1 { throw .field("top_k", "\(k) is below -1") }
    // A tiny probability becomes 0 as a Float, which would keep no token.
    let topP = settings.topP.map { max(Float($0), .leastNormalMagnitude) }
    return SamplingParameters(
      temperature: Float(temperature), topK: settings.topK.flatMap { $0 > 0 ? $0 : nil },
      topP: topP == 1 ? nil : topP, minP: settings.minP.flatMap { $0 > 0 ? Float($0) : nil })
  }

  private func grammar(_ settings: GenerationSettings) throws(RequestFailure) -> (String, GBNFAutomaton)? {
    switch settings.responseFormat?.type {
    case nil, "text"?: break
    case "json_object"?:
      guard settings.grammar == nil else {
        throw .field("response_format", "goes with no grammar but its own")
      }
      return (GBNFGrammar.jsonObject, try model.automaton(GBNFGrammar.jsonObject, field: "response_format"))
    case "json_schema"?:
      throw .field(
        "response_format.type", "json_schema is not done here; give a grammar, or json_object")
    case let type?: throw .field("response_format.type", "'\(type)' is none of text, json_object")
    }
    guard let text = settings.grammar else { return nil }
    return (text, try model.automaton(text, field: "grammar"))
  }

  private func stops(_ settings: GenerationSettings) throws(RequestFailure) -> [[UInt8]] {
    let stops = (settings.stop ?? []).map { Array($0.utf8) }
    guard stops.count <= limits.stops else {
      throw .field("stop", "there are more than \(limits.stops) texts")
    }
    guard stops.allSatisfy({ !$0.isEmpty && $0.count <= limits.stopBytes }) else {
      throw .field("stop", "a text is empty, or has more than \(limits.stopBytes) bytes")
    }
    return stops
  }

  private func maximumTokens(_ settings: GenerationSettings, _ standard: Int) throws(RequestFailure) -> Int {
    let values = [
      ("max_tokens", settings.maxTokens), ("max_completion_tokens", settings.maxCompletionTokens),
    ]
    for case (let name, let value?) in values where value < 1 { throw .field(name, "\(value) is below 1") }
    if let one = settings.maxTokens, let other = settings.maxCompletionTokens, one != other {
      throw .field("max_completion_tokens", "is not what max_tokens says, of which it is the newer name")
    }
    return settings.maxCompletionTokens ?? settings.maxTokens ?? standard
  }

  private func plan(
    _ kind: GenerationPlan.Kind, _ settings: GenerationSettings, prompt: [Int32], defaultTokens: Int,
    logprobs: Int?
  ) throws(RequestFailure) -> GenerationPlan {
    guard prompt.count < model.context else { throw overflow("prompt") }
    let (sampling, grammar, stops) = (try sampling(settings), try grammar(settings), try stops(settings))
    let count = settings.n ?? 1
    guard (1...limits.choices).contains(count) else {
      throw .field("n", "\(count) is not from 1 to \(limits.choices)")
    }
    let isStream = settings.stream ?? false
    if settings.streamOptions != nil, !isStream { throw .field("stream_options", "needs stream: true") }
    let most = min(try maximumTokens(settings, defaultTokens), model.context - prompt.count)
    let drawn: [JSONValue] = [
      .array(prompt.map { .integer(Int($0)) }), .verbatim("\(sampling.temperature)"),
      .integer(sampling.topK ?? 0),
      .verbatim("\(sampling.topP ?? 1)"), .verbatim("\(sampling.minP ?? 0)"), .text(grammar?.0 ?? ""),
    ]
    // What only cuts an answer off is no part of it, so that a longer answer begins with the shorter one.
    let seed = settings.seed ?? UInt64(Self.digest(drawn).prefix(16), radix: 16) ?? 0
    let asked: [JSONValue] =
      drawn + [
        .text(model.name), .text("\(kind)"), .digits(seed), .integer(most), .integer(count),
        .array(stops.map { .array($0.map { .integer(Int($0)) }) }),
      ]
    let constraint = grammar.map { GBNFConstraint($0.1) }
    let requests = (0..<count).map { index in
      var request = GenerationRequest(
        prompt: prompt, maximumTokens: most, sampling: sampling, seed: seed &+ UInt64(index),
        constraint: constraint,
        endToken: model.tokenizer.endToken)
      request.likeliestCount = logprobs ?? 0
      return request
    }
    let id = "\(kind == .chat ? "chatcmpl" : "cmpl")-\(Self.digest(asked).prefix(32))"
    return GenerationPlan(
      kind: kind, id: id, requests: requests, stops: stops, logprobs: logprobs, isStream: isStream,
      includesUsage: settings.streamOptions?.includeUsage ?? false,
      returnsTokenIDs: settings.returnTokenIDs ?? false, grammar: constraint)
  }

  /// SHA-256 of values, as hexadecimal digits.
  private static func digest(_ values: [JSONValue]) -> String {
    SHA256.digest(of: Array(JSONValue.array(values).description.utf8)).hex
  }
}
