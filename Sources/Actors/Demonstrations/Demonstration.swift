import Policy

/// One example of the cold start: a prompt and what should follow it.
public struct Demonstration: Hashable, Sendable {
  public var family: String
  /// The role of the executor, or ``TroupeVocabulary/designer``.
  public var role: String
  public var level: Int
  /// The hash of the instance it came from: never a held-out one.
  public var instance: UInt64
  public var prompt: String
  public var completion: String

  /// The prompt's token ids, and the completion's with the end token.
  public func tokens(
    _ tokenizer: WordTokenizer = TroupeVocabulary.tokenizer
  ) throws(TokenizerError) -> (prompt: [Int32], completion: [Int32]) {
    (try tokenizer.encode(prompt), try tokenizer.encode(completion) + [tokenizer.endToken])
  }
}
