/// Renders the statements of a template. Every step is counted, so rendering ends.
struct TemplateRenderer {
  typealias Failure = ChatTemplateError
  typealias Value = TemplateValue
  typealias Expression = TemplateExpression

  private struct Scope {
    var names: [String: TemplateValue] = [:]
    var loop: LoopState?
  }

  private struct LoopState {
    var elements: [TemplateValue]
    var index: Int
  }

  private enum Flow { case goesOn, leavesLoop, continuesLoop }

  let limits: TemplateLimits
  let date: TemplateDate?
  private let variables: [String: TemplateValue]
  private var scopes = [Scope()]
  private var output = ""
  private var steps = 0
  /// The members of the namespaces that were made.
  var namespaces: [[TemplateValue.Member]] = []

  /// What the statements write if the names stand for `variables`.
  static func text(
    _ statements: [TemplateStatement], variables: [String: TemplateValue], date: TemplateDate?,
    limits: TemplateLimits
  ) throws(ChatTemplateError) -> String {
    var renderer = TemplateRenderer(variables: variables, date: date, limits: limits)
    _ = try renderer.run(statements)
    return renderer.output
  }

  private init(variables: [String: TemplateValue], date: TemplateDate?, limits: TemplateLimits) {
    (self.variables, self.date, self.limits) = (variables, date, limits)
  }

  /// How many steps are left.
  var stepsLeft: Int { limits.steps - steps }

  /// Counts steps: one for each expression and each byte that an operation reads or makes.
  mutating func spend(_ count: Int, _ place: TemplatePosition) throws(Failure) {
    guard count <= stepsLeft else { throw Failure(.limit(.steps), place) }
    steps += count
  }

  // MARK: Statements

  private mutating func run(_ statements: [TemplateStatement]) throws(Failure) -> Flow {
    for statement in statements {
      let flow = try run(statement)
      if flow != .goesOn { return flow }
    }
    return .goesOn
  }

  private mutating func run(_ statement: TemplateStatement) throws(Failure) -> Flow {
    switch statement {
    case .text(let text): try write(text, .nowhere)
    case .output(let expression):
      try write(try written(try evaluate(expression), expression), expression.position)
    case .conditional(let branches, let otherwise):
      for branch in branches where try evaluate(branch.condition).isTrue { return try run(branch.body) }
      return try run(otherwise)
    case .loop(let loop): return try run(loop)
    case .set(let name, let expression): scopes[scopes.count - 1].names[name] = try evaluate(expression)
    case .setAttribute(let namespace, let attribute, let expression):
      try set(attribute, of: namespace, expression)
    case .capture(let name, let body, let place): try capture(name, body, place)
    case .scope(let body):
      scopes.append(Scope())
      defer { scopes.removeLast() }
      return try run(body)
    case .leaveLoop: return .leavesLoop
    case .continueLoop: return .continuesLoop
    }
    return .goesOn
  }

  private mutating func write(_ text: String, _ place: TemplatePosition) throws(Failure) {
    try spend(1 + text.utf8.count, place)
    guard output.utf8.count + text.utf8.count <= limits.outputSize else {
      throw Failure(.limit(.outputSize), place)
    }
    output += text
  }

  private mutating func capture(
    _ name: String, _ body: [TemplateStatement], _ place: TemplatePosition
  ) throws(Failure) {
    let before = output
    output = ""
    scopes.append(Scope())
    _ = try run(body)
    scopes.removeLast()
    scopes[scopes.count - 1].names[name] = .text(output)
    output = before
  }

  private mutating func set(
    _ attribute: String, of name: String, _ expression: Expression
  ) throws(Failure) {
    let value = try evaluate(expression)
    guard case .namespace(let index) = self.value(of: name).storage else {
      throw Failure(.operand("\(name) is no namespace"), expression.position)
    }
    try set(attribute, to: value, inNamespace: index, expression.position)
  }

  /// Sets an attribute of a namespace.
  mutating func set(
    _ attribute: String, to value: Value, inNamespace index: Int, _ place: TemplatePosition
  ) throws(Failure) {
    try checkElement(value, place)
    if let known = namespaces[index].firstIndex(where: { $0.name == attribute }) {
      namespaces[index][known].value = value
    } else {
      namespaces[index].append(.init(name: attribute, value: value))
    }
  }

  private mutating func run(_ loop: TemplateStatement.Loop) throws(Failure) -> Flow {
    let place = loop.list.position
    var elements = try elements(of: try evaluate(loop.list), place)
    if let condition = loop.condition {
      var kept: [Value] = []
      for element in elements {
        scopes.append(try scope(loop, element, place))
        if try evaluate(condition).isTrue { kept.append(element) }
        scopes.removeLast()
      }
      elements = kept
    }
    var isEmpty = true
    for (index, element) in elements.enumerated() {
      try spend(1, place)
      var scope = try scope(loop, element, place)
      scope.loop = LoopState(elements: elements, index: index)
      scopes.append(scope)
      let flow = try run(loop.body)
      scopes.removeLast()
      if flow == .leavesLoop { break }
      // As in Jinja, a loop whose every turn was cut short counts as empty.
      if flow == .goesOn { isEmpty = false }
    }
    return isEmpty ? try run(loop.otherwise) : .goesOn
  }

  /// The names of one turn of a loop.
  private mutating func scope(
    _ loop: TemplateStatement.Loop, _ element: Value, _ place: TemplatePosition
  ) throws(Failure) -> Scope {
    guard loop.isUnpacked else { return Scope(names: [loop.targets[0]: element]) }
    let parts = try elements(of: element, place)
    guard parts.count == loop.targets.count else {
      throw Failure(.operand("\(parts.count) parts are no \(loop.targets.count)"), place)
    }
    var scope = Scope()
    for (name, part) in zip(loop.targets, parts) { scope.names[name] = part }
    return scope
  }

  // MARK: Names

  /// What a name stands for.
  func value(of name: String) -> Value {
    for scope in scopes.reversed() {
      if let value = scope.names[name] { return value }
    }
    if let value = variables[name] { return value }
    return TemplateFunction(rawValue: name).map { Value(.function($0)) }
      ?? .undefined("\(name) is not defined")
  }

  /// What the innermost loop says of itself.
  func value(_ attribute: Expression.LoopAttribute, _ place: TemplatePosition) throws(Failure) -> Value {
    guard let loop = scopes.last(where: { $0.loop != nil })?.loop else {
      throw Failure(.undefined("there is no loop"), place)
    }
    let (index, count) = (loop.index, loop.elements.count)
    return switch attribute {
    case .index: .integer(index + 1)
    case .index0: .integer(index)
    case .revindex: .integer(count - index)
    case .revindex0: .integer(count - index - 1)
    case .first: .bool(index == 0)
    case .last: .bool(index == count - 1)
    case .length: .integer(count)
    case .previtem: index > 0 ? loop.elements[index - 1] : .undefined("there is no previous item")
    case .nextitem: index + 1 < count ? loop.elements[index + 1] : .undefined("there is no next item")
    }
  }
}
