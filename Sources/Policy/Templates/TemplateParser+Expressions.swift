/// Expressions, in the precedence of Jinja: `if`, `or`, `and`, `not`, comparison, `+ -`, `~`, `* / // %`, signs, and
/// then `.`, `[]`, `|` and `is`, which bind closest.
extension TemplateParser {
  /// An expression with its parts. `sequence` is the one part that may be a sequence that is only gone through.
  func node(
    _ kind: Expression.Kind, _ place: TemplatePosition, _ parts: [Expression] = [],
    sequence: Expression? = nil,
    laziness: Expression.Laziness = .none
  ) throws(ChatTemplateError) -> Expression {
    var depth = sequence?.depth ?? 0
    for part in parts { depth = max(depth, try value(part).depth) }
    guard depth < limits.nesting else { throw ChatTemplateError(.limit(.nesting), place) }
    return Expression(kind: kind, position: place, depth: depth + 1, laziness: laziness)
  }

  /// Refuses sequences that Python goes through once, or that have no indices, where a value is kept: they would
  /// behave otherwise than a list.
  func value(_ expression: Expression) throws(ChatTemplateError) -> Expression {
    guard expression.laziness == .none else {
      throw unsupported("a sequence other than in a loop or before | list", expression.position)
    }
    return expression
  }

  /// One expression, or several with commas between them, which are a tuple.
  mutating func tuple(withCondition: Bool) throws(ChatTemplateError) -> Expression {
    let place = position
    let first = try withCondition ? expression() : either()
    guard token == .symbol(",") else { return first }
    var elements = [first]
    while skip(",") {
      switch token {
      case .blockEnd, .variableEnd, .symbol(")"): continue
      default: elements.append(try withCondition ? expression() : either())
      }
    }
    return try node(.list(elements, isTuple: true), place, elements)
  }

  /// Any expression.
  mutating func expression() throws(ChatTemplateError) -> Expression {
    try enter()
    defer { expressions -= 1 }
    var result = try either()
    while token == .name("if") {
      let place = position
      advance()
      let condition = try either()
      let otherwise = skip(name: "else") ? try expression() : nil
      result = try node(
        .conditional(result, condition: condition, otherwise: otherwise), place,
        [result, condition] + (otherwise.map { [$0] } ?? []))
    }
    return result
  }

  private mutating func enter() throws(ChatTemplateError) {
    guard expressions < limits.nesting else { throw ChatTemplateError(.limit(.nesting), position) }
    expressions += 1
  }

  private mutating func either() throws(ChatTemplateError) -> Expression {
    var left = try both()
    while token == .name("or") {
      let place = position
      advance()
      let right = try both()
      left = try node(.either(left, right), place, [left, right])
    }
    return left
  }

  private mutating func both() throws(ChatTemplateError) -> Expression {
    var left = try negation()
    while token == .name("and") {
      let place = position
      advance()
      let right = try negation()
      left = try node(.both(left, right), place, [left, right])
    }
    return left
  }

  private mutating func negation() throws(ChatTemplateError) -> Expression {
    guard token == .name("not") else { return try comparison() }
    try enter()
    defer { expressions -= 1 }
    let place = position
    advance()
    let operand = try negation()
    return try node(.not(operand), place, [operand])
  }

  private mutating func comparison() throws(ChatTemplateError) -> Expression {
    let place = position
    let first = try sum()
    var rest: [(Expression.Comparison, Expression)] = []
    while let comparison = nextComparison() {
      let right = try sum()
      // Whether something is in a sequence can be asked of any sequence.
      if comparison != .isIn, comparison != .isNotIn { _ = try value(right) }
      if let last = rest.last { _ = try value(last.1) }
      rest.append((comparison, right))
    }
    guard let last = rest.last else { return first }
    return try node(.comparison(first, rest), place, [first] + rest.dropLast().map(\.1), sequence: last.1)
  }

  private mutating func nextComparison() -> Expression.Comparison? {
    if skip(name: "in") { return .isIn }
    if token == .name("not"), following == .name("in") {
      advance()
      advance()
      return .isNotIn
    }
    guard case .symbol(let symbol) = token, let comparison = Expression.Comparison(rawValue: symbol) else {
      return nil
    }
    advance()
    return comparison
  }

  private mutating func sum() throws(ChatTemplateError) -> Expression {
    var left = try concatenation()
    while token == .symbol("+") || token == .symbol("-") {
      let place = position
      let isPlus = token == .symbol("+")
      advance()
      let right = try concatenation()
      left = try node(.arithmetic(isPlus ? .plus : .minus, left, right), place, [left, right])
    }
    return left
  }

  private mutating func concatenation() throws(ChatTemplateError) -> Expression {
    let place = position
    var parts = [try product()]
    while skip("~") { parts.append(try product()) }
    return parts.count == 1 ? parts[0] : try node(.concatenation(parts), place, parts)
  }

  private mutating func product() throws(ChatTemplateError) -> Expression {
    var left = try unary()
    while case .symbol(let symbol) = token, ["*", "/", "//", "%"].contains(symbol),
      let arithmetic = Expression.Arithmetic(rawValue: symbol)
    {
      let place = position
      advance()
      let right = try unary()
      left = try node(.arithmetic(arithmetic, left, right), place, [left, right])
    }
    if token == .symbol("**") { throw unsupported("the operator **", position) }
    return left
  }

  private mutating func unary(withFilters: Bool = true) throws(ChatTemplateError) -> Expression {
    try enter()
    defer { expressions -= 1 }
    let place = position
    var result: Expression
    if token == .symbol("-") || token == .symbol("+") {
      let isMinus = token == .symbol("-")
      advance()
      let operand = try unary(withFilters: false)
      result = try node(isMinus ? .negative(operand) : .positive(operand), place, [operand])
    } else {
      result = try primary()
    }
    result = try postfix(result)
    return withFilters ? try filtered(result) : result
  }

  /// What a test is given without parentheses.
  mutating func operand() throws(ChatTemplateError) -> Expression { try postfix(try primary()) }

  private mutating func primary() throws(ChatTemplateError) -> Expression {
    let place = position
    let token = token
    switch token {
    case .name(let name):
      advance()
      return try named(name, place)
    case .text(var text):
      advance()
      while case .text(let more) = self.token {
        text += more
        advance()
      }
      return try node(.constant(.text(text)), place)
    case .integer(let value):
      advance()
      return try node(.constant(.integer(value)), place)
    case .number(let value):
      advance()
      return try node(.constant(TemplateValue(.number(value))), place)
    case .symbol("("):
      advance()
      if skip(")") { return try node(.list([], isTuple: true), place) }
      let inner = try tuple(withCondition: true)
      try expect(.symbol(")"), ")")
      return inner
    case .symbol("["): return try list(place)
    case .symbol("{"): return try object(place)
    default: throw syntax("an expression is missing")
    }
  }

  private mutating func list(_ place: TemplatePosition) throws(ChatTemplateError) -> Expression {
    advance()
    var elements: [Expression] = []
    while !skip("]") {
      if !elements.isEmpty {
        try expect(.symbol(","), ",")
        if skip("]") { break }
      }
      elements.append(try expression())
    }
    return try node(.list(elements, isTuple: false), place, elements)
  }

  private mutating func object(_ place: TemplatePosition) throws(ChatTemplateError) -> Expression {
    advance()
    var members: [(name: Expression, value: Expression)] = []
    while !skip("}") {
      if !members.isEmpty {
        try expect(.symbol(","), ",")
        if skip("}") { break }
      }
      let name = try expression()
      try expect(.symbol(":"), ":")
      members.append((name, try expression()))
    }
    return try node(.object(members), place, members.map(\.name) + members.map(\.value))
  }

  private mutating func named(_ name: String, _ place: TemplatePosition) throws(ChatTemplateError)
    -> Expression
  {
    switch name {
    case "true", "True": return try node(.constant(.bool(true)), place)
    case "false", "False": return try node(.constant(.bool(false)), place)
    case "none", "None": return try node(.constant(.none), place)
    case "loop":
      guard skip("."), case .name(let attribute) = token else { throw unsupported("loop as a value", place) }
      guard let known = Expression.LoopAttribute(rawValue: attribute) else {
        throw unsupported("loop.\(attribute)", place)
      }
      advance()
      return try node(.loop(known), place)
    case _ where Self.reserved.contains(name):
      throw ChatTemplateError(.syntax("the word \(name) is no expression"), place)
    default:
      guard token == .symbol("(") else { return try node(.name(name), place) }
      return try call(name, place)
    }
  }
}
