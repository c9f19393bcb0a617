/// How the tokenizer of a published model cuts text into pieces, before byte pairs are merged within each piece.
///
/// Each rule is the regular expression of a `tokenizer.json`, matched by hand in one pass over the text. A character counts
/// as a letter, a number or white space by its Unicode properties.
package enum TextSplit: Sendable, Hashable, CaseIterable {
  /// Qwen2, Qwen2.5 and Qwen3: words with the mark before them, digits singly, runs of marks with the line ends after them,
  /// line ends, and white space but for its last character, which goes with the word.
  case qwen
  /// Llama 3: as Qwen's, but up to three digits are one piece.
  case llama3
  /// GPT-2: words, numbers or runs of marks, each with the space before it.
  case gpt2
  /// SmolLM2: each digit is a piece, and GPT-2's rule splits what is between the digits.
  case gpt2WithDigits

  /// The regular expression by which `tokenizer.json` names the rule.
  package var pattern: String {
    switch self {
    case .qwen: Self.pattern(numbers: #"\p{N}"#)
    case .llama3: Self.pattern(numbers: #"\p{N}{1,3}"#)
    case .gpt2, .gpt2WithDigits:
      #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
    }
  }

  private static func pattern(numbers: String) -> String {
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + numbers
      + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }

  /// Returns the pieces of `text`, which together are all of it, as UTF-8.
  /// - Complexity: O(text).
  func pieces(of text: String) -> [Substring.UTF8View] {
    let scalars = text.unicodeScalars
    var (kinds, places) = ([Kind](), [String.Index]())
    for index in scalars.indices {
      kinds.append(Kind(scalars[index]))
      places.append(index)
    }
    places.append(text.endIndex)
    var pieces: [Substring.UTF8View] = []
    func split(_ range: Range<Int>) {
      var start = range.lowerBound
      while start < range.upperBound {
        let match = Match(kinds: kinds[..<range.upperBound], start: start) { scalars[places[$0]] }
        let end = end(of: match)
        pieces.append(text[places[start]..<places[end]].utf8)
        start = end
      }
    }
    guard self == .gpt2WithDigits else {
      split(0..<kinds.count)
      return pieces
    }
    var start = 0
    for (index, kind) in kinds.enumerated() where kind == .number {
      split(start..<index)
      pieces.append(text[places[index]..<places[index + 1]].utf8)
      start = index + 1
    }
    split(start..<kinds.count)
    return pieces
  }

  /// Returns where the piece ends: after the first alternative of the pattern that matches at its start.
  private func end(of match: Match) -> Int {
    switch self {
    case .qwen: match.endByQwen(digits: 1)
    case .llama3: match.endByQwen(digits: 3)
    case .gpt2, .gpt2WithDigits: match.endByGPT2()
    }
  }
}

private enum Kind {
  case letter, number, lineEnd, space, other

  init(_ scalar: Unicode.Scalar) {
    switch scalar.value {
    case 0x0A, 0x0D: self = .lineEnd
    case 0x61...0x7A, 0x41...0x5A: self = .letter
    case 0x30...0x39: self = .number
    case 0x20: self = .space
    default:
      switch scalar.properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: self = .letter
      case .decimalNumber, .letterNumber, .otherNumber: self = .number
      default: self = scalar.properties.isWhitespace ? .space : .other
      }
    }
  }

  var isSpace: Bool { self == .space || self == .lineEnd }
}

/// The match of a pattern at a place of a text.
private struct Match {
  /// What the characters are, up to the end of the text that is matched.
  let kinds: ArraySlice<Kind>
  let start: Int
  let scalar: (Int) -> Unicode.Scalar

  private func run(_ from: Int, _ belongs: (Kind) -> Bool) -> Int {
    var index = from
    while index < kinds.endIndex, belongs(kinds[index]) { index += 1 }
    return index
  }

  private func kind(_ index: Int) -> Kind? { index < kinds.endIndex ? kinds[index] : nil }

  /// - Parameter digits: The most digits of one piece.
  func endByQwen(digits: Int) -> Int {
    let kind = kinds[start]
    if kind == .other, scalar(start) == "'", let length = contraction(ignoringCase: true) {
      return start + length
    }
    if kind == .letter { return run(start) { $0 == .letter } }
    if kind == .space || kind == .other, self.kind(start + 1) == .letter {
      return run(start + 1) { $0 == .letter }
    }
    if kind == .number { return min(start + digits, run(start) { $0 == .number }) }
    let mark = scalar(start) == " " ? start + 1 : start
    if self.kind(mark) == .other {
      return run(run(mark) { $0 == .other }) { $0 == .lineEnd }
    }
    // White space from here on.
    let whole = run(start, \.isSpace)
    if let last = kinds[start..<whole].lastIndex(of: .lineEnd) { return last + 1 }
    return beforeNextWord(whole)
  }

  func endByGPT2() -> Int {
    if kinds[start] == .other, scalar(start) == "'", let length = contraction(ignoringCase: false) {
      return start + length
    }
    let word = scalar(start) == " " ? start + 1 : start
    if let kind = kind(word), !kind.isSpace { return run(word) { $0 == kind } }
    return beforeNextWord(run(start, \.isSpace))
  }

  /// Leaves the last character of the white space that ends at `end` to the word that follows.
  private func beforeNextWord(_ end: Int) -> Int {
    end == kinds.endIndex || end - start == 1 ? end : end - 1
  }

  /// The length of 's, 't, 're, 've, 'm, 'll or 'd at `start`; `nil` if there is none.
  private func contraction(ignoringCase: Bool) -> Int? {
    func letter(_ offset: Int) -> Unicode.Scalar? {
      guard start + offset < kinds.endIndex else { return nil }
      let value = scalar(start + offset)
      guard ignoringCase else { return value }
      // The long s is an s in either case.
      if value == "\u{17F}" { return "s" }
      return ("A"..."Z").contains(value) ? Unicode.Scalar(value.value + 32) : value
    }
    switch (letter(1), letter(2)) {
    case ("s", _), ("t", _), ("m", _), ("d", _): return 2
    case ("r", "e"), ("v", "e"), ("l", "l"): return 3
    default: return nil
    }
  }
}
