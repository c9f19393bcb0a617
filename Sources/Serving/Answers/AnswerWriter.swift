import Foundation

/// Writes the answers to a plan as the JSON of the API, as a whole or as the events of a stream.
struct AnswerWriter: Sendable {
  /// Answers say no time, because they are a function of the request alone.
  static let created = 0

  let plan: GenerationPlan
  let model: ServedModel

  /// The body of an answer that is not a stream.
  func body(_ answers: [Answer]) -> [UInt8] {
    switch plan.kind {
    case .chat:
      var response = response(
        answers.enumerated().map { index, answer in
          ChatResponse.Choice(
            index: index, said: .init(role: "assistant", content: answer.whole.text),
            finishReason: answer.whole.finishReason, logprobs: chatLogprobs(answer.whole),
            tokenIDs: tokenIDs(answer.whole))
        }, usage(answers))
      response.promptTokenIDs = plan.returnsTokenIDs ? plan.prompt : nil
      return Self.json(response)
    case .completion:
      return Self.json(
        response(answers.enumerated().map { choice($0, $1.whole, isFirst: true) }, usage(answers)))
    }
  }

  /// The events that begin a stream.
  func beginning() -> [UInt8] {
    guard plan.kind == .chat else { return [] }
    return plan.requests.indices.flatMap { index in
      let said = ChatDeltaPart(.init(role: "assistant", content: ""))
      return Self.event(response([ChatChunk.Choice(index: index, said: said)]))
    }
  }

  /// The event for the next piece of an answer; empty if there is nothing to say. `isFirst` says whether it is the first piece of the
  /// answer.
  func event(_ index: Int, _ piece: Answer.Piece, isFirst: Bool) -> [UInt8] {
    guard !piece.isEmpty else { return [] }
    switch plan.kind {
    case .chat:
      return Self.event(
        response([
          ChatChunk.Choice(
            index: index, said: .init(.init(role: nil, content: piece.text)),
            finishReason: piece.finishReason,
            logprobs: chatLogprobs(piece), tokenIDs: tokenIDs(piece))
        ]))
    case .completion: return Self.event(response([choice(index, piece, isFirst: isFirst)]))
    }
  }

  /// The events that end a stream.
  func ending(_ answers: [Answer]) -> [UInt8] {
    var result: [UInt8] = []
    if plan.includesUsage {
      switch plan.kind {
      case .chat: result += Self.event(response([ChatChunk.Choice](), usage(answers)))
      case .completion: result += Self.event(response([CompletionResponse.Choice](), usage(answers)))
      }
    }
    return result + Array("data: [DONE]\n\n".utf8)
  }

  /// The event that says why a stream ends early.
  static func failure(_ details: ErrorBody.Details) -> [UInt8] { event(ErrorBody(details)) }

  /// A value as JSON, with the fields in the order of their names.
  static func json(_ value: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do {
      return Array(try encoder.encode(value))
    } catch {
      preconditionFailure("the types of the API can be encoded: \(error)")
    }
  }

  private static func event(_ value: some Encodable) -> [UInt8] {
    Array("data: ".utf8) + json(value) + Array("\n\n".utf8)
  }

  // MARK: Parts

  private func usage(_ answers: [Answer]) -> TokenUsage {
    TokenUsage(
      promptTokens: plan.prompt.count, completionTokens: answers.reduce(0) { $0 + $1.tokenCount })
  }

  private func response<Part>(
    _ choices: [ServerResponse<Part>.Choice], _ usage: TokenUsage? = nil
  ) -> ServerResponse<Part> {
    var response = ServerResponse<Part>(
      id: plan.id, created: Self.created, model: model.name, choices: choices, usage: usage)
    response.systemFingerprint = model.fingerprint
    return response
  }

  private func choice(_ index: Int, _ piece: Answer.Piece, isFirst: Bool) -> CompletionResponse.Choice {
    CompletionResponse.Choice(
      index: index, said: .init(piece.text), finishReason: piece.finishReason,
      logprobs: completionLogprobs(piece),
      tokenIDs: tokenIDs(piece), promptTokenIDs: plan.returnsTokenIDs && isFirst ? plan.prompt : nil)
  }

  private func tokenIDs(_ piece: Answer.Piece) -> [Int32]? {
    plan.returnsTokenIDs ? piece.tokens.map(\.id) : nil
  }

  private func chatLogprobs(_ piece: Answer.Piece) -> TokenLogprobs? {
    guard plan.logprobs != nil else { return nil }
    func token(_ token: Answer.Token, _ likeliest: [TokenLogprobs.Token]?) -> TokenLogprobs.Token {
      TokenLogprobs.Token(
        token: token.text, logprob: token.logprob, bytes: token.bytes, topLogprobs: likeliest)
    }
    return TokenLogprobs(content: piece.tokens.map { token($0, $0.likeliest.map { token($0, nil) }) })
  }

  private func completionLogprobs(_ piece: Answer.Piece) -> CompletionLogprobs? {
    guard let count = plan.logprobs else { return nil }
    return CompletionLogprobs(
      tokens: piece.tokens.map(Self.name), tokenLogprobs: piece.tokens.map(\.logprob),
      topLogprobs: count == 0
        ? nil
        : piece.tokens.map { token in
          Dictionary(token.likeliest.map { (Self.name($0), $0.logprob) }) { likelier, _ in likelier }
        }, textOffset: piece.tokens.map(\.offset))
  }

  /// The text of a token, or its bytes if they are no whole characters, so that different tokens have different names.
  private static func name(_ token: Answer.Token) -> String {
    guard let bytes = token.bytes, String(validating: bytes, as: UTF8.self) == nil else { return token.text }
    return "bytes:" + bytes.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
