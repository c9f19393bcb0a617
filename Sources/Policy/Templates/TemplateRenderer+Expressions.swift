/// What expressions are worth.
extension TemplateRenderer {
  mutating func evaluate(_ expression: Expression) throws(Failure) -> Value {
    let place = expression.position
    try spend(1, place)
    switch expression.kind {
    case .constant(let value): return value
    case .name(let name): return value(of: name)
    case .loop(let attribute): return try value(attribute, place)
    case .list(let parts, let isTuple):
      return try list(try evaluate(all: parts), isTuple: isTuple, place)
    case .object(let members): return try object(members, place)
    case .attribute(let value, let name): return try attribute(name, of: try evaluate(value), place)
    case .item(let value, let index):
      let value = try evaluate(value)
      return try item(try evaluate(index), of: value, place)
    case .slice(let value, let start, let stop, let step):
      return try slice(try evaluate(value), try evaluate(all: [start, stop, step]), place)
    case .not(let operand): return .bool(!(try evaluate(operand).isTrue))
    case .negative(let operand): return try negated(try evaluate(operand), place)
    case .positive(let operand):
      let value = try evaluate(operand)
      if let integer = value.asInteger { return .integer(integer) }
      return try number(value, place)
    case .arithmetic(let arithmetic, let left, let right):
      let left = try evaluate(left)
      return try apply(arithmetic, left, try evaluate(right), place)
    case .concatenation(let parts): return .text(try joined(try evaluate(all: parts), "", place))
    case .comparison(let first, let rest): return try compare(first, rest)
    case .both(let left, let right):
      let left = try evaluate(left)
      return left.isTrue ? try evaluate(right) : left
    case .either(let left, let right):
      let left = try evaluate(left)
      return left.isTrue ? left : try evaluate(right)
    case .conditional(let value, let condition, let otherwise):
      if try evaluate(condition).isTrue { return try evaluate(value) }
      return try otherwise.map { (other) throws(Failure) in try evaluate(other) }
        ?? .undefined("there is no else")
    case .filter(let filter, let value, let arguments):
      let value = try evaluate(value)
      return try apply(filter, value, try evaluate(all: arguments), place)
    case .test(let test, let value, let argument):
      let value = try evaluate(value)
      return .bool(try holds(test, value, try evaluate(all: [argument])[0], place))
    case .method(let method, let value, let arguments):
      let value = try evaluate(value)
      return try call(method, value, try evaluate(all: arguments), place)
    case .function(let function, let arguments):
      return try call(function, try evaluate(all: arguments), place)
    case .namespace(let members): return try namespace(members, place)
    case .selection(let selection): return try select(selection, place)
    case .projection(let list, let name):
      var result: [Value] = []
      for element in try candidates(list, place) {
        result.append(try item(.text(name), of: element, place))
      }
      return try self.list(result, isTuple: false, place)
    }
  }

  private mutating func evaluate(all expressions: [Expression]) throws(Failure) -> [Value] {
    var result: [Value] = []
    for expression in expressions { result.append(try evaluate(expression)) }
    return result
  }

  private mutating func evaluate(all expressions: [Expression?]) throws(Failure) -> [Value?] {
    var result: [Value?] = []
    for expression in expressions {
      if let expression { result.append(try evaluate(expression)) } else { result.append(nil) }
    }
    return result
  }

  // MARK: Lists and objects

  /// A list of elements, which is counted.
  mutating func list(
    _ elements: [Value], isTuple: Bool, _ place: TemplatePosition
  ) throws(Failure) -> Value {
    try spend(elements.count, place)
    for element in elements { try checkElement(element, place) }
    return Value(.list(elements, isTuple: isTuple))
  }

  /// Refuses what may not stand in a list, an object or a namespace.
  func checkElement(_ value: Value, _ place: TemplatePosition) throws(Failure) {
    if case .namespace = value.storage { throw Failure(.operand("a namespace in another value"), place) }
    guard value.depth < limits.valueDepth else { throw Failure(.limit(.valueDepth), place) }
  }

  private mutating func object(
    _ members: [(name: Expression, value: Expression)], _ place: TemplatePosition
  ) throws(Failure) -> Value {
    var result: [(String, Value)] = []
    for member in members {
      guard let name = try evaluate(member.name).asText else {
        throw Failure(.operand("a name of a member is no text"), member.name.position)
      }
      let value = try evaluate(member.value)
      try checkElement(value, place)
      result.append((name, value))
    }
    return .object(result)
  }

  private mutating func namespace(
    _ members: [(name: String, value: Expression)], _ place: TemplatePosition
  ) throws(Failure) -> Value {
    var values: [Value] = []
    for member in members { values.append(try evaluate(member.value)) }
    let index = namespaces.count
    namespaces.append([])
    for (member, value) in zip(members, values) {
      try set(member.name, to: value, inNamespace: index, place)
    }
    return Value(.namespace(index))
  }

  /// What a loop over the value goes through: elements, scalars of a text, names of an object.
  mutating func elements(of value: Value, _ place: TemplatePosition) throws(Failure) -> [Value] {
    switch value.storage {
    case .list(let elements, _): return elements
    case .text(let text):
      try spend(text.utf8.count, place)
      return text.unicodeScalars.map { .text(String($0)) }
    case .object(let members):
      try spend(members.count, place)
      return members.map { .text($0.name) }
    case .undefined: return []
    default: throw Failure(.operand("\(value.sort) has no elements"), place)
    }
  }

  /// A member of an object; `nil` if it has none of that name.
  mutating func member(
    _ name: String, of members: [Value.Member], _ place: TemplatePosition
  ) throws(Failure) -> Value? {
    try spend(members.count, place)
    return members.first { TemplateText.isEqual($0.name, name) }?.value
  }

  /// `value.name`.
  private mutating func attribute(
    _ name: String, of value: Value, _ place: TemplatePosition
  ) throws(Failure) -> Value {
    let taken: Set<String>
    switch value.storage {
    case .undefined(let what): throw Failure(.undefined(what), place)
    case .object(let members):
      if !PythonAttributes.ofObjects.contains(name), let value = try member(name, of: members, place) {
        return value
      }
      taken = PythonAttributes.ofObjects
    case .namespace(let index):
      return try member(name, of: namespaces[index], place)
        ?? .undefined("\(name) is not defined in the namespace")
    case .list(_, let isTuple): taken = isTuple ? PythonAttributes.ofTuples : PythonAttributes.ofLists
    case .text: taken = PythonAttributes.ofTexts
    case .bool, .integer, .number: taken = PythonAttributes.ofNumbers
    case .none, .function: taken = []
    }
    guard !taken.contains(name), !name.hasPrefix("__") else {
      throw Failure(.operand("\(name) of \(value.sort) is a method and not called"), place)
    }
    return .undefined("\(name) is not defined in \(value.sort)")
  }

  /// `value[index]`.
  private mutating func item(
    _ index: Value, of value: Value, _ place: TemplatePosition
  ) throws(Failure) -> Value {
    switch (value.storage, index.storage) {
    case (.undefined(let what), _): throw Failure(.undefined(what), place)
    case (.object(let members), .text(let name)):
      if let value = try member(name, of: members, place) { return value }
      return try attribute(name, of: value, place)
    case (_, .text(let name)): return try attribute(name, of: value, place)
    case (.list(let elements, _), _):
      if let index = index.asInteger.flatMap({ elements.place($0) }) { return elements[index] }
    case (.text(let text), _):
      try spend(text.utf8.count, place)
      let scalars = Array(text.unicodeScalars)
      if let index = index.asInteger.flatMap({ scalars.place($0) }) { return .text(String(scalars[index])) }
    default: break
    }
    return .undefined("\(value.sort) has no such element")
  }

  private mutating func slice(
    _ value: Value, _ bounds: [Value?], _ place: TemplatePosition
  ) throws(Failure) -> Value {
    var numbers: [Int?] = []
    for bound in bounds {
      let bound = bound?.orNil
      if let bound, bound.asInteger == nil { throw Failure(.operand("a bound is \(bound.sort)"), place) }
      numbers.append(bound?.asInteger)
    }
    if numbers[2] == 0 { throw Failure(.operand("the step of a slice is zero"), place) }
    switch value.storage {
    case .list(let elements, let isTuple):
      return try list(
        elements.indices(from: numbers[0], to: numbers[1], by: numbers[2] ?? 1).map { elements[$0] },
        isTuple: isTuple, place)
    case .text(let text):
      try spend(text.utf8.count, place)
      let scalars = Array(text.unicodeScalars)
      var view = String.UnicodeScalarView()
      for index in scalars.indices(from: numbers[0], to: numbers[1], by: numbers[2] ?? 1) {
        view.append(scalars[index])
      }
      return .text(String(view))
    case .undefined(let what): throw Failure(.undefined(what), place)
    default: throw Failure(.operand("\(value.sort) has no slices"), place)
    }
  }

  /// The elements that `select` and `map` go through: none of a value that counts as false, as in Jinja.
  private mutating func candidates(
    _ list: Expression, _ place: TemplatePosition
  ) throws(Failure) -> [Value] {
    let value = try evaluate(list)
    return value.isTrue ? try elements(of: value, place) : []
  }

  private mutating func select(
    _ selection: Expression.Selection, _ place: TemplatePosition
  ) throws(Failure) -> Value {
    let elements = try candidates(selection.list, place)
    let argument = try evaluate(all: [selection.argument])[0]
    var result: [Value] = []
    for element in elements {
      let value =
        if let name = selection.attribute { try item(.text(name), of: element, place) } else { element }
      try spend(1, place)
      let isKept =
        if let test = selection.test { try holds(test, value, argument, place) } else { value.isTrue }
      if isKept == selection.keeps { result.append(element) }
    }
    return try list(result, isTuple: false, place)
  }

  // MARK: Texts

  /// The text that `expression`, which is worth `value`, is written as.
  func written(_ value: Value, _ expression: Expression) throws(Failure) -> String {
    try written(value, expression.position)
  }

  func written(_ value: Value, _ place: TemplatePosition) throws(Failure) -> String {
    guard let text = value.written else {
      throw Failure(.operand("\(value.sort) is written only by tojson"), place)
    }
    return text
  }

  /// The values as texts, with `separator` between them.
  mutating func joined(
    _ values: [Value], _ separator: String, _ place: TemplatePosition
  ) throws(Failure) -> String {
    var texts: [String] = []
    for value in values {
      texts.append(try written(value, place))
      try spend(1 + texts[texts.count - 1].utf8.count + separator.utf8.count, place)
    }
    return texts.joined(separator: separator)
  }
}

extension Array {
  /// The place of an index that may count from the end, as in Python.
  fileprivate func place(_ index: Int) -> Int? {
    let place = index < 0 ? index + count : index
    return indices.contains(place) ? place : nil
  }

  /// The indices of a slice, as in Python.
  /// - Precondition: `step` is not zero.
  fileprivate func indices(from start: Int?, to stop: Int?, by step: Int) -> [Int] {
    let isForward = step > 0
    func clamped(_ index: Int?, _ standard: Int) -> Int {
      guard let index else { return standard }
      if index < 0 { return Swift.max(index + count, isForward ? 0 : -1) }
      return Swift.min(index, isForward ? count : count - 1)
    }
    var result: [Int] = []
    var place = clamped(start, isForward ? 0 : count - 1)
    let end = clamped(stop, isForward ? count : -1)
    while isForward ? place < end : place > end {
      result.append(place)
      let (next, isOver) = place.addingReportingOverflow(step)
      if isOver { break }
      place = next
    }
    return result
  }
}
