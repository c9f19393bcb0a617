/// Reads the tokens of a template as statements. What is not part of the subset is refused here, by name.
struct TemplateParser {
  typealias Statement = TemplateStatement
  typealias Expression = TemplateExpression

  private let tokens: [TemplateLexer.Placed]
  private var index = 0
  let limits: TemplateLimits
  /// How many blocks are open.
  private var blocks = 0
  /// How many expressions are open.
  var expressions = 0
  /// How many loops are open, of those that `break` can leave.
  private var loops = 0

  /// The statements of a template.
  static func statements(_ text: String, _ limits: TemplateLimits) throws(ChatTemplateError) -> [Statement] {
    guard text.utf8.count <= limits.templateSize else { throw ChatTemplateError(.limit(.templateSize)) }
    var parser = TemplateParser(tokens: try TemplateLexer.tokens(text), limits: limits)
    let body = try parser.body(until: [])
    return body
  }

  private init(tokens: [TemplateLexer.Placed], limits: TemplateLimits) {
    (self.tokens, self.limits) = (tokens, limits)
  }

  // MARK: Tokens

  var token: TemplateToken { tokens[index].token }
  var position: TemplatePosition { tokens[index].position }
  /// The token after this one.
  var following: TemplateToken { tokens[min(index + 1, tokens.count - 1)].token }

  /// Goes on to the next token. The last one, the end, stays.
  mutating func advance() { index = min(index + 1, tokens.count - 1) }

  mutating func skip(_ symbol: String) -> Bool {
    guard token == .symbol(symbol) else { return false }
    advance()
    return true
  }

  mutating func skip(name: String) -> Bool {
    guard token == .name(name) else { return false }
    advance()
    return true
  }

  mutating func expect(_ wanted: TemplateToken, _ what: String) throws(ChatTemplateError) {
    guard token == wanted else { throw syntax("\(what) is missing") }
    advance()
  }

  /// Takes a name that is not a word of the language.
  mutating func expectName() throws(ChatTemplateError) -> String {
    guard case .name(let name) = token, !Self.reserved.contains(name) else {
      throw syntax("a name is missing")
    }
    advance()
    return name
  }

  static let reserved: Set<String> = [
    "and", "or", "not", "if", "else", "elif", "in", "is", "true", "false", "none", "True", "False", "None",
    "loop",
  ]

  func syntax(_ what: String) -> ChatTemplateError { ChatTemplateError(.syntax(what), position) }

  func unsupported(_ what: String, _ position: TemplatePosition) -> ChatTemplateError {
    ChatTemplateError(.unsupported(what), position)
  }

  // MARK: Statements

  /// The statements up to a tag of `ends`, whose name is then the current token; up to the end if there are none.
  private mutating func body(until ends: [String]) throws(ChatTemplateError) -> [Statement] {
    var statements: [Statement] = []
    while true {
      switch token {
      case .data(let text):
        statements.append(.text(text))
        advance()
      case .variableBegin:
        advance()
        statements.append(.output(try value(try tuple(withCondition: true))))
        try expect(.variableEnd, "the end of the expression")
      case .blockBegin:
        advance()
        guard case .name(let name) = token else { throw syntax("the tag has no name") }
        if ends.contains(name) { return statements }
        let place = position
        guard blocks < limits.nesting else { throw ChatTemplateError(.limit(.nesting), place) }
        blocks += 1
        statements.append(try statement(name))
        blocks -= 1
      case .end:
        guard ends.isEmpty else { throw syntax("the tag \(ends.last ?? "") is missing") }
        return statements
      default: throw syntax("a tag is missing")
      }
    }
  }

  private mutating func statement(_ name: String) throws(ChatTemplateError) -> Statement {
    let place = position
    advance()
    switch name {
    case "if": return try conditional()
    case "for": return try loop()
    case "set": return try set()
    case "generation":
      // The marks around what the model says; they change no text.
      return .scope(try apart(until: "endgeneration"))
    case "break", "continue":
      guard loops > 0 else { throw ChatTemplateError(.syntax("\(name) stands in no loop"), place) }
      try expect(.blockEnd, "the end of the tag")
      return name == "break" ? .leaveLoop : .continueLoop
    case "elif", "else", "endif", "endfor", "endset", "endgeneration":
      throw ChatTemplateError(.syntax("the tag \(name) closes nothing"), place)
    default: throw unsupported("the tag \(name)", place)
    }
  }

  /// A body that no `break` leaves, up to the end of the closing tag.
  private mutating func apart(until end: String) throws(ChatTemplateError) -> [Statement] {
    try expect(.blockEnd, "the end of the tag")
    let outer = loops
    loops = 0
    let statements = try body(until: [end])
    loops = outer
    advance()
    try expect(.blockEnd, "the end of the tag")
    return statements
  }

  private mutating func conditional() throws(ChatTemplateError) -> Statement {
    var branches: [(condition: Expression, body: [Statement])] = []
    var otherwise: [Statement] = []
    while true {
      let condition = try value(try tuple(withCondition: false))
      try expect(.blockEnd, "the end of the tag")
      branches.append((condition, try body(until: ["elif", "else", "endif"])))
      if !skip(name: "elif") { break }
    }
    if skip(name: "else") {
      try expect(.blockEnd, "the end of the tag")
      otherwise = try body(until: ["endif"])
    }
    advance()
    try expect(.blockEnd, "the end of the tag")
    return .conditional(branches, otherwise: otherwise)
  }

  private mutating func loop() throws(ChatTemplateError) -> Statement {
    var targets = [try target()]
    var isUnpacked = false
    while skip(",") {
      isUnpacked = true
      if token == .name("in") { break }
      targets.append(try target())
    }
    try expect(.name("in"), "the word in")
    let list = try tuple(withCondition: false)
    if token == .name("recursive") { throw unsupported("a recursive loop", position) }
    let condition = skip(name: "if") ? try value(try expression()) : nil
    try expect(.blockEnd, "the end of the tag")
    loops += 1
    let inner = try body(until: ["else", "endfor"])
    loops -= 1
    var otherwise: [Statement] = []
    if skip(name: "else") {
      try expect(.blockEnd, "the end of the tag")
      otherwise = try body(until: ["endfor"])
    }
    advance()
    try expect(.blockEnd, "the end of the tag")
    return .loop(
      .init(
        targets: targets, isUnpacked: isUnpacked, list: list, condition: condition, body: inner,
        otherwise: otherwise))
  }

  private mutating func set() throws(ChatTemplateError) -> Statement {
    let place = position
    if case .name(let name) = token, following == .symbol(".") {
      advance()
      advance()
      let attribute = try expectName()
      try checkAttribute(attribute, place)
      try expect(.symbol("="), "=")
      let new = try value(try tuple(withCondition: true))
      try expect(.blockEnd, "the end of the tag")
      return .setAttribute(namespace: name, attribute: attribute, new)
    }
    let name = try target()
    switch token {
    case .blockEnd: return .capture(name, try apart(until: "endset"), place)
    case .symbol(","): throw unsupported("a set of several names", position)
    case .symbol("|"): throw unsupported("a set with a filter", position)
    default: break
    }
    try expect(.symbol("="), "=")
    let new = try value(try tuple(withCondition: true))
    try expect(.blockEnd, "the end of the tag")
    return .set(name, new)
  }

  /// A name to which something is set. The functions keep their names.
  private mutating func target() throws(ChatTemplateError) -> String {
    let place = position
    let name = try expectName()
    guard TemplateFunction(rawValue: name) == nil else {
      throw unsupported("setting the name \(name) of a function", place)
    }
    return name
  }

  /// An attribute of a namespace. Names that begin with an underscore are refused by `transformers`, too.
  func checkAttribute(_ name: String, _ place: TemplatePosition) throws(ChatTemplateError) {
    if name.hasPrefix("_") { throw unsupported("the attribute \(name) of a namespace", place) }
  }
}
