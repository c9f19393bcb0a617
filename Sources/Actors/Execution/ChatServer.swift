import Policy

/// Lets a published chat model play agents: it translates between the words of agents and the model's byte pairs.
///
/// A conversation is answered as text. The answer to a prompt in words is read back into words, and one that has other words
/// than the vocabulary's reads as no answer. Both carry what the model sampled beside them. If the request has a grammar, the
/// model must follow it letter by letter (`SpelledConstraint`). A prompt that leaves no room in the model's context is answered
/// at once by a generation that says so.
package final class ChatServer: GenerationServer {
  private let server: any GenerationServer
  private let language: ChatLanguage
  /// The answers that are under way: the model's prompt, and the most words, or `nil` if the answer is text.
  private var asked: [Int: (prompt: [Int32], limit: Int?)] = [:]
  /// Answers that need no model, by handles that the model's server does not give.
  private var refused: [Decoder.Update] = []
  private var refusedCount = 0

  /// Makes a server for the model that `server` runs, whose language must be `language`.
  package init(_ server: any GenerationServer, language: ChatLanguage) {
    self.server = server
    self.language = language
  }

  package var statistics: Decoder.Statistics { server.statistics }

  package func submit(_ request: GenerationRequest) throws -> Int {
    let limit = request.maximumTokens
    var request = request
    let isText = !request.messages.isEmpty
    if isText {
      request.prompt = try language.prompt(request.messages)
      request.messages = []
    } else {
      request.prompt = try language.prompt(language.spoken.question(request.prompt))
      request.maximumTokens = limit * SpokenLanguage.tokensPerWord
    }
    request.constraint = request.constraint.map(language.constraint)
    request.endToken = language.tokenizer.endToken
    do {
      let handle = try server.submit(request)
      asked[handle] = (request.prompt, isText ? nil : limit)
      return handle
    } catch GenerationError.promptTooLong {
      var answer = Generation(tokens: [], logProbabilities: [], stop: .overflow)
      answer.sampled = .init(prompt: request.prompt, tokens: [], logProbabilities: [])
      if isText { answer.text = "" }
      let handle = -1 - refusedCount
      refusedCount += 1
      refused.append(.init(handle: handle, tokenCount: answer.unitCount, finished: answer))
      return handle
    }
  }

  package func step() throws -> [Decoder.Update] {
    let updates = refused
    refused = []
    // A step without open requests is one of the model's too, and costs nothing.
    return try updates
      + server.step().map { update in
        guard let (prompt, limit) = asked[update.handle] else { return update }
        // How many words it will be shows only at the end.
        var read = Decoder.Update(
          handle: update.handle, tokenCount: limit == nil ? update.tokenCount : 0, finished: nil)
        guard let generation = update.finished else { return read }
        asked[update.handle] = nil
        let answer =
          limit.map { language.answer(generation, to: prompt, limit: $0) }
          ?? language.text(generation, to: prompt)
        (read.tokenCount, read.finished) = (answer.unitCount, answer)
        return read
      }
  }
}
