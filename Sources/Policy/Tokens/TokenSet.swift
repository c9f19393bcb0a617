/// A set of token ids with one bit for each id, such as the tokens that a grammar allows next.
public struct TokenSet: Sendable, Hashable {
  /// The number of ids that the set ranges over; every member is smaller.
  package let vocabularySize: Int
  /// Bit i of word w is token 64 w + i.
  private(set) var words: [UInt64]

  public init(vocabularySize: Int) {
    self.vocabularySize = vocabularySize
    words = [UInt64](repeating: 0, count: (vocabularySize + 63) / 64)
  }

  /// Whether `token`, which must be within the vocabulary, is in the set.
  public func contains(_ token: Int) -> Bool {
    words[token >> 6] & (1 << UInt64(token & 63)) != 0
  }

  /// - Precondition: `token` is within the vocabulary.
  public mutating func insert(_ token: Int) {
    precondition((0..<vocabularySize).contains(token), "token id outside the vocabulary")
    words[token >> 6] |= 1 << UInt64(token & 63)
  }

  /// - Complexity: O(vocabulary / 64).
  package var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

  /// - Complexity: O(vocabulary / 64).
  public var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
}
