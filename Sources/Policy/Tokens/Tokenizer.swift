/// Converts text to token ids and back.
public protocol Tokenizer: Sendable {
  /// The number of ids, which are 0 ..< `vocabularySize`.
  var vocabularySize: Int { get }
  var endToken: Int32 { get }
  var beginToken: Int32? { get }
  /// The ids of `text`, without begin or end token.
  /// - Throws: ``TokenizerError`` if the vocabulary cannot express the text.
  func encode(_ text: String) throws(TokenizerError) -> [Int32]
  /// The text of `tokens`, without special tokens.
  func decode(_ tokens: some Sequence<Int32>) -> String
}

/// Why a text has no token ids.
public enum TokenizerError: Error, Equatable, CustomStringConvertible {
  /// The word at this UTF-8 offset is not in the vocabulary.
  case unknownWord(String, offset: Int)
  /// The vocabulary of byte pairs has no token for this byte.
  case byteWithoutToken(UInt8)

  public var description: String {
    switch self {
    case .unknownWord(let word, let offset): "'\(word)', at byte \(offset), is not in the vocabulary"
    case .byteWithoutToken(let byte): "the vocabulary has no token for the byte \(byte)"
    }
  }
}

/// The built-in tokenizer: each word, digit or punctuation mark is one token.
///
/// It splits text at white space, and at digits and punctuation marks, so `rep12` is three tokens. Its
/// `tokenizer.json` gives the same ids in Hugging Face `tokenizers`: a `WordLevel` model after the pre-tokenizers
/// `WhitespaceSplit`, `Digits` and `Punctuation`. White space is lost: `decode` joins the tokens with one space.
/// - Complexity: encoding and decoding are O(length).
public struct WordTokenizer: Tokenizer, Hashable {
  /// The special tokens, which have the first ids, in this order.
  package static let specialTokens = ["<pad>", "<bos>", "<eos>"]
  /// The text of every token, by id, with the special tokens.
  package let words: [String]
  private let ids: [String: Int32]
  /// The ids of words of up to eight bytes, by those bytes.
  private let shortIDs: [UInt64: Int32]

  /// Makes a vocabulary of `words`.
  /// - Precondition: all words differ, and each is a single word, digit or punctuation mark.
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
  package var padToken: Int32 { 0 }
  public var beginToken: Int32? { 1 }
  public var endToken: Int32 { 2 }

  /// The id of the token whose text is `word`; `nil` if there is none.
  package func id(of word: String) -> Int32? { ids[word] }

  public func encode(_ text: String) throws(TokenizerError) -> [Int32] {
    var result: [Int32] = []
    let utf8 = Array(text.utf8)
    var start = 0
    while let word = Self.word(of: utf8, from: start) {
      if word.count <= 8, let id = shortIDs[Self.packed(utf8[word])] {
        result.append(id)
      } else {
        let text = String(decoding: utf8[word], as: UTF8.self)
        guard let id = ids[text] else { throw .unknownWord(text, offset: word.lowerBound) }
        result.append(id)
      }
      start = word.upperBound
    }
    return result
  }

  /// The place of the first word, digit or mark that begins at `start` or after it; `nil` if only white space is left.
  private static func word(of utf8: [UInt8], from start: Int) -> Range<Int>? {
    func isSpace(_ c: UInt8) -> Bool { c == 0x20 || (0x09...0x0D).contains(c) }
    func isLetter(_ c: UInt8) -> Bool {
      (0x41...0x5A).contains(c) || (0x61...0x7A).contains(c) || c == 0x5F || c >= 0x80
    }
    var start = start
    while start < utf8.count, isSpace(utf8[start]) { start += 1 }
    guard start < utf8.count else { return nil }
    var end = start + 1
    if isLetter(utf8[start]) {
      while end < utf8.count, isLetter(utf8[end]) { end += 1 }
    }
    return start..<end
  }

  /// How many words, digits and marks a text has.
  /// - Complexity: O(length).
  static func wordCount(_ text: String) -> Int {
    let utf8 = Array(text.utf8)
    var (start, count) = (0, 0)
    while let word = word(of: utf8, from: start) { (start, count) = (word.upperBound, count + 1) }
    return count
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
