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
    var inComment = false
    for character in source {
      let here = position
      if character.isNewline {
        position = SourcePosition(line: position.line + 1, column: 1)
        inComment = false
        continue
      }
      position.column += 1
      if character == "#" { inComment = true }
      if inComment || character.isWhitespace { continue }
      let kind: Kind =
        if character.isLetter || character == "_" { .word } else if "0"..."9" ~= character { .number } else {
          .mark
        }
      let width = tokens.last?.text.count ?? 0
      if kind != .mark, let last = tokens.last, last.kind == kind, last.position.line == here.line,
        last.position.column + width == here.column
      {
        tokens[tokens.count - 1].text.append(character)
      } else {
        tokens.append(SourceToken(kind: kind, text: String(character), position: here))
      }
    }
    tokens.append(SourceToken(kind: .end, text: "", position: position))
    return tokens
  }
}
