/// What follows an expression: attributes, indices, slices, methods, filters and tests; and calls of functions.
extension TemplateParser {
  mutating func postfix(_ start: Expression) throws(ChatTemplateError) -> Expression {
    var result = start
    while true {
      let place = position
      if skip(".") {
        result = try attribute(of: result, place)
      } else if token == .symbol("[") {
        result = try subscripted(result, place)
      } else if token == .symbol("(") {
        throw unsupported("a call of a value", place)
      } else {
        return result
      }
    }
  }

  private mutating func attribute(
    of value: Expression, _ place: TemplatePosition
  ) throws(ChatTemplateError) -> Expression {
    if case .integer(let index) = token {
      advance()
      let index = try node(.constant(.integer(index)), place)
      return try node(.item(value, index), place, [value, index])
    }
    guard case .name(let name) = token else { throw syntax("the name of an attribute is missing") }
    if name.hasPrefix("__") { throw unsupported("the attribute \(name)", position) }
    advance()
    guard token == .symbol("(") else { return try node(.attribute(value, name), place, [value]) }
    guard let method = TemplateMethod(rawValue: name) else { throw unsupported("the method \(name)", place) }
    let arguments = try arguments("the method \(name)", method.parameters)
    return try node(
      .method(method, value, arguments), place, [value] + arguments.compactMap { $0 },
      laziness: method.laziness)
  }

  private mutating func subscripted(
    _ value: Expression, _ place: TemplatePosition
  ) throws(ChatTemplateError) -> Expression {
    advance()
    let start = token == .symbol(":") ? nil : try expression()
    if let start, skip("]") { return try node(.item(value, start), place, [value, start]) }
    if token == .symbol(",") { throw unsupported("an index of several parts", position) }
    try expect(.symbol(":"), "]")
    func isEnd(_ token: TemplateToken) -> Bool { token == .symbol("]") || token == .symbol(":") }
    let stop = isEnd(token) ? nil : try expression()
    let step = skip(":") && !isEnd(token) ? try expression() : nil
    try expect(.symbol("]"), "]")
    return try node(
      .slice(value, start: start, stop: stop, step: step), place,
      [value] + [start, stop, step].compactMap { $0 })
  }

  mutating func filtered(_ start: Expression) throws(ChatTemplateError) -> Expression {
    var result = start
    while true {
      if skip("|") {
        result = try filter(result)
      } else if token == .name("is") {
        result = try test(result)
      } else if token == .symbol("(") {
        throw unsupported("a call of a value", position)
      } else {
        return result
      }
    }
  }

  private mutating func filter(_ value: Expression) throws(ChatTemplateError) -> Expression {
    let place = position
    guard case .name(let name) = token else { throw syntax("the name of a filter is missing") }
    advance()
    if let filter = TemplateListFilter(rawValue: name) { return try listFilter(filter, value, place) }
    guard let filter = TemplateFilter(rawValue: name) else { throw unsupported("the filter \(name)", place) }
    let arguments = token == .symbol("(") ? try arguments("the filter \(name)", filter.parameters) : nil
    guard arguments != nil || filter.parameters.required == 0 else {
      throw ChatTemplateError(.syntax("the filter \(name) needs arguments"), place)
    }
    let given = arguments ?? filter.parameters.names.map { _ in nil }
    let parts = given.compactMap { $0 }
    let kind = Expression.Kind.filter(filter, value, given)
    switch filter {
    case .list, .join, .first: return try node(kind, place, parts, sequence: value)
    case .length, .count:
      return value.laziness == .view
        ? try node(kind, place, parts, sequence: value) : try node(kind, place, parts + [value])
    default:
      return try node(kind, place, parts + [value], laziness: filter == .items ? .generator : .none)
    }
  }

  /// `select`, `reject`, `selectattr`, `rejectattr` and `map(attribute=...)`.
  private mutating func listFilter(
    _ filter: TemplateListFilter, _ list: Expression, _ place: TemplatePosition
  ) throws(ChatTemplateError) -> Expression {
    var arguments: [Expression] = []
    if skip("(") {
      if filter == .map {
        guard skip(name: "attribute"), skip("=") else { throw unsupported("map without attribute=", place) }
        arguments.append(try expression())
        try expect(.symbol(")"), ")")
      } else {
        while !skip(")") {
          if !arguments.isEmpty { try expect(.symbol(","), ",") }
          arguments.append(try expression())
        }
      }
    }
    var attribute: String?
    if ![.select, .reject].contains(filter) {
      guard let first = arguments.first, case .constant(let name) = first.kind, let name = name.asText,
        !name.isEmpty, name.unicodeScalars.allSatisfy(\.isWordCharacter), !name.hasPrefix("_"),
        Int(name) == nil
      else { throw unsupported("the filter \(filter.rawValue) without the name of an attribute", place) }
      attribute = name
      arguments.removeFirst()
    }
    if filter == .map, let attribute {
      return try node(
        .projection(list, attribute: attribute), place, sequence: list, laziness: .generator)
    }
    var test: TemplateTest?
    if let first = arguments.first {
      guard case .constant(let name) = first.kind, let name = name.asText else {
        throw unsupported("the filter \(filter.rawValue) without the name of a test", place)
      }
      test = try known(name, first.position)
      arguments.removeFirst()
    }
    try checkCount(of: arguments, test, place)
    let selection = Expression.Selection(
      list: list, attribute: attribute, test: test, argument: arguments.first,
      keeps: filter == .select || filter == .selectattr)
    return try node(.selection(selection), place, arguments, sequence: list, laziness: .generator)
  }

  private func known(_ name: String, _ place: TemplatePosition) throws(ChatTemplateError) -> TemplateTest {
    guard let test = TemplateTest(rawValue: name) else { throw unsupported("the test \(name)", place) }
    return test
  }

  private func checkCount(
    of arguments: [Expression], _ test: TemplateTest?, _ place: TemplatePosition
  ) throws(ChatTemplateError) {
    guard arguments.count == (test?.takesArgument == true ? 1 : 0) else {
      throw ChatTemplateError(
        .syntax("the test \(test?.rawValue ?? "") has \(arguments.count) arguments"), place)
    }
  }

  private mutating func test(_ value: Expression) throws(ChatTemplateError) -> Expression {
    advance()
    let isNegated = skip(name: "not")
    let place = position
    guard case .name(let name) = token else { throw syntax("the name of a test is missing") }
    advance()
    let test = try known(name, place)
    var arguments: [Expression] = []
    switch token {
    case .symbol("("):
      arguments = try self.arguments("the test \(name)", .init(names: ["other"], areNamed: false)).compactMap
      { $0 }
    case .name("else"), .name("or"), .name("and"): break
    case .name("is"): throw syntax("tests cannot be chained")
    case .name, .text, .integer, .number, .symbol("["), .symbol("{"):
      arguments = [try operand()]
    default: break
    }
    try checkCount(of: arguments, test, place)
    let result = try node(.test(test, value, arguments.first), place, arguments + [value])
    return isNegated ? try node(.not(result), place, [result]) : result
  }

  mutating func call(_ name: String, _ place: TemplatePosition) throws(ChatTemplateError) -> Expression {
    guard let function = TemplateFunction(rawValue: name) else {
      throw unsupported("the function \(name)", place)
    }
    if function == .namespace { return try namespace(place) }
    let arguments = try arguments("the function \(name)", function.parameters)
    if function == .date, case .constant(let format)? = arguments.first??.kind, let format = format.asText,
      TemplateDate.sample.written(format) == nil
    {
      throw unsupported("the date format \(format)", place)
    }
    return try node(
      .function(function, arguments), place, arguments.compactMap { $0 },
      laziness: function == .range ? .view : .none)
  }

  private mutating func namespace(_ place: TemplatePosition) throws(ChatTemplateError) -> Expression {
    advance()
    var members: [(name: String, value: Expression)] = []
    while !skip(")") {
      if !members.isEmpty {
        try expect(.symbol(","), ",")
        if skip(")") { break }
      }
      guard case .name(let name) = token, following == .symbol("=") else {
        throw unsupported("a namespace of something without a name", position)
      }
      try checkAttribute(name, position)
      advance()
      advance()
      members.append((name, try expression()))
    }
    return try node(.namespace(members), place, members.map(\.value))
  }

  /// The arguments between parentheses, in the order of the parameters.
  private mutating func arguments(
    _ what: String, _ parameters: TemplateParameters
  ) throws(ChatTemplateError) -> [Expression?] {
    let place = position
    advance()
    var result: [Expression?] = parameters.names.map { _ in nil }
    var count = 0
    var areNamed = false
    while !skip(")") {
      if count > 0 {
        try expect(.symbol(","), ",")
        if skip(")") { break }
      }
      var index = count
      if case .name(let name) = token, following == .symbol("=") {
        guard parameters.areNamed, let known = parameters.names.firstIndex(of: name) else {
          throw unsupported("the argument \(name) of \(what)", position)
        }
        advance()
        advance()
        (index, areNamed) = (known, true)
      } else if areNamed {
        throw syntax("an argument without a name follows one with a name")
      }
      guard index < result.count, result[index] == nil else {
        throw ChatTemplateError(.syntax("\(what) has too many arguments"), place)
      }
      result[index] = try expression()
      count += 1
    }
    guard result.prefix(parameters.required).allSatisfy({ $0 != nil }) else {
      throw ChatTemplateError(.syntax("\(what) has too few arguments"), place)
    }
    return result
  }
}
