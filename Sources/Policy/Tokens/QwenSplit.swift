/// How Qwen splits text before byte pairs are merged: words with the mark before them, digits singly, runs of marks with
/// the line ends after them, line ends, and white space but for the last, which goes with the word.
///
/// The pattern of `tokenizer.json`, matched by hand, in one pass.
enum QwenSplit {
  static let pattern =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

  private enum Kind {
    case letter, number, lineEnd, space, other
  }

  /// The pieces of `text`, which are all of it, as UTF-8. O(text).
  static func pieces(of text: String) -> [Substring.UTF8View] {
    let scalars = text.unicodeScalars
    var kinds: [Kind] = []
    var places: [String.Index] = []
    for index in scalars.indices {
      kinds.append(kind(scalars[index]))
      places.append(index)
    }
    places.append(text.endIndex)
    var pieces: [Substring.UTF8View] = []
    var start = 0
    while start < kinds.count {
      let end = end(of: start, kinds) { scalars[places[$0]] }
      pieces.append(text[places[start]..<places[end]].utf8)
      start = end
    }
    return pieces
  }

  private static func kind(_ scalar: Unicode.Scalar) -> Kind {
    switch scalar.value {
    case 0x0A, 0x0D: return .lineEnd
    case 0x61...0x7A, 0x41...0x5A: return .letter
    case 0x30...0x39: return .number
    case 0x20: return .space
    default: break
    }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return .letter
    case .decimalNumber, .letterNumber, .otherNumber: return .number
    default: return scalar.properties.isWhitespace ? .space : .other
    }
  }

  /// Where the piece that begins at `start` ends: the first alternative of the pattern that matches there.
  private static func end(of start: Int, _ kinds: [Kind], _ scalar: (Int) -> Unicode.Scalar) -> Int {
    func run(_ from: Int, _ belongs: (Kind) -> Bool) -> Int {
      var index = from
      while index < kinds.count, belongs(kinds[index]) { index += 1 }
      return index
    }
    func isSpace(_ kind: Kind) -> Bool { kind == .space || kind == .lineEnd }
    let kind = kinds[start]
    if kind == .other, scalar(start) == "'", let length = contraction(after: start, kinds.count, scalar) {
      return start + length
    }
    if kind == .letter { return run(start) { $0 == .letter } }
    if kind == .space || kind == .other, start + 1 < kinds.count, kinds[start + 1] == .letter {
      return run(start + 1) { $0 == .letter }
    }
    if kind == .number { return start + 1 }
    let mark = kind == .space && scalar(start) == " " ? start + 1 : start
    if mark < kinds.count, kinds[mark] == .other {
      return run(run(mark) { $0 == .other }) { $0 == .lineEnd }
    }
    // White space from here on.
    let whole = run(start, isSpace)
    if let last = kinds[start..<whole].lastIndex(of: .lineEnd) { return last + 1 }
    return whole == kinds.count || whole - start == 1 ? whole : whole - 1
  }

  /// The length of 's, 't, 're, 've, 'm, 'll or 'd at `start`, in either case.
  private static func contraction(after start: Int, _ count: Int, _ scalar: (Int) -> Unicode.Scalar) -> Int? {
    func lower(_ offset: Int) -> Unicode.Scalar? {
      guard start + offset < count else { return nil }
      let value = scalar(start + offset)
      // The long s is an s in either case.
      if value == "\u{17F}" { return "s" }
      return ("A"..."Z").contains(value) ? Unicode.Scalar(value.value + 32) : value
    }
    switch (lower(1), lower(2)) {
    case ("s", _), ("t", _), ("m", _), ("d", _): return 2
    case ("r", "e"), ("v", "e"), ("l", "l"): return 3
    default: return nil
    }
  }
}
