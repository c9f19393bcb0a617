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
  static func tokens(of source: String) -> [SourceToken] {
    var tokens: [SourceToken] = []
    var position = SourcePosition(line: 1, column: 1)
    var index = source.startIndex
    while index < source.endIndex {
      let start = index
      let sort = Class(source[index])
      index = source.index(after: index)
      switch sort {
      case .newline:
        position = SourcePosition(line: position.line + 1, column: 1)
        continue
      case .space:
        position.column += 1
        continue
      case .comment:
        while index < source.endIndex, Class(source[index]) != .newline { index = source.index(after: index) }
        position.column += source.distance(from: start, to: index)
        continue
      case .letter, .digit:
        while index < source.endIndex, Class(source[index]) == sort { index = source.index(after: index) }
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
  private enum Class {
    case newline, space, comment, letter, digit, mark

    init(_ character: Character) {
      // Unicode's properties are slow to look up, and scripts are ASCII but for mistakes.
      guard let ascii = character.asciiValue else {
        self =
          character.isNewline
          ? .newline : character.isWhitespace ? .space : character.isLetter ? .letter : .mark
        return
      }
      self =
        switch ascii {
        case 0x0A, 0x0B, 0x0C, 0x0D: .newline
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
