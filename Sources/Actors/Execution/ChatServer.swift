import Policy

/// Lets a published chat model play agents: it translates between the words of a `WordTokenizer` and byte pairs.
///
/// A question becomes a conversation in Qwen3's template: the system message says what the role has to do, and the
/// user asks the question. The answer is read back into words, so logs, replays and forks are the same as with any
/// other policy. If the request has a grammar, the model must follow it letter by letter (`SpelledConstraint`). An
/// answer that has other words than the vocabulary's reads as no answer. The log-probability of the whole answer is
/// stored at its last token.
package final class ChatServer: GenerationServer {
  private let server: any GenerationServer
  private let tokenizer: BytePairTokenizer
  private let spelling: SpelledConstraint.Spelling
  private let grammar: ScriptGrammar
  private let families: [any TaskFamily]
  private let words: WordTokenizer
  /// The most words of each answer that is under way.
  private var limits: [Int: Int] = [:]

  /// The most byte pairs that a word may take. Text that needs more is not a word.
  private static let tokensPerWord = 4

  /// Makes a server for the model that `server` runs, whose tokenizer must be `tokenizer`.
  ///
  /// `spelling` must be made from `tokenizer` and `words`; several servers can share one.
  package init(
    _ server: any GenerationServer, tokenizer: BytePairTokenizer, spelling: SpelledConstraint.Spelling,
    grammar: ScriptGrammar, families: [any TaskFamily],
    words: WordTokenizer = TroupeVocabulary.tokenizer
  ) {
    self.server = server
    self.tokenizer = tokenizer
    self.spelling = spelling
    self.grammar = grammar
    self.families = families
    self.words = words
  }

  package var statistics: Decoder.Statistics { server.statistics }

  package func submit(_ request: GenerationRequest) throws -> Int {
    let (words, limit) = (words.decode(request.prompt), request.maximumTokens)
    var request = request
    request.prompt = try tokenizer.encode(ChatTemplate.prompt(conversation(words), isThinking: false))
    request.maximumTokens = limit * Self.tokensPerWord
    request.constraint = request.constraint.map { SpelledConstraint($0, spelling) }
    request.endToken = tokenizer.endToken
    let handle = try server.submit(request)
    limits[handle] = limit
    return handle
  }

  package func step() throws -> [Decoder.Update] {
    try server.step().map { update in
      // How many words it will be shows only at the end.
      var read = Decoder.Update(handle: update.handle, tokenCount: 0, finished: nil)
      guard let generation = update.finished else { return read }
      let answer = inWords(generation, limit: limits.removeValue(forKey: update.handle) ?? 1)
      (read.tokenCount, read.finished) = (answer.tokens.count, answer)
      return read
    }
  }

  /// The conversation in which the model is asked `question`.
  func conversation(_ question: String) -> [ChatTemplate.Message] {
    guard let prompt = ExecutorPrompt(parsing: question) else { return [.init(.user, question)] }
    var parts = [families.first { $0.recognizes(state: prompt.state) }?.instructions(for: prompt.role) ?? ""]
    if prompt.role == TroupeVocabulary.designer { parts.append(grammar.instructions) }
    return [
      .init(.system, parts.filter { !$0.isEmpty }.joined(separator: "\n")), .init(.user, question),
    ]
  }

  private func inWords(_ generation: Generation, limit: Int) -> Generation {
    var result = generation
    // A word that is none decodes to nothing, which is no answer to anything.
    result.tokens = (try? words.encode(tokenizer.decode(generation.tokens))) ?? [words.padToken]
    if generation.stop == .end || generation.stop == .constraint {
      result.tokens.append(words.endToken)
      result.stop = .end
    }
    if result.tokens.count > limit {
      result.tokens.removeLast(result.tokens.count - limit)
      result.stop = .length
    }
    result.logProbabilities = Array(repeating: 0, count: result.tokens.count)
    if let last = result.tokens.indices.last {
      result.logProbabilities[last] = generation.logProbabilities.reduce(0, +)
    }
    return result
  }
}
