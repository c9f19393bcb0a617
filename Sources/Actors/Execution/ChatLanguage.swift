import Policy

/// How a published chat model says what agents ask and answer in the words of a `WordTokenizer`.
///
/// A question becomes a conversation in the model's template: the system message says what the role has to do, and the user
/// asks the question. An answer is read back into words. Digits of one number have no spaces between them, if the family says so.
package struct ChatLanguage: Sendable {
  package let tokenizer: BytePairTokenizer
  /// What the agents say, as a conversation.
  let spoken: SpokenLanguage
  private let template: ChatTemplate
  private let spelling: SpelledConstraint.Spelling
  private let grammar: ScriptGrammar
  private let families: [any TaskFamily]
  private let words: WordTokenizer

  /// Makes the language of a model of `vocabularySize` logits, which may be more than the tokenizer has tokens.
  /// - Complexity: O(vocabulary x log vocabulary).
  package init(
    _ tokenizer: BytePairTokenizer, template: ChatTemplate = .qwen3, vocabularySize: Int,
    grammar: ScriptGrammar, families: [any TaskFamily],
    words: WordTokenizer = TroupeVocabulary.tokenizer
  ) {
    self.tokenizer = tokenizer
    self.template = template
    self.grammar = grammar
    self.families = families
    self.words = words
    spoken = SpokenLanguage(grammar: grammar, families: families, words: words)
    spelling = .init(
      tokenizer, words: words, vocabularySize: vocabularySize, quotedLength: grammar.extent.maximumWording)
  }

  /// Returns a server that plays agents by the model that `server` runs.
  package func playing(_ server: any GenerationServer) -> any GenerationServer {
    ChatServer(server, language: self)
  }

  /// The grammar over words, for a model that spells them.
  package func constraint(_ mask: any TokenConstraint) -> any TokenConstraint {
    SpelledConstraint(mask, spelling)
  }

  /// The model's token ids of a question of an agent.
  /// - Throws: `TokenizerError` if it has a word that is none, or a byte that the model's vocabulary lacks; `ChatTemplateError`
  ///   if the template raises one.
  package func prompt(_ question: String) throws -> [Int32] {
    let spaced = words.decode(try words.encode(question))
    return try prompt(spoken.conversation(spaced))
  }

  /// The model's token ids of a conversation that it is to go on with.
  /// - Throws: As ``prompt(_:)-(String)``.
  package func prompt(_ messages: [ChatMessage]) throws -> [Int32] {
    try tokenizer.encode(template.prompt(messages.map(\.turn), isThinking: false))
  }

  /// The model's token ids of an answer in words to a question, with the end token.
  package func completion(_ answer: String, to question: String) throws(TokenizerError) -> [Int32] {
    // As a grammar spells it: one space between two words.
    let spaced = words.decode(try words.encode(answer))
    let prompt = ExecutorPrompt(parsing: question)
    let isScript = prompt?.role == TroupeVocabulary.designer
    return try tokenizer.encode(isScript ? spaced : spoken.joined(spaced, spoken.family(of: prompt)))
      + [tokenizer.endToken]
  }

  /// The model's token ids of a demonstration: those of the prompt, and those of the completion with the end token.
  package func tokens(
    of demonstration: Demonstration
  ) throws -> (prompt: [Int32], completion: [Int32]) {
    guard let family = families.first(where: { $0.name == demonstration.family }), family.isText else {
      return (
        try prompt(demonstration.prompt),
        try completion(demonstration.completion, to: demonstration.prompt)
      )
    }
    let question = demonstration.question
    guard question.role == TroupeVocabulary.designer else {
      return (
        try prompt(family.conversation(question)),
        try tokenizer.encode(demonstration.completion) + [tokenizer.endToken]
      )
    }
    let asked = question.conversation(instructions: grammar.designerInstructions(for: family))
    // As a grammar spells it: one space between two words.
    let script = try grammar.parse(demonstration.completion).words.joined(separator: " ")
    return (try prompt(asked), try tokenizer.encode(script) + [tokenizer.endToken])
  }

  /// The answer of the model to a conversation.
  func text(_ generation: Generation, to prompt: [Int32]) -> Generation {
    // The end token is special, so that it is no part of the text.
    Generation(
      text: tokenizer.decode(generation.tokens),
      sampled: .init(
        prompt: prompt, tokens: generation.tokens, logProbabilities: generation.logProbabilities),
      stop: generation.stop)
  }

  /// The answer of the model in words, of which there are at most `limit`, with what the model sampled.
  func answer(_ generation: Generation, to prompt: [Int32], limit: Int) -> Generation {
    let isWhole = generation.stop == .end || generation.stop == .constraint
    var result = spoken.words(
      tokenizer.decode(generation.tokens), stop: isWhole ? .end : generation.stop, limit: limit,
      logProbability: generation.logProbabilities.reduce(0, +))
    result.sampled = .init(
      prompt: prompt, tokens: generation.tokens, logProbabilities: generation.logProbabilities)
    return result
  }
}
