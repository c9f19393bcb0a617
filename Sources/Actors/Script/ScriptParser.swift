/// Reads a script: it walks the grammar's places, one word after the other, and builds the statements on the way.
///
/// The walk knows no budget, so that a script over the budget is told as such, and not as an unexpected word.
struct ScriptParser {
  private let grammar: ScriptGrammar
  private let walked: ScriptGrammar
  private let tokens: [SourceToken]
  private var index = 0
  private var place = ScriptPlace()
  /// Every letter that some statement binds, to tell a forward reference from an undefined name.
  private let bound: Set<String>
  /// The names of all parts that the text defines.
  private let defined: Set<String>
  /// Where the node of the present statement begins.
  private var nodeStart = SourcePosition(line: 1, column: 1)
  /// The name that the part of a library has.
  private var libraryName: String?

  init(_ text: String, grammar: ScriptGrammar) throws(ScriptError) {
    guard text.utf8.count <= Script.maximumBytes else {
      throw ScriptError(
        .tooLong(bytes: text.utf8.count, maximum: Script.maximumBytes), at: .init(line: 1, column: 1))
    }
    self.grammar = grammar
    walked = grammar.withoutBudget
    tokens = SourceToken.tokens(of: text)
    let pairs = zip(tokens, tokens.dropFirst())
    bound = Set(pairs.lazy.filter { $0.kind == .word && $1.text == "=" }.map(\.0.text))
    defined = Set(pairs.lazy.filter { $0.text == "define" && $1.kind == .word }.map(\.1.text))
  }

  mutating func script() throws(ScriptError) -> Script {
    var parts: [Script.Part] = []
    while token.text == "define", grammar.extent.maximumParts > 0 { parts.append(try part(after: parts)) }
    let (statements, answer) = try statements(parts)
    guard token.kind == .end else { throw unexpected(["the end of the text"]) }
    return Script(parts: parts, statements, answer: answer)
  }

  /// One definition, whose name is any word.
  mutating func libraryPart() throws(ScriptError) -> Script.Part {
    guard token.text == "define" else { throw unexpected(["define"]) }
    index += 1
    guard token.kind == .word else { throw unexpected(["a name"]) }
    libraryName = token.text
    index += 1
    place.step = .open
    let part = try part(called: token(-1).text, after: [])
    guard token.kind == .end else { throw unexpected(["the end of the text"]) }
    return part
  }

  private mutating func part(after parts: [Script.Part]) throws(ScriptError) -> Script.Part {
    try accept()
    let name = try accept()
    return try part(called: name, after: parts)
  }

  /// What follows the name of a part.
  private mutating func part(called name: String, after parts: [Script.Part]) throws(ScriptError)
    -> Script.Part
  {
    repeat { try accept() } while place.step != .bracket
    let parameters = place.parameters
    try accept()
    let (statements, answer) = try statements(parts)
    try accept()
    try acceptEndOfLine()
    return Script.Part(name, parameters: parameters, statements, answer: answer)
  }

  /// Statements up to the name of the answer.
  private mutating func statements(
    _ parts: [Script.Part]
  ) throws(ScriptError) -> ([Script.Statement], answer: Int) {
    var statements: [Script.Statement] = []
    while true {
      if try accept() == "answer" { break }
      try accept()
      nodeStart = token.position
      statements.append(try statement(parts))
      let calls = place.calls + place.node.calls(least: 0)
      try acceptEndOfLine()
      guard calls <= grammar.maximumCalls else {
        throw ScriptError(.budgetExceeded(calls: calls, maximum: grammar.maximumCalls), at: nodeStart)
      }
    }
    return (statements, Script.index(ofName: try accept()))
  }

  private mutating func statement(_ parts: [Script.Part]) throws(ScriptError) -> Script.Statement {
    guard let kind = Script.Kind(rawValue: try accept()) else { preconditionFailure("not a node") }
    var words: [String] = []
    var inputs: [Script.Input] = []
    while place.step == .node {
      let isInput = place.isInput
      let word = try accept()
      if isInput {
        inputs.append(Script.Input(word))
      } else if ![",", "(", ")", "by", "until", "to"].contains(word) {
        words.append(word)
      }
    }
    return Script.Statement(node(kind, words, parts), reading: inputs)
  }

  /// The node of valid words, without commas, inputs and words that mean nothing by themselves.
  private func node(_ kind: Script.Kind, _ words: [String], _ parts: [Script.Part]) -> Script.Node {
    func number(_ index: Int) -> Int { Int(words[index]) ?? 0 }
    func part(_ name: String) -> Script.Part? { (grammar.library + parts).first { $0.name == name } }
    func performer(_ name: String) -> Script.Performer { part(name).map { .part($0) } ?? .role(name) }
    func decision(_ word: String) -> Script.Decision {
      grammar.extent.votes.first { $0.word == word } ?? .agent(role: word)
    }
    switch kind {
    case .agent: return .agent(role: words[0])
    case .use:
      guard let part = part(words[0]) else { preconditionFailure("not a part") }
      return .use(part)
    case .ensemble: return .ensemble(count: number(0), of: performer(words[1]), by: decision(words[2]))
    case .debate:
      return .debate(count: number(0), rounds: number(1), role: words[2], by: decision(words[3]))
    case .reflect: return .reflect(rounds: number(0), critic: words[1], refiner: words[2])
    case .repeat:
      let judge = words[2]
      return .repeat(
        times: number(0), performer(words[1]),
        until: grammar.tools.contains(judge) ? .tool(name: judge) : .critic(role: judge))
    case .route:
      return .route(words[0] == "size" ? .size : .agent(role: words[0]), words.dropFirst().map(performer))
    case .split:
      return .split(count: number(0), splitter: words[1], performer(words[2]), joiner: words[3])
    case .tool: return .tool(name: words[0])
    }
  }

  // MARK: Words

  private var token: SourceToken { tokens[index] }

  /// The token this far from the present one, or the last.
  private func token(_ offset: Int) -> SourceToken { tokens[min(index + offset, tokens.count - 1)] }

  /// Moves past the present token, which must be allowed here, and returns it.
  @discardableResult
  private mutating func accept() throws(ScriptError) -> String {
    let token = token
    if place.step == .start, token.kind == .word, token.text != "answer", token.text != "define" {
      try checkName()
    }
    guard let word = token.grammarWord,
      let next = walked.successors(of: place).first(where: { $0.word == word })
    else { throw refusal() }
    if token.kind == .quoted, !grammar.allows(wording: String(token.text.dropFirst().dropLast())) {
      throw error(.wording(token.text, maximum: grammar.extent.maximumWording))
    }
    place = next.place
    index += 1
    return token.text
  }

  /// Moves past `;`, for which the end of the line will do.
  private mutating func acceptEndOfLine() throws(ScriptError) {
    if token.text == ";" || token.kind != .end && token.position.line == token(-1).position.line {
      try accept()
    } else if let next = walked.successors(of: place).first {
      // The end of a text that is one definition ends it.
      if token.kind == .end, libraryName == nil || place.step != .partEnd { throw unexpected([next.word]) }
      place = next.place
    }
  }

  /// Checks that a statement that begins here has the name that it must have.
  private func checkName() throws(ScriptError) {
    guard token(1).text == "=" else { throw refusal() }
    guard place.statement < grammar.maximumStatements else {
      throw error(.tooManyStatements(maximum: grammar.maximumStatements))
    }
    let name = Script.name(of: place.statement)
    if token.text != name { throw error(.misnamed(found: token.shown, expected: name)) }
  }

  // MARK: Errors

  /// What is wrong with the present token.
  private func refusal() -> ScriptError {
    switch place.step {
    case .node:
      if place.isInput { return refusedInput() }
      return refusal(at: place.slot)
    case .end where place.parameters == 0: return unexpected(["the end of the text"])
    case .answer: return refusedInput()
    case .start:
      let name = Script.name(of: place.statement)
      return unexpected(place.statement == 0 ? [name] : [name, "answer"])
    default:
      return unexpected(walked.successors(of: place).map(\.word))
    }
  }

  private func refusal(at slot: ScriptPlace.Slot?) -> ScriptError {
    let kind = place.node.kind
    switch slot {
    case .count: return refusedNumber(kind.counts)
    case .rounds: return refusedNumber(kind.rounds)
    case .role: return refusedWord(grammar.roles.workers, ScriptError.Kind.unknownRole)
    case .critic: return refusedWord(grammar.roles.critics, ScriptError.Kind.unknownCritic)
    case .tool: return refusedWord(grammar.tools, ScriptError.Kind.unknownTool)
    case .part, .performer:
      return refusedPerformer(
        slot == .part ? grammar.parts(defined: place.definitions).map(\.name) : performers)
    case .performers where place.node.phase == 0: return refusedPerformer(performers)
    default: return unexpected(walked.successors(of: place).map(\.word))
    }
  }

  private var performers: [String] { grammar.performers(defined: place.definitions).map(\.name) }

  private func refusedPerformer(_ known: [String]) -> ScriptError {
    let found = token.text
    if place.parameters > 0, found == libraryName ?? Script.partNames[place.definitions.count] {
      return error(.recursivePart(found))
    }
    if defined.contains(found), !known.contains(found) { return error(.forwardReference(found)) }
    guard known.contains(found) else { return refusedWord(known, ScriptError.Kind.unknownPart) }
    return error(place.node.alternatives.contains(found) ? .sameAlternative(found) : .parameterCount(found))
  }

  private func refusedNumber(_ range: ClosedRange<Int>) -> ScriptError {
    guard token.kind == .number else {
      return unexpected(["a number from \(range.lowerBound) to \(range.upperBound)"])
    }
    return error(.countOutOfRange(token.text, of: place.node.kind.rawValue, allowed: range))
  }

  private func refusedWord(
    _ known: [String], _ unknown: (String, [String], String?) -> ScriptError.Kind
  ) -> ScriptError {
    guard token.kind == .word else { return unexpected(known) }
    return error(unknown(token.text, known, suggestion(for: token.text, among: known)))
  }

  /// The present token is no input, or not the name of a statement that can answer.
  private func refusedInput() -> ScriptError {
    let names = (0..<place.statement).map(Script.name(of:))
    let isAnswer = place.step == .answer
    let others = isAnswer ? [] : walked.inputs(at: place).map(\.description).filter { !names.contains($0) }
    guard token.kind == .word, token.text != "task", place.parameters == 0 || bound.contains(token.text)
    else {
      return unexpected(others + names)
    }
    if !isAnswer, token.text == Script.name(of: place.statement), bound.contains(token.text) {
      return error(.selfReference(token.text))
    }
    return error(
      bound.contains(token.text) ? .forwardReference(token.text) : .undefinedName(token.text, defined: names))
  }

  private func error(_ kind: ScriptError.Kind) -> ScriptError { ScriptError(kind, at: token.position) }

  private func unexpected(_ expected: [String]) -> ScriptError {
    let guess = token.kind == .word ? suggestion(for: token.text, among: expected) : nil
    return error(.unexpected(found: token.shown, expected: expected, suggestion: guess))
  }
}

extension SourceToken {
  /// The word of the grammar that the token is; `nil` for the end of the text, and for a quotation mark that stands alone.
  fileprivate var grammarWord: String? {
    switch kind {
    case .end: nil
    case .quoted: Script.quotation
    case .mark where text == Script.quotation: nil
    case .word, .number, .mark: text
    }
  }
}

extension ScriptPlace {
  /// Whether the name of an input comes next.
  var isInput: Bool { step == .node && slot == .inputs && node.phase == 1 }
}

extension Script {
  /// The index of the statement called `name`.
  static func index(ofName name: String) -> Int { TroupeVocabulary.names.firstIndex(of: name) ?? 0 }
}

extension Script.Input {
  /// The input that is called `name`, which must be valid.
  fileprivate init(_ name: String) {
    self =
      if let parameter = Script.parameterNames.firstIndex(of: name) {
        .parameter(parameter)
      } else {
        name == "task" ? .task : .statement(Script.index(ofName: name))
      }
  }
}
