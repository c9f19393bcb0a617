import Policy

/// One example of the cold start: a prompt and the completion that should follow it.
package struct Demonstration: Hashable, Sendable {
  package var family: String
  /// The role of the executor, or ``TroupeVocabulary/designer``.
  package var role: String
  package var level: Int
  /// The hash of the task instance that the example comes from. It is never a held-out one.
  package var instance: UInt64
  package var question: ExecutorPrompt
  /// The question in the words of the vocabulary, as the family writes it.
  package var prompt: String
  package var completion: String

  /// The token ids of the prompt, and those of the completion with the end token.
  package func tokens(
    _ tokenizer: WordTokenizer = TroupeVocabulary.tokenizer
  ) throws(TokenizerError) -> (prompt: [Int32], completion: [Int32]) {
    (try tokenizer.encode(prompt), try tokenizer.encode(completion) + [tokenizer.endToken])
  }
}
