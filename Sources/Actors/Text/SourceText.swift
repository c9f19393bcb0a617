/// A place in a text: line and column, both counted from 1. A column is one character wide; of JSON5, one Unicode
/// scalar.
package struct SourcePosition: Hashable, Sendable, Codable, CustomStringConvertible {
  package var line: Int
  package var column: Int

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  package var description: String { "\(line):\(column)" }
}

/// A word, a run of digits, a text in quotation marks or a single mark, and where it stands.
struct SourceToken: Hashable {
  enum Kind: Hashable {
    case word, number, mark, quoted, end
  }
  var kind: Kind
  var text: String
  var position: SourcePosition

  /// How an error message names it.
  var shown: String { kind == .end ? "the end of the text" : "`\(text)`" }

  /// Splits `source`; white space and `# comments` separate and are dropped. The last token is `.end`.
  ///
  /// O(bytes). A text that is not all ASCII is split by characters, which is slower; only mistakes have such text.
  static func tokens(of source: String) -> [SourceToken] {
    let bytes = Array(source.utf8)
    // A carriage return and a line feed are one character.
    if bytes.allSatisfy({ $0 < 0x80 && $0 != 0x0D }) {
      return tokens(bytes.count, sort: { Sort(ascii: bytes[$0]) }) {
        String(decoding: bytes[$0], as: UTF8.self)
      }
    }
    let characters = Array(source)
    return tokens(characters.count, sort: { Sort(characters[$0]) }) { String(characters[$0]) }
  }

  private static func tokens(
    _ count: Int, sort: (Int) -> Sort, text: (Range<Int>) -> String
  ) -> [SourceToken] {
    var tokens: [SourceToken] = []
    var position = SourcePosition(line: 1, column: 1)
    var index = 0
    while index < count {
      let start = index
      let first = sort(start)
      index += 1
      switch first {
      case .newline:
        position = SourcePosition(line: position.line + 1, column: 1)
        continue
      case .space:
        position.column += 1
        continue
      case .comment:
        while index < count, sort(index) != .newline { index += 1 }
        position.column += index - start
        continue
      case .letter, .digit:
        while index < count, sort(index) == first { index += 1 }
      case .quotation:
        // A quotation mark that no other one closes in the same line is a mark by itself.
        var end = index
        while end < count, sort(end) != .quotation, sort(end) != .newline { end += 1 }
        if end < count, sort(end) == .quotation { index = end + 1 }
      case .mark: break
      }
      let kind: Kind =
        switch first {
        case .letter: .word
        case .digit: .number
        case .quotation: index > start + 1 ? .quoted : .mark
        default: .mark
        }
      tokens.append(SourceToken(kind: kind, text: text(start..<index), position: position))
      position.column += index - start
    }
    tokens.append(SourceToken(kind: .end, text: "", position: position))
    return tokens
  }

  /// What a character is to a token.
  private enum Sort {
    case newline, space, comment, letter, digit, quotation, mark

    init(_ character: Character) {
      if let ascii = character.asciiValue {
        self.init(ascii: ascii)
      } else {
        self =
          character.isNewline
          ? .newline : character.isWhitespace ? .space : character.isLetter ? .letter : .mark
      }
    }

    init(ascii: UInt8) {
      self =
        switch ascii {
        case 0x0A...0x0D: .newline
        case 0x09, 0x20: .space
        case UInt8(ascii: "#"): .comment
        case UInt8(ascii: "\""): .quotation
        case UInt8(ascii: "0")...UInt8(ascii: "9"): .digit
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
          .letter
        default: .mark
        }
    }
  }
}
