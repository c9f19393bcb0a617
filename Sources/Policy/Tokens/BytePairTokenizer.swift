import Foundation

/// The tokenizer of published models: byte-level byte-pair encoding, after the text was cut by a ``TextSplit``.
///
/// It gives the same ids as Hugging Face `tokenizers`. Decoding gives the text back, normalized (NFC) if ``isNormalized``
/// is true. Any text can be encoded if every byte has a token. A vocabulary may lack bytes, as SmolLM2's does: text with such
/// a byte is an error here, where `tokenizers` drops the byte.
/// - Complexity: encoding is O(n log n) for a piece of n bytes between two splits, and linear in the number of
///   pieces.
///
/// Source: Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword Units" (ACL 2016);
/// bytes as in Radford et al., "Language Models are Unsupervised Multitask Learners" (2019), section 2.2.
package struct BytePairTokenizer: Tokenizer {
  /// A token that is searched in the text before anything else, and is never split.
  package struct AddedToken: Sendable, Hashable {
    package var id: Int32
    package var text: String
    /// Whether decoding leaves the token out of the text.
    package var isSpecial: Bool
    /// Whether the token is searched after the others, in the normalized text that they leave.
    package var isNormalized: Bool

    package init(id: Int32, text: String, isSpecial: Bool, isNormalized: Bool = false) {
      self.id = id
      self.text = text
      self.isSpecial = isSpecial
      self.isNormalized = isNormalized
    }
  }

  package let vocabularySize: Int
  package let endToken: Int32
  package let beginToken: Int32?
  /// Whether the text is normalized to NFC before it is split.
  package let isNormalized: Bool
  /// How text is cut into pieces.
  package let split: TextSplit
  /// Whether a piece that is a token is not put together from merges.
  package let keepsWholePieces: Bool
  /// The model's own chat template, in Jinja; `nil` if none was published with it.
  package var chatTemplate: String?
  /// The added tokens, in the order of their ids.
  let addedTokens: [AddedToken]
  /// The bytes of each token; none for ids that are not used.
  private let bytes: [[UInt8]]
  /// The number of bytes of the longest token.
  private let longestToken: Int
  private let isSpecial: [Bool]
  /// The token of each single byte; -1 if there is none.
  private let byteTokens: [Int32]
  /// The tokens of whole pieces, if these are kept.
  private let wholePieces: [[UInt8]: Int32]
  /// The token that two tokens merge into, and the rank of the merge, by both ids.
  private let merges: [UInt64: Merge]
  /// The added tokens that are found in the text as it is, and those that are found in the normalized text.
  private let added, addedNormalized: AddedTokens

  /// Added tokens by their first byte, the longest first.
  private struct AddedTokens {
    var byFirst = [[(bytes: [UInt8], id: Int32)]](repeating: [], count: 256)

    init(_ tokens: [(bytes: [UInt8], id: Int32)]) {
      for token in tokens { byFirst[Int(token.bytes[0])].append(token) }
      for first in byFirst.indices {
        byFirst[first].sort { ($1.bytes.count, $0.id) < ($0.bytes.count, $1.id) }
      }
    }

    enum Part {
      case token(Int32)
      case text(ArraySlice<UInt8>)
    }

    /// Returns, in order, the tokens of a text, the leftmost and longest first, and what is between them.
    func parts(of text: ArraySlice<UInt8>) -> [Part] {
      var parts: [Part] = []
      var (start, index) = (text.startIndex, text.startIndex)
      while index < text.endIndex {
        let rest = text[index...]
        if let found = byFirst[Int(text[index])].first(where: { rest.starts(with: $0.bytes) }) {
          if start < index { parts.append(.text(text[start..<index])) }
          parts.append(.token(found.id))
          index += found.bytes.count
          start = index
        } else {
          index += 1
        }
      }
      if start < text.endIndex { parts.append(.text(text[start...])) }
      return parts
    }
  }

  private struct Merge {
    var rank: Int32
    var token: Int32
  }

  /// Makes a tokenizer from the bytes of each token with its id (at least 0), and from pairs of tokens in the order
  /// in which they are merged.
  ///
  /// With `keepsWholePieces` a piece that is a token is that token (`ignore_merges`).
  /// - Throws: ``BytePairError`` if there is no token, an id is out of range or has two tokens, or a merge makes no token.
  /// - Complexity: O(bytes of vocabulary and merges).
  package init(
    vocabulary: [[UInt8]: Int32], merges pairs: [(first: [UInt8], second: [UInt8])], added: [AddedToken],
    endToken: Int32, beginToken: Int32?, isNormalized: Bool, split: TextSplit = .qwen,
    keepsWholePieces: Bool = false, chatTemplate: String? = nil
  ) throws(BytePairError) {
    guard !vocabulary.isEmpty else { throw .noTokens }
    let greatest = max(vocabulary.values.max() ?? 0, added.map(\.id).max() ?? 0)
    guard (0...10_000_000).contains(greatest), vocabulary.values.allSatisfy({ $0 >= 0 }),
      added.allSatisfy({ $0.id >= 0 })
    else { throw .idOutOfRange }
    vocabularySize = Int(greatest) + 1
    var bytes = [[UInt8]](repeating: [], count: vocabularySize)
    var isSpecial = [Bool](repeating: false, count: vocabularySize)
    for (token, id) in vocabulary {
      guard bytes[Int(id)].isEmpty, !token.isEmpty else { throw .idTwice(id) }
      bytes[Int(id)] = token
    }
    var (raw, normalized) = ([(bytes: [UInt8], id: Int32)](), [(bytes: [UInt8], id: Int32)]())
    for token in added {
      let text = Array(token.text.utf8)
      guard !text.isEmpty, bytes[Int(token.id)].isEmpty || bytes[Int(token.id)] == text else {
        throw .idTwice(token.id)
      }
      bytes[Int(token.id)] = text
      isSpecial[Int(token.id)] = token.isSpecial
      if token.isNormalized {
        normalized.append((isNormalized ? Self.normalize(text[...]) : text, token.id))
      } else {
        raw.append((text, token.id))
      }
    }
    (self.added, addedNormalized) = (AddedTokens(raw), AddedTokens(normalized))
    byteTokens = (UInt8.min...UInt8.max).map { vocabulary[[$0]] ?? -1 }
    wholePieces = keepsWholePieces ? vocabulary : [:]
    var merges: [UInt64: Merge] = [:]
    merges.reserveCapacity(pairs.count)
    for (rank, pair) in pairs.enumerated() {
      guard let first = vocabulary[pair.first], let second = vocabulary[pair.second],
        let token = vocabulary[pair.first + pair.second]
      else { throw .mergeWithoutToken(rank) }
      // A pair that comes twice keeps its last place, as in `tokenizers`.
      merges[Self.key(first, second)] = Merge(rank: Int32(rank), token: token)
    }
    self.bytes = bytes
    longestToken = bytes.map(\.count).max() ?? 1
    self.isSpecial = isSpecial
    self.merges = merges
    self.endToken = endToken
    self.beginToken = beginToken
    self.isNormalized = isNormalized
    self.split = split
    self.keepsWholePieces = keepsWholePieces
    self.chatTemplate = chatTemplate
    addedTokens = added.sorted { $0.id < $1.id }
  }

  /// The pairs that are merged, in the order of their ranks, as the bytes of both tokens.
  /// - Complexity: O(merges x log merges).
  var mergedPairs: [(first: [UInt8], second: [UInt8])] {
    merges.sorted { $0.value.rank < $1.value.rank }.map { key, _ in
      (bytes[Int(key >> 32)], bytes[Int(key & 0xffff_ffff)])
    }
  }

  /// The bytes of every token by its id; none for ids that are not used.
  var tokenBytes: [[UInt8]] { bytes }

  private static func key(_ first: Int32, _ second: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: first)) << 32 | UInt64(UInt32(bitPattern: second))
  }

  // MARK: Encoding

  /// The ids of `text`.
  /// - Throws: ``TokenizerError/byteWithoutToken(_:)``, which cannot happen if the vocabulary has a token for each byte.
  package func encode(_ text: String) throws(TokenizerError) -> [Int32] {
    try encode(text, atMost: .max) ?? []
  }

  /// The ids of `text`; `nil` if there are more than `limit`.
  /// - Complexity: O(bytes of the text) to look for added tokens and pieces, and merges in no more pieces than make `limit` tokens.
  /// - Throws: ``TokenizerError/byteWithoutToken(_:)``, if that comes first.
  package func encode(_ text: String, atMost limit: Int) throws(TokenizerError) -> [Int32]? {
    var result: [Int32] = []
    for part in added.parts(of: Array(text.utf8)[...]) {
      guard case .text(let plain) = part else {
        if case .token(let id) = part { result.append(id) }
        continue
      }
      let text = isNormalized ? Self.normalize(plain) : Array(plain)
      for part in addedNormalized.parts(of: text[...]) {
        switch part {
        case .token(let id): result.append(id)
        case .text(let plain):
          for piece in split.pieces(of: String(decoding: plain, as: UTF8.self)) {
            // No token has more bytes than the longest.
            guard result.count + piece.count / longestToken <= limit else { return nil }
            if keepsWholePieces, let whole = wholePieces[Array(piece)] {
              result.append(whole)
            } else {
              try merge(piece, into: &result)
            }
          }
        }
      }
    }
    return result.count <= limit ? result : nil
  }

  /// NFC.
  private static func normalize(_ utf8: ArraySlice<UInt8>) -> [UInt8] {
    if utf8.allSatisfy({ $0 < 0x80 }) { return Array(utf8) }
    return Array(String(decoding: utf8, as: UTF8.self).precomposedStringWithCanonicalMapping.utf8)
  }

  /// Merges the bytes of one piece, the earliest rank first, of equal ranks the leftmost.
  private func merge(_ piece: some Collection<UInt8>, into result: inout [Int32]) throws(TokenizerError) {
    var tokens = piece.map { byteTokens[Int($0)] }
    if let missing = zip(piece, tokens).first(where: { $0.1 < 0 })?.0 { throw .byteWithoutToken(missing) }
    guard tokens.count > 1 else { return result.append(contentsOf: tokens) }
    // A list: who follows and who comes before; -1 at the ends, and `tokens` is -1 where one was merged away.
    var next = Array(1...tokens.count)
    var previous = Array(-1..<tokens.count - 1)
    next[tokens.count - 1] = -1
    var candidates = CandidateHeap()
    func offer(_ place: Int) {
      guard place >= 0, next[place] >= 0, let merge = merges[Self.key(tokens[place], tokens[next[place]])]
      else { return }
      candidates.insert(Candidate(rank: merge.rank, place: Int32(place), token: merge.token))
    }
    for place in 0..<tokens.count - 1 { offer(place) }
    while let candidate = candidates.popFirst() {
      let place = Int(candidate.place)
      // It may have been merged meanwhile, or its neighbour.
      guard tokens[place] >= 0, next[place] >= 0,
        let merge = merges[Self.key(tokens[place], tokens[next[place]])], merge.rank == candidate.rank
      else { continue }
      let gone = next[place]
      tokens[place] = candidate.token
      tokens[gone] = -1
      next[place] = next[gone]
      if next[gone] >= 0 { previous[next[gone]] = place }
      offer(previous[place])
      offer(place)
    }
    for token in tokens where token >= 0 { result.append(token) }
  }

  // MARK: Decoding

  /// The bytes that `token` stands for; `nil` for special tokens and unused ids.
  package func bytes(of token: Int32) -> [UInt8]? {
    guard bytes.indices.contains(Int(token)), !isSpecial[Int(token)], !bytes[Int(token)].isEmpty else {
      return nil
    }
    return bytes[Int(token)]
  }

  package func decode(_ tokens: some Sequence<Int32>) -> String { decode(tokens, keepingSpecial: false) }

  /// The text of `tokens`. Ids outside the vocabulary are left out, and bytes that are not UTF-8 become U+FFFD.
  /// - Complexity: O(bytes).
  package func decode(_ tokens: some Sequence<Int32>, keepingSpecial: Bool) -> String {
    var text: [UInt8] = []
    for token in tokens where bytes.indices.contains(Int(token)) && (keepingSpecial || !isSpecial[Int(token)])
    {
      text += bytes[Int(token)]
    }
    return String(decoding: text, as: UTF8.self)
  }
}

/// Why a vocabulary cannot be used.
package enum BytePairError: Error, Hashable, CustomStringConvertible {
  case idOutOfRange
  case idTwice(Int32)
  case noTokens
  case mergeWithoutToken(Int)
  /// The file has a setting that is not implemented.
  case unsupported(String)

  package var description: String {
    switch self {
    case .idOutOfRange: "an id is negative or above 10,000,000"
    case .idTwice(let id): "id \(id) is empty or stands for two tokens"
    case .noTokens: "the vocabulary has no tokens"
    case .mergeWithoutToken(let rank): "merge \(rank) is of, or makes, something that is no token"
    case .unsupported(let what): what
    }
  }
}

/// A pair that may be merged.
private struct Candidate {
  var rank: Int32
  var place: Int32
  var token: Int32

  func isBefore(_ other: Candidate) -> Bool { (rank, place) < (other.rank, other.place) }
}

/// A binary heap, the first to be merged at its top. O(log n) a change.
private struct CandidateHeap {
  private var elements: [Candidate] = []

  mutating func insert(_ candidate: Candidate) {
    elements.append(candidate)
    var child = elements.count - 1
    while child > 0, elements[child].isBefore(elements[(child - 1) / 2]) {
      elements.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func popFirst() -> Candidate? {
    guard let first = elements.first else { return nil }
    let last = elements.removeLast()
    guard !elements.isEmpty else { return first }
    elements[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < elements.count && elements[child].isBefore(elements[least]) { least = child }
      if least == parent { return first }
      elements.swapAt(parent, least)
      parent = least
    }
  }
}
