import Policy

/// One example of the cold start: a prompt and the completion that should follow it.
public struct Demonstration: Hashable, Sendable {
  public var family: String
  /// The role of the executor, or ``TroupeVocabulary/designer``.
  public var role: String
  public var level: Int
  /// The hash of the task instance that the example comes from. It is never a held-out one.
  public var instance: UInt64
  public var prompt: String
  public var completion: String

  /// The token ids of the prompt, and those of the completion with the end token.
  public func tokens(
    _ tokenizer: WordTokenizer = TroupeVocabulary.tokenizer
  ) throws(TokenizerError) -> (prompt: [Int32], completion: [Int32]) {
    (try tokenizer.encode(prompt), try tokenizer.encode(completion) + [tokenizer.endToken])
  }
}
