/// A set of token ids, one bit each: what a grammar allows next.
///
/// Membership and insertion are O(1); intersection is O(vocabulary / 64).
public struct TokenSet: Sendable, Hashable {
  /// The number of ids the set ranges over; every member is below it.
  public let vocabularySize: Int
  /// Bit i of word w is token 64 w + i.
  private(set) var words: [UInt64]

  public init(vocabularySize: Int) {
    self.vocabularySize = vocabularySize
    words = [UInt64](repeating: 0, count: (vocabularySize + 63) / 64)
  }

  public func contains(_ token: Int) -> Bool {
    words[token >> 6] & (1 << UInt64(token & 63)) != 0
  }

  public mutating func insert(_ token: Int) {
    precondition((0..<vocabularySize).contains(token), "token id outside the vocabulary")
    words[token >> 6] |= 1 << UInt64(token & 63)
  }

  public var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

  public var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
}
