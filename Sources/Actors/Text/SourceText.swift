/// A place in a text, both counted from 1; columns count characters.
public struct SourcePosition: Hashable, Sendable, Codable, CustomStringConvertible {
  public var line: Int
  public var column: Int

  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  public var description: String { "\(line):\(column)" }
}

/// A word, a run of digits or a single mark, and where it stands.
struct SourceToken: Hashable {
  enum Kind: Hashable {
    case word, number, mark, end
  }
  var kind: Kind
  var text: String
  var position: SourcePosition

  /// How an error message names it.
  var shown: String { kind == .end ? "the end of the text" : "`\(text)`" }

  /// Splits `source`; white space and `# comments` separate and are dropped. The last token is `.end`.
  ///
  /// O(bytes); what is not ASCII is looked up in Unicode's tables, which is slow, and occurs in mistakes only.
  static func tokens(of source: String) -> [SourceToken] {
    var tokens: [SourceToken] = []
    var position = SourcePosition(line: 1, column: 1)
    let bytes = source.utf8
    var index = bytes.startIndex
    /// The sort of the character at `index`, and where the next one begins.
    func character() -> (sort: Sort, end: String.Index) {
      let next = bytes.index(after: index)
      let isAlone = next == bytes.endIndex || bytes[next] < 0x80
      if bytes[index] < 0x80, isAlone, bytes[index] != 0x0D { return (Sort(ascii: bytes[index]), next) }
      let end = source.index(after: index)
      return (Sort(source[index]), end)
    }
    while index < bytes.endIndex {
      let start = index
      let (sort, end) = character()
      index = end
      switch sort {
      case .newline:
        position = SourcePosition(line: position.line + 1, column: 1)
        continue
      case .space:
        position.column += 1
        continue
      case .comment:
        position.column += 1
        while index < bytes.endIndex, case let (sort, end) = character(), sort != .newline {
          index = end
          position.column += 1
        }
        continue
      case .letter, .digit:
        while index < bytes.endIndex, case let (next, end) = character(), next == sort { index = end }
      case .mark: break
      }
      let kind: Kind = sort == .letter ? .word : sort == .digit ? .number : .mark
      let text = String(source[start..<index])
      tokens.append(SourceToken(kind: kind, text: text, position: position))
      position.column += text.count
    }
    tokens.append(SourceToken(kind: .end, text: "", position: position))
    return tokens
  }

  /// What a character is to a token.
  private enum Sort {
    case newline, space, comment, letter, digit, mark

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
        case UInt8(ascii: "0")...UInt8(ascii: "9"): .digit
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
          .letter
        default: .mark
        }
    }
  }
}
