/// Holds a policy that writes byte pairs to a grammar over words, which are separated by one space.
///
/// A byte-pair token is allowed if all its bytes are: each must continue a word that the grammar allows, or be the
/// space after a whole word. The end token is allowed where the grammar allows its end. So a policy can spell exactly
/// the grammar's sentences, in every way in which the vocabulary can cut them.
///
/// One word can stand for any text in quotation marks: where the grammar allows the word `"`, that mark begins printable ASCII
/// of up to a given length, and the next mark ends it.
/// - Complexity: ``allowedTokens()`` is O(bytes of the allowed tokens x log vocabulary).
package struct SpelledConstraint: TokenConstraint {
  /// Relates a byte-pair vocabulary to one of words. Make it once: it takes a few milliseconds for a hundred thousand
  /// tokens.
  package final class Spelling: Sendable {
    fileprivate struct Token {
      var bytes: [UInt8]
      var id: Int32
    }
    /// The number of the model's logits, which may be greater than the number of tokens.
    package let vocabularySize: Int
    fileprivate let endToken: Int32
    /// The tokens in order of their bytes, without special ones.
    fileprivate let tokens: [Token]
    /// The bytes of each word, by id; special words have none.
    fileprivate let words: [[UInt8]]
    fileprivate let endWord: Int32
    /// The most bytes between quotation marks, and the tokens that can stand there: those without a mark, and those with one.
    fileprivate let quotedLength: Int
    fileprivate let (plain, marked): ([Token], [Token])
    fileprivate let digest: UInt64
    private let tokenizer: BytePairTokenizer

    /// Makes the relation. `quotedLength` is the most bytes that a text in quotation marks may have.
    package init(
      _ tokenizer: BytePairTokenizer, words: WordTokenizer, vocabularySize: Int, quotedLength: Int = 0
    ) {
      self.quotedLength = quotedLength
      self.tokenizer = tokenizer
      self.vocabularySize = vocabularySize
      endToken = tokenizer.endToken
      var tokens: [Token] = []
      for id in 0..<Int32(min(tokenizer.vocabularySize, vocabularySize)) {
        if let bytes = tokenizer.bytes(of: id) { tokens.append(Token(bytes: bytes, id: id)) }
      }
      tokens.sort { $0.bytes.lexicographicallyPrecedes($1.bytes) }
      self.tokens = tokens
      self.words = words.words.enumerated().map { id, word in
        id < WordTokenizer.specialTokens.count ? [] : Array(word.utf8)
      }
      endWord = words.endToken
      let printable =
        quotedLength > 0 ? tokens.filter { $0.bytes.allSatisfy(SpelledConstraint.isPrintable) } : []
      plain = printable.filter { !$0.bytes.contains(SpelledConstraint.mark) }
      marked = printable.filter { $0.bytes.contains(SpelledConstraint.mark) }
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325
      for token in tokens {
        for byte in token.bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        hash = (hash ^ UInt64(token.id)) &* 0x100_0000_01b3
      }
      if quotedLength > 0 { hash = (hash ^ UInt64(quotedLength)) &* 0x100_0000_01b3 }
      digest = hash
    }

    fileprivate func bytes(of token: Int) -> [UInt8] {
      guard let bytes = tokenizer.bytes(of: Int32(token)) else {
        preconditionFailure("the grammar does not allow this token")
      }
      return bytes
    }
  }

  private let spelling: Spelling
  /// The grammar's state before the word that is being spelled.
  private var grammar: any TokenConstraint
  private var begun: [UInt8] = []
  private var isAtStart = true
  package private(set) var isComplete = false

  /// Spells `grammar`, which must be over the ids of the words that `spelling` was made with.
  package init(_ grammar: any TokenConstraint, _ spelling: Spelling) {
    self.grammar = grammar
    self.spelling = spelling
  }

  package var digest: UInt64 { grammar.digest ^ spelling.digest }

  package func allowedTokens() -> TokenSet {
    var allowed = TokenSet(vocabularySize: spelling.vocabularySize)
    guard !isComplete else { return allowed }
    if let room = roomInQuotation {
      // Almost every token of the vocabulary is allowed here, so that they are not looked for byte by byte.
      for token in spelling.plain where token.bytes.count <= room { allowed.insert(Int(token.id)) }
      for token in spelling.marked where after(token.bytes) != nil { allowed.insert(Int(token.id)) }
      return allowed
    }
    collect(from: spelling.tokens[...], at: 0, into: &allowed)
    if mayEnd { allowed.insert(Int(spelling.endToken)) }
    return allowed
  }

  package mutating func advance(by token: Int) {
    guard token != Int(spelling.endToken) else {
      precondition(mayEnd, "the grammar does not end here")
      isComplete = true
      return
    }
    guard let next = after(spelling.bytes(of: token)) else {
      preconditionFailure("the grammar does not allow this token")
    }
    self = next
  }

  /// The state after these bytes; `nil` if the grammar does not allow them.
  private func after(_ bytes: [UInt8]) -> SpelledConstraint? {
    var state = self
    for byte in bytes {
      if let room = state.roomInQuotation, byte != Self.mark {
        guard room > 0, Self.isPrintable(byte) else { return nil }
        state.begun.append(byte)
      } else {
        guard let next = state.successors.first(where: { $0.byte == byte })?.next else { return nil }
        state = next
      }
    }
    return state
  }

  fileprivate static let mark = UInt8(ascii: "\"")
  fileprivate static func isPrintable(_ byte: UInt8) -> Bool { (0x20...0x7E).contains(byte) }

  /// How many bytes still fit between quotation marks of which only the first has been written; `nil` outside of them.
  private var roomInQuotation: Int? {
    guard spelling.quotedLength > 0, begun.first == Self.mark, begun.count == 1 || begun.last != Self.mark
    else {
      return nil
    }
    return spelling.quotedLength - (begun.count - 1)
  }

  /// Adds every token whose bytes from `depth` on are allowed. The first `depth` bytes of all `tokens` are equal, and
  /// lead to this state.
  private func collect(from tokens: ArraySlice<Spelling.Token>, at depth: Int, into allowed: inout TokenSet) {
    var rest = tokens
    while let first = rest.first, first.bytes.count == depth {
      allowed.insert(Int(first.id))
      rest = rest.dropFirst()
    }
    guard !rest.isEmpty else { return }
    for (byte, next) in successors {
      let begin = Self.partition(rest) { $0.bytes[depth] < byte }
      let end = Self.partition(rest[begin...]) { $0.bytes[depth] == byte }
      if begin < end { next.collect(from: rest[begin..<end], at: depth + 1, into: &allowed) }
    }
  }

  /// The index of the first element that is not `before` the others.
  private static func partition(
    _ tokens: ArraySlice<Spelling.Token>, before: (Spelling.Token) -> Bool
  ) -> Int {
    var (low, high) = (tokens.startIndex, tokens.endIndex)
    while low < high {
      let middle = (low + high) / 2
      if before(tokens[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The bytes that may come next, each with the state after it.
  private var successors: [(byte: UInt8, next: SpelledConstraint)] {
    var bytes: [UInt8] = []
    if let room = roomInQuotation {
      bytes = room > 0 ? (0x20...0x7E).filter { $0 != Self.mark } : []
      if begun.count > 1 { bytes.append(Self.mark) }
    }
    let allowed = grammar.allowedTokens()
    for (id, word) in spelling.words.enumerated()
    where word.count > begun.count && allowed.contains(id) && word.starts(with: begun) {
      if !bytes.contains(word[begun.count]) { bytes.append(word[begun.count]) }
    }
    var result = bytes.map { byte in
      var next = self
      next.begun.append(byte)
      next.isAtStart = false
      return (byte: byte, next: next)
    }
    if let following, following.goesOn {
      result.append((byte: UInt8(ascii: " "), next: following))
    }
    return result
  }

  /// The state after the word that is being spelled, if that is a whole word.
  private var following: SpelledConstraint? {
    let isQuotation = spelling.quotedLength > 0 && begun.first == Self.mark
    if isQuotation, roomInQuotation != nil { return nil }
    guard !begun.isEmpty, let id = spelling.words.firstIndex(of: isQuotation ? [Self.mark] : begun),
      grammar.allowedTokens().contains(id)
    else { return nil }
    var next = self
    next.grammar.advance(by: id)
    next.begun = []
    return next
  }

  /// Whether another word can follow.
  private var goesOn: Bool {
    guard !grammar.isComplete else { return false }
    let allowed = grammar.allowedTokens()
    return spelling.words.indices.contains { !spelling.words[$0].isEmpty && allowed.contains($0) }
  }

  private var mayEnd: Bool {
    let last = isAtStart ? self : following
    guard let grammar = last?.grammar else { return false }
    return grammar.isComplete || grammar.allowedTokens().contains(Int(spelling.endWord))
  }
}
