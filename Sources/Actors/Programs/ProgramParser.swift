extension Program {
  /// Reads a program text; the empty text is the empty program.
  /// - Complexity: O(length of `text`).
  package init(parsing text: String) throws(ProgramError) {
    guard text.utf8.count <= Self.maximumBytes else {
      throw ProgramError(
        kind: .tooLong(bytes: text.utf8.count, maximum: Self.maximumBytes),
        position: .init(line: 1, column: 1))
    }
    var parser = ProgramParser(tokens: SourceToken.tokens(of: text))
    self.init(try parser.program())
  }
}

private struct ProgramParser {
  let tokens: [SourceToken]
  var index = 0
  var count = 0

  private var token: SourceToken { tokens[index] }

  mutating func program() throws(ProgramError) -> [Instruction] {
    let instructions = try sequence(depth: 0)
    guard token.kind == .end else {
      throw error(.unknownInstruction(token.shown, suggestion: nil))
    }
    return instructions
  }

  /// Instructions up to `]` or the end.
  private mutating func sequence(depth: Int) throws(ProgramError) -> [Instruction] {
    var instructions: [Instruction] = []
    while token.kind != .end, token.text != "]" {
      instructions.append(try instruction(depth: depth))
    }
    return instructions
  }

  private mutating func instruction(depth: Int) throws(ProgramError) -> Instruction {
    let word = token
    count += 1
    guard count <= Program.maximumInstructions else {
      throw error(.tooManyInstructions(maximum: Program.maximumInstructions))
    }
    guard word.kind == .word, TroupeVocabulary.instructions.contains(word.text) else {
      let guess = suggestion(for: word.text, among: TroupeVocabulary.instructions)
      throw error(.unknownInstruction(word.shown, suggestion: guess))
    }
    index += 1
    switch word.text {
    case "add": return .add(try digit(after: word.text), try digit(after: word.text))
    case "swap": return .swap(try digit(after: word.text), try digit(after: word.text))
    case "dup": return .duplicate
    default: return try loop(after: word.text, depth: depth)
    }
  }

  private mutating func loop(after word: String, depth: Int) throws(ProgramError) -> Instruction {
    guard depth < Program.maximumNesting else { throw error(.tooDeep(maximum: Program.maximumNesting)) }
    let times = try digit(after: word)
    try bracket("[")
    let body = try sequence(depth: depth + 1)
    try bracket("]")
    return .loop(times, body)
  }

  private mutating func digit(after word: String) throws(ProgramError) -> Int {
    guard token.kind == .number, token.text.count == 1, let value = Int(token.text) else {
      throw error(.digitExpected(after: word, found: token.shown))
    }
    index += 1
    return value
  }

  private mutating func bracket(_ text: String) throws(ProgramError) {
    guard token.text == text else { throw error(.bracketExpected(text, found: token.shown)) }
    index += 1
  }

  private func error(_ kind: ProgramError.Kind) -> ProgramError {
    ProgramError(kind: kind, position: token.position)
  }
}
