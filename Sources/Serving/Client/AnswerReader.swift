import Foundation
import Policy

/// Reads what a server sent into a ``RemoteAnswer``, and refuses what cannot be one.
struct AnswerReader {
  let settings: RemoteSettings
  let question: RemoteQuestion
  /// The model that was asked.
  let model: String
  /// What no text may contain.
  let secret: String?

  /// - Throws: ``RemoteFailure`` that says what is wrong.
  func read(_ response: HTTPTransport.Response) throws(RemoteFailure) -> RemoteAnswer {
    let body = Secret.removing(secret, from: response.body)
    guard response.status == 200 else {
      if response.status == 400, Self.isOverflow(body) { throw .overflow }
      throw .status(response.status, Self.complaint(in: body))
    }
    var answer: RemoteAnswer
    switch (settings.interface, response.isEventStream) {
    case (.chat, false): answer = try Self.answer(Self.decoded(body, as: ChatResponse.self))
    case (.completions, false): answer = try Self.answer(Self.decoded(body, as: CompletionResponse.self))
    case (let interface, true): answer = try Self.streamed(body, interface)
    }
    if answer.served.model.isEmpty { answer.served.model = model }
    try check(answer)
    if !settings.asksLogProbabilities { answer.served.pieces = [] }
    return answer
  }

  /// What an error says, in one line of at most 200 characters.
  static func complaint(in body: [UInt8]) -> String {
    let said =
      (try? JSONDecoder().decode(ErrorBody.self, from: Data(body)))?.error.message
      ?? String(decoding: body.prefix(400), as: UTF8.self)
    let line = said.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let printable = line.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f }
    return String(String(String.UnicodeScalarView(printable)).prefix(200))
  }

  /// Whether an error says that the prompt is too long, in the words of OpenAI, vLLM and Troupe, or of llama.cpp.
  private static func isOverflow(_ body: [UInt8]) -> Bool {
    guard let error = (try? JSONDecoder().decode(ErrorBody.self, from: Data(body)))?.error else {
      return false
    }
    return error.code == "context_length_exceeded" || error.type == "exceed_context_size_error"
      || error.message.contains("maximum context length")
  }

  private static func decoded<Body: Decodable>(
    _ bytes: [UInt8], as type: Body.Type
  ) throws(RemoteFailure) -> Body {
    do {
      return try JSONDecoder().decode(Body.self, from: Data(bytes))
    } catch let error as DecodingError {
      throw .malformed(ErrorBody.Details(error).message)
    } catch {
      throw .malformed("no JSON")
    }
  }

  private static func answer(_ response: ChatResponse) throws(RemoteFailure) -> RemoteAnswer {
    guard let choice = response.choices.first else { throw .malformed("it has no choices") }
    guard let text = choice.said.content else { throw .malformed("its first choice has no content") }
    guard let finish = choice.finishReason else { throw .malformed("its first choice has no finish_reason") }
    var answer = RemoteAnswer(text: text, finish: finish, model: response.model)
    answer.served.fingerprint = response.systemFingerprint
    answer.take(response.usage)
    answer.served.pieces = (choice.logprobs?.content ?? []).map {
      .init(text: $0.token, logProbability: $0.logprob)
    }
    return answer
  }

  private static func answer(_ response: CompletionResponse) throws(RemoteFailure) -> RemoteAnswer {
    guard let choice = response.choices.first else { throw .malformed("it has no choices") }
    guard let finish = choice.finishReason else { throw .malformed("its first choice has no finish_reason") }
    var answer = RemoteAnswer(text: choice.said.text, finish: finish, model: response.model)
    answer.served.fingerprint = response.systemFingerprint
    answer.take(response.usage)
    answer.served.pieces = try pieces(choice.logprobs)
    return answer
  }

  private static func pieces(
    _ logprobs: CompletionLogprobs?
  ) throws(RemoteFailure) -> [Generation.Served.Piece] {
    guard let logprobs else { return [] }
    guard logprobs.tokens.count == logprobs.tokenLogprobs.count else {
      throw .logProbabilities("\(logprobs.tokenLogprobs.count) for \(logprobs.tokens.count) tokens")
    }
    var pieces: [Generation.Served.Piece] = []
    for (text, logprob) in zip(logprobs.tokens, logprobs.tokenLogprobs) {
      guard let logprob else { throw .logProbabilities("a token has none") }
      pieces.append(.init(text: text, logProbability: logprob))
    }
    return pieces
  }

  /// Joins the pieces of a stream, which must say why it ended, and end with `[DONE]`.
  private static func streamed(
    _ body: [UInt8], _ interface: RemoteSettings.Interface
  ) throws(RemoteFailure) -> RemoteAnswer {
    var reader = EventStreamReader()
    var answer = RemoteAnswer(text: "", finish: "", model: "")
    var isDone = false
    for event in reader.read(body) {
      if event.elementsEqual("[DONE]".utf8) {
        isDone = true
        break
      }
      if let failure = try? JSONDecoder().decode(ErrorBody.self, from: Data(event)) {
        throw .malformed("the stream ended with an error: \(failure.error.message.prefix(200))")
      }
      switch interface {
      case .chat:
        let chunk = try decoded(event, as: ChatChunk.self)
        answer.take(chunk.model, chunk.systemFingerprint, chunk.usage)
        guard let choice = chunk.choices.first(where: { $0.index == 0 }) else { continue }
        answer.text += choice.said.message.content ?? ""
        answer.served.finish = choice.finishReason ?? answer.served.finish
        answer.served.pieces += (choice.logprobs?.content ?? []).map {
          .init(text: $0.token, logProbability: $0.logprob)
        }
      case .completions:
        let chunk = try decoded(event, as: CompletionResponse.self)
        answer.take(chunk.model, chunk.systemFingerprint, chunk.usage)
        guard let choice = chunk.choices.first(where: { $0.index == 0 }) else { continue }
        answer.text += choice.said.text
        answer.served.finish = choice.finishReason ?? answer.served.finish
        answer.served.pieces += try pieces(choice.logprobs)
      }
    }
    guard isDone else { throw .malformed("the stream was cut off before [DONE]") }
    guard !answer.served.finish.isEmpty else { throw .malformed("the stream does not say why it ended") }
    return answer
  }

  /// Refuses what contradicts the question or itself.
  private func check(_ answer: RemoteAnswer) throws(RemoteFailure) {
    guard settings.acceptsOtherModels || Self.isSame(answer.served.model, as: model) else {
      throw .otherModel(asked: model, answered: answer.served.model)
    }
    if let count = answer.served.completionCount, count > question.maximumTokens {
      throw .malformed("\(count) tokens where \(question.maximumTokens) were asked for at most")
    }
    if let count = [answer.served.promptCount, answer.served.completionCount].compactMap(\.self).first(
      where: { $0 < 0 })
    {
      throw .malformed("it counts \(count) tokens")
    }
    guard settings.asksLogProbabilities, !answer.served.pieces.isEmpty else { return }
    if let piece = answer.served.pieces.first(where: { !($0.logProbability <= 0) }) {
      throw .logProbabilities("\(piece.logProbability) for a token")
    }
    if let count = answer.served.completionCount, answer.served.pieces.count > count + 1 {
      throw .logProbabilities("\(answer.served.pieces.count) for \(count) tokens")
    }
    // Tokens that are parts of characters are shown with U+FFFD, and a stop token may be there without being in the text.
    let told = answer.served.pieces.map(\.text).joined()
    guard told.contains("\u{fffd}") || told.hasPrefix(answer.text) || told.trimmed == answer.text.trimmed
    else {
      throw .logProbabilities("their tokens do not spell the text")
    }
  }

  /// Whether a server's name for the model that answered is that of the model that was asked: the same, the same with a date or
  /// a version after a hyphen, or the same file.
  static func isSame(_ answered: String, as asked: String) -> Bool {
    func base(_ name: String) -> Substring { name.split(separator: "/").last ?? "" }
    return answered == asked || base(answered) == base(asked) || answered.hasPrefix("\(asked)-")
  }
}

extension RemoteAnswer {
  fileprivate mutating func take(_ usage: TokenUsage?) {
    guard let usage else { return }
    (served.promptCount, served.completionCount) = (usage.promptTokens, usage.completionTokens)
  }

  fileprivate mutating func take(_ model: String, _ fingerprint: String?, _ usage: TokenUsage?) {
    if !model.isEmpty { served.model = model }
    served.fingerprint = fingerprint ?? served.fingerprint
    take(usage)
  }
}

extension String {
  /// The text without white space at both ends.
  fileprivate var trimmed: Substring {
    var rest = drop(while: \.isWhitespace)
    while let last = rest.last, last.isWhitespace { rest.removeLast() }
    return rest
  }
}

/// Takes a key out of what a server sent, for a server may repeat it.
enum Secret {
  /// What stands in the place of a key.
  static let mark = Array("[key]".utf8)

  /// Returns `bytes` without the text `secret`.
  /// - Complexity: O(bytes x length of the secret).
  static func removing(_ secret: String?, from bytes: [UInt8]) -> [UInt8] {
    let key = Array((secret ?? "").utf8)
    guard let first = key.first, bytes.count >= key.count else { return bytes }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var place = 0
    while place < bytes.count {
      if bytes[place] == first, bytes[place...].starts(with: key) {
        result += mark
        place += key.count
      } else {
        result.append(bytes[place])
        place += 1
      }
    }
    return result
  }
}
