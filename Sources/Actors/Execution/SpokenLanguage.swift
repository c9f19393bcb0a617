import Policy

/// How agents who speak in the words of a `WordTokenizer` are played by a model of language: what they ask becomes a conversation,
/// and what the model answers is read back into words.
package struct SpokenLanguage: Sendable {
  private let grammar: ScriptGrammar
  private let families: [any TaskFamily]
  private let words: WordTokenizer

  /// The most tokens of a model of language that a word may take. Text that needs more is not a word.
  package static let tokensPerWord = 4

  package init(grammar: ScriptGrammar, families: [any TaskFamily], words: WordTokenizer) {
    self.grammar = grammar
    self.families = families
    self.words = words
  }

  /// The question that the token ids of an agent's prompt are.
  package func question(_ prompt: [Int32]) -> String { words.decode(prompt) }

  /// The conversation in which the model is asked `question`: the system says what the role has to do.
  package func conversation(_ question: String) -> [ChatMessage] {
    guard let prompt = ExecutorPrompt(parsing: question) else { return [.init(.user, question)] }
    let family = family(of: prompt)
    var parts = [family?.instructions(for: prompt.role) ?? ""]
    if prompt.role == TroupeVocabulary.designer { parts.append(grammar.instructions) }
    return [
      .init(.system, parts.filter { !$0.isEmpty }.joined(separator: "\n")),
      .init(.user, joined(question, family)),
    ]
  }

  func family(of prompt: ExecutorPrompt?) -> (any TaskFamily)? {
    prompt.flatMap { prompt in families.first { $0.recognizes(state: prompt.state) } }
  }

  /// Words, one space apart, as a model of language should read or write them.
  func joined(_ text: String, _ family: (any TaskFamily)?) -> String {
    guard family?.joinsDigits == true else { return text }
    var joined = ""
    for word in text.split(separator: " ") {
      let isDigit = word.utf8.count == 1 && word.allSatisfy(\.isNumber)
      let follows = joined.last?.isNumber == true && isDigit
      joined += joined.isEmpty || follows ? word : " \(word)"
    }
    return joined
  }

  /// The answer of a model in words, of which there are at most `limit`. A text with a word that is none is no answer to anything.
  ///
  /// `stop` is `.end` if the model ended its text by itself, and `logProbability` is that of the whole text.
  package func words(
    _ text: String, stop: Generation.StopReason, limit: Int, logProbability: Float
  ) -> Generation {
    // A word that is none decodes to nothing, which is no answer to anything.
    var tokens = (try? words.encode(text)) ?? [words.padToken]
    var stop = stop
    if stop == .end { tokens.append(words.endToken) }
    if tokens.count > limit {
      tokens.removeLast(tokens.count - limit)
      stop = .length
    }
    // Whose words are written in several tokens is not said word by word: the last one has the probability of all.
    var logProbabilities = [Float](repeating: 0, count: tokens.count)
    if let last = logProbabilities.indices.last { logProbabilities[last] = logProbability }
    return Generation(tokens: tokens, logProbabilities: logProbabilities, stop: stop)
  }
}
