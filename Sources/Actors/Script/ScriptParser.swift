/// Reads a script, left to right, one token ahead.
struct ScriptParser {
  private let grammar: ScriptGrammar
  private let tokens: [SourceToken]
  private var index = 0
  /// Every letter that some statement binds, to tell a forward reference from an undefined name.
  private let bound: Set<String>
  private var calls = 0

  init(_ text: String, grammar: ScriptGrammar) throws(ScriptError) {
    guard text.utf8.count <= Script.maximumBytes else {
      throw ScriptError(
        .tooLong(bytes: text.utf8.count, maximum: Script.maximumBytes), at: .init(line: 1, column: 1))
    }
    self.grammar = grammar
    tokens = SourceToken.tokens(of: text)
    bound = Set(
      zip(tokens, tokens.dropFirst()).lazy.filter { $0.kind == .word && $1.text == "=" }.map(\.0.text))
  }

  mutating func script() throws(ScriptError) -> Script {
    var statements: [Script.Statement] = []
    while token.text != "answer" || statements.isEmpty {
      try bindName(of: statements.count)
      statements.append(try statement(statements.count))
    }
    advance()
    let answer = token
    guard answer.kind == .word, answer.text != "task" else {
      throw unexpected((0..<statements.count).map(Script.name(of:)))
    }
    guard case .statement(let index) = try input(of: statements.count) else {
      preconditionFailure("`task` was excluded above")
    }
    guard token.kind == .end else { throw unexpected(["the end of the text"]) }
    return Script(statements, answer: index)
  }

  /// `c =`, which must be the next letter.
  private mutating func bindName(of index: Int) throws(ScriptError) {
    let expected = Script.name(of: index)
    let first = index == 0 ? [expected] : [expected, "answer"]
    guard token.kind == .word, next.text == "=" else { throw unexpected(first) }
    guard index < grammar.maximumStatements else {
      throw error(.tooManyStatements(maximum: grammar.maximumStatements))
    }
    guard token.text == expected else { throw error(.misnamed(found: token.shown, expected: expected)) }
    advance()
    advance()
  }

  private mutating func statement(_ index: Int) throws(ScriptError) -> Script.Statement {
    let start = token.position
    let node: Script.Node
    let source: Script.Input
    switch token.text {
    case "agent":
      advance()
      node = .agent(role: try role())
      source = try parenthesized(index)
    case "ensemble":
      advance()
      let count = try count(of: "ensemble", in: Script.ensembleCounts)
      let role = try role()
      source = try parenthesized(index)
      try expect("by")
      guard let vote = Script.Vote(rawValue: token.text) else {
        throw unexpected(Script.Vote.allCases.map(\.rawValue))
      }
      advance()
      node = .ensemble(count: count, role: role, vote: vote)
    case "reflect":
      advance()
      let rounds = try count(of: "reflect", in: Script.reflectRounds)
      let critic = try word(among: grammar.critics, or: ScriptError.Kind.unknownCritic)
      node = .reflect(rounds: rounds, critic: critic, refiner: try role())
      source = try parenthesized(index)
    case "tool":
      advance()
      node = .tool(name: try word(among: grammar.tools, or: ScriptError.Kind.unknownTool))
      source = try parenthesized(index)
    default: throw unexpected(["agent", "ensemble", "reflect", "tool"])
    }
    try expect(";")
    calls += node.maximumCalls
    guard calls <= grammar.maximumCalls else {
      throw ScriptError(.budgetExceeded(calls: calls, maximum: grammar.maximumCalls), at: start)
    }
    return Script.Statement(node, source)
  }

  private mutating func parenthesized(_ index: Int) throws(ScriptError) -> Script.Input {
    try expect("(")
    let source = try input(of: index)
    try expect(")")
    return source
  }

  /// `task` or a name that stands before statement `index`.
  private mutating func input(of index: Int) throws(ScriptError) -> Script.Input {
    let defined = (0..<index).map(Script.name(of:))
    guard token.kind == .word else { throw unexpected(["task"] + defined) }
    if token.text == "task" {
      advance()
      return .task
    }
    guard let source = defined.firstIndex(of: token.text) else {
      if token.text == Script.name(of: index), bound.contains(token.text) {
        throw error(.selfReference(token.text))
      }
      if bound.contains(token.text) { throw error(.forwardReference(token.text)) }
      throw error(.undefinedName(token.text, defined: defined))
    }
    advance()
    return .statement(source)
  }

  private mutating func role() throws(ScriptError) -> String {
    try word(among: grammar.roles, or: ScriptError.Kind.unknownRole)
  }

  private mutating func word(
    among known: [String], or unknown: (String, [String], String?) -> ScriptError.Kind
  ) throws(ScriptError) -> String {
    let found = token
    guard found.kind == .word else { throw unexpected(known) }
    guard known.contains(found.text) else {
      throw error(unknown(found.text, known, suggestion(for: found.text, among: known)))
    }
    advance()
    return found.text
  }

  private mutating func count(of what: String, in range: ClosedRange<Int>) throws(ScriptError) -> Int {
    let found = token
    guard found.kind == .number else {
      throw unexpected(["a number from \(range.lowerBound) to \(range.upperBound)"])
    }
    guard let value = Int(found.text), found.text.count == 1, range.contains(value) else {
      throw error(.countOutOfRange(found.text, of: what, allowed: range))
    }
    advance()
    return value
  }

  private var token: SourceToken { tokens[index] }
  private var next: SourceToken { tokens[min(index + 1, tokens.count - 1)] }

  private mutating func advance() {
    if index < tokens.count - 1 { index += 1 }
  }

  private mutating func expect(_ text: String) throws(ScriptError) {
    guard token.text == text else { throw unexpected([text]) }
    advance()
  }

  private func error(_ kind: ScriptError.Kind) -> ScriptError { ScriptError(kind, at: token.position) }

  private func unexpected(_ expected: [String]) -> ScriptError {
    let guess = token.kind == .word ? suggestion(for: token.text, among: expected) : nil
    return error(.unexpected(found: token.shown, expected: expected, suggestion: guess))
  }
}
