/// Text to token ids and back.
public protocol Tokenizer: Sendable {
  var vocabularySize: Int { get }
  var endToken: Int32 { get }
  var beginToken: Int32? { get }
  /// The ids of `text`, without begin or end token. Throws on text that the vocabulary cannot express.
  func encode(_ text: String) throws(TokenizerError) -> [Int32]
  /// The text of `tokens`; special tokens are left out.
  func decode(_ tokens: some Sequence<Int32>) -> String
}

public enum TokenizerError: Error, Equatable, CustomStringConvertible {
  /// `word`, found at UTF-8 `offset`, is not in the vocabulary.
  case unknownWord(String, offset: Int)

  public var description: String {
    switch self {
    case .unknownWord(let word, let offset): "'\(word)', at byte \(offset), is not in the vocabulary"
    }
  }
}

/// The built-in tokenizer: one token a word, a digit or a punctuation mark.
///
/// Splits on white space; digits and punctuation marks stand singly, so `rep12` is three tokens.
/// The same rule as the Hugging Face pre-tokenizers `Whitespace`, `Digits(individual)` and
/// `Punctuation` in sequence over a `WordLevel` model, so its `tokenizer.json` loads there.
/// Encoding is O(text). It forgets white space: `decode` joins tokens with one space.
public struct WordTokenizer: Tokenizer, Hashable {
  /// Special tokens come first, in this order.
  public static let specialTokens = ["<pad>", "<bos>", "<eos>"]
  /// Every token's text, by id, special tokens included.
  public let words: [String]
  private let ids: [String: Int32]
  /// The ids of words of up to eight bytes, by those bytes.
  private let shortIDs: [UInt64: Int32]

  /// A vocabulary of `words`, each a single word, digit or punctuation mark, all different.
  public init(words: [String]) {
    self.words = Self.specialTokens + words
    ids = Dictionary(
      uniqueKeysWithValues: self.words.enumerated().map { ($0.element, Int32($0.offset)) })
    shortIDs = Dictionary(
      uniqueKeysWithValues: ids.filter { $0.key.utf8.count <= 8 }.map { (Self.packed($0.key.utf8), $0.value) }
    )
  }

  /// Up to eight bytes as a number; no byte of a word is zero.
  private static func packed(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }

  public var vocabularySize: Int { words.count }
  public var padToken: Int32 { 0 }
  public var beginToken: Int32? { 1 }
  public var endToken: Int32 { 2 }

  /// The id of a whole token's text.
  public func id(of word: String) -> Int32? { ids[word] }

  public func encode(_ text: String) throws(TokenizerError) -> [Int32] {
    var result: [Int32] = []
    let utf8 = Array(text.utf8)
    var start = 0
    func isSpace(_ c: UInt8) -> Bool { c == 0x20 || (0x09...0x0D).contains(c) }
    func isDigit(_ c: UInt8) -> Bool { (0x30...0x39).contains(c) }
    func isLetter(_ c: UInt8) -> Bool {
      (0x41...0x5A).contains(c) || (0x61...0x7A).contains(c) || c == 0x5F || c >= 0x80
    }
    while start < utf8.count {
      if isSpace(utf8[start]) {
        start += 1
        continue
      }
      var end = start + 1
      if isLetter(utf8[start]) {
        while end < utf8.count, isLetter(utf8[end]) { end += 1 }
      }
      if end - start <= 8, let id = shortIDs[Self.packed(utf8[start..<end])] {
        result.append(id)
      } else {
        let word = String(decoding: utf8[start..<end], as: UTF8.self)
        guard let id = ids[word] else { throw .unknownWord(word, offset: start) }
        result.append(id)
      }
      start = end
    }
    return result
  }

  public func decode(_ tokens: some Sequence<Int32>) -> String {
    var text: [UInt8] = []
    for token in tokens where token >= Self.specialTokens.count && token < Int32(words.count) {
      if !text.isEmpty { text.append(0x20) }
      text.append(contentsOf: words[Int(token)].utf8)
    }
    return String(decoding: text, as: UTF8.self)
  }
}
