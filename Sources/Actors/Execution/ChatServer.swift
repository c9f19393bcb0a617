import Policy

/// Lets a published chat model play agents: it translates between the words of agents and the model's byte pairs.
///
/// The answer is read back into words, so logs, replays and forks are the same as with any other policy, and carries what the
/// model sampled beside them. If the request has a grammar, the model must follow it letter by letter (`SpelledConstraint`). An
/// answer that has other words than the vocabulary's reads as no answer.
package final class ChatServer: GenerationServer {
  private let server: any GenerationServer
  private let language: ChatLanguage
  /// The answers that are under way: the model's prompt, and the most words.
  private var asked: [Int: (prompt: [Int32], limit: Int)] = [:]

  /// The most byte pairs that a word may take. Text that needs more is not a word.
  private static let tokensPerWord = 4

  /// Makes a server for the model that `server` runs, whose language must be `language`.
  package init(_ server: any GenerationServer, language: ChatLanguage) {
    self.server = server
    self.language = language
  }

  package var statistics: Decoder.Statistics { server.statistics }

  package func submit(_ request: GenerationRequest) throws -> Int {
    let limit = request.maximumTokens
    var request = request
    request.prompt = try language.prompt(language.question(request.prompt))
    request.maximumTokens = limit * Self.tokensPerWord
    request.constraint = request.constraint.map(language.constraint)
    request.endToken = language.tokenizer.endToken
    let handle = try server.submit(request)
    asked[handle] = (request.prompt, limit)
    return handle
  }

  package func step() throws -> [Decoder.Update] {
    try server.step().map { update in
      // How many words it will be shows only at the end.
      var read = Decoder.Update(handle: update.handle, tokenCount: 0, finished: nil)
      guard let generation = update.finished else { return read }
      let (prompt, limit) = asked.removeValue(forKey: update.handle) ?? ([], 1)
      let answer = language.answer(generation, to: prompt, limit: limit)
      (read.tokenCount, read.finished) = (answer.tokens.count, answer)
      return read
    }
  }
}
