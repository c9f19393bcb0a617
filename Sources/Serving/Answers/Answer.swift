import Policy

/// One answer of a request as it grows.
struct Answer: Sendable {
  /// A token of the answer, as it is told.
  struct Token: Sendable {
    var id: Int32
    var text: String
    /// `nil` if the token is a special one, which is no part of the text.
    var bytes: [UInt8]?
    var logprob: Float
    var likeliest: [Token]
    /// How many characters the answer has begun before this token.
    var offset: Int
  }

  /// What a token added to the answer, or all of them.
  struct Piece: Sendable {
    var text = ""
    /// Empty unless the plan asks for log-probabilities or ids.
    var tokens: [Token] = []
    /// `stop` or `length`, where the answer ends.
    var finishReason: String?

    var isEmpty: Bool { text.isEmpty && tokens.isEmpty && finishReason == nil }
  }

  private let model: ServedModel
  private let grammar: GBNFConstraint?
  private let endToken: Int32
  private let tellsTokens: Bool
  private var text: AnswerText
  private var ids: [Int32] = []
  private var characterCount = 0
  private var hasText = false
  /// All pieces together.
  private(set) var whole = Piece()

  /// An answer to `plan` of which nothing has come.
  init(_ plan: GenerationPlan, _ model: ServedModel) {
    (self.model, grammar, endToken) = (model, plan.grammar, plan.requests[0].endToken)
    tellsTokens = plan.logprobs != nil || plan.returnsTokenIDs
    text = AnswerText(stops: plan.stops)
  }

  /// Whether nothing more belongs to the answer.
  var isFinished: Bool { whole.finishReason != nil }
  /// How many tokens the answer has.
  var tokenCount: Int { ids.count }

  /// Takes the next token, or the end of the generation, or both.
  mutating func add(_ sampled: SampledToken?, _ end: Generation.StopReason?) -> Piece {
    var piece = Piece()
    guard !isFinished else { return piece }
    if let sampled {
      ids.append(sampled.token)
      if tellsTokens { piece.tokens.append(token(sampled)) }
      let new = sampled.token == endToken ? [] : model.bytes(of: sampled.token, isFirst: !hasText)
      hasText = hasText || !new.isEmpty
      characterCount += new.count { $0 & 0xC0 != 0x80 }
      piece.text = text.append(new)
    }
    if text.isStopped {
      piece.finishReason = "stop"
    } else if let end {
      piece.text += text.finish()
      // A grammar that cannot go on may have been left before its end.
      let isWhole = end == .end || end == .constraint && grammar?.mayEnd(after: ids) ?? true
      piece.finishReason = isWhole ? "stop" : "length"
    }
    whole.text += piece.text
    whole.tokens += piece.tokens
    whole.finishReason = piece.finishReason
    return piece
  }

  private func token(_ sampled: SampledToken) -> Token {
    var result = token(sampled.token, sampled.logProbability)
    result.likeliest = sampled.likeliest.map { token($0.token, $0.logProbability) }
    return result
  }

  private func token(_ id: Int32, _ logprob: Float) -> Token {
    let bytes = id == endToken ? [] : model.bytes(of: id, isFirst: !hasText)
    return Token(
      id: id, text: bytes.isEmpty ? model.text(of: id) : String(decoding: bytes, as: UTF8.self),
      bytes: bytes.isEmpty ? nil : bytes, logprob: logprob, likeliest: [], offset: characterCount)
  }
}
