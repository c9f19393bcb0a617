/// Arithmetic and comparisons, as in Python.
extension TemplateRenderer {
  func number(_ value: Value, _ place: TemplatePosition) throws(Failure) -> Value {
    if case .undefined(let what) = value.storage { throw Failure(.undefined(what), place) }
    guard let number = value.asNumber else { throw Failure(.operand("\(value.sort) is no number"), place) }
    return Value(.number(number))
  }

  func negated(_ value: Value, _ place: TemplatePosition) throws(Failure) -> Value {
    guard let integer = value.asInteger else {
      guard case .number(let number) = try number(value, place).storage else { return .none }
      return Value(.number(-number))
    }
    let (result, isOver) = (0).subtractingReportingOverflow(integer)
    if isOver { throw Failure(.limit(.number), place) }
    return .integer(result)
  }

  mutating func apply(
    _ arithmetic: Expression.Arithmetic, _ left: Value, _ right: Value, _ place: TemplatePosition
  ) throws(Failure) -> Value {
    if arithmetic == .plus {
      switch (left.storage, right.storage) {
      case (.text(let first), .text(let second)):
        try spend(first.utf8.count + second.utf8.count, place)
        return .text(first + second)
      case (.list(let first, let isTuple), .list(let second, let isOther)) where isTuple == isOther:
        return try list(first + second, isTuple: isTuple, place)
      default: break
      }
    }
    for operand in [left, right] {
      if case .undefined(let what) = operand.storage { throw Failure(.undefined(what), place) }
    }
    if let first = left.asInteger, let second = right.asInteger, arithmetic != .over {
      return .integer(try apply(arithmetic, first, second, place))
    }
    guard let first = left.asNumber, let second = right.asNumber else {
      throw Failure(.operand("\(left.sort) \(arithmetic.rawValue) \(right.sort)"), place)
    }
    switch arithmetic {
    case .plus: return Value(.number(first + second))
    case .minus: return Value(.number(first - second))
    case .times: return Value(.number(first * second))
    case .over:
      if second == 0 { throw Failure(.operand("a division by zero"), place) }
      return Value(.number(first / second))
    case .floor, .remainder:
      throw Failure(.operand("\(arithmetic.rawValue) of numbers that are not whole"), place)
    }
  }

  private func apply(
    _ arithmetic: Expression.Arithmetic, _ first: Int, _ second: Int, _ place: TemplatePosition
  ) throws(Failure) -> Int {
    let result: (partialValue: Int, overflow: Bool)
    switch arithmetic {
    case .plus: result = first.addingReportingOverflow(second)
    case .minus: result = first.subtractingReportingOverflow(second)
    case .times: result = first.multipliedReportingOverflow(by: second)
    case .over, .floor, .remainder:
      if second == 0 { throw Failure(.operand("a division by zero"), place) }
      let remainder = first.remainderReportingOverflow(dividingBy: second).partialValue
      // Python rounds down, so the remainder has the sign of the divisor.
      let isBelow = remainder != 0 && (remainder < 0) != (second < 0)
      guard arithmetic == .floor else { return isBelow ? remainder + second : remainder }
      result = first.dividedReportingOverflow(by: second)
      if isBelow { return result.partialValue - 1 }
    }
    if result.overflow { throw Failure(.limit(.number), place) }
    return result.partialValue
  }

  mutating func compare(
    _ first: Expression, _ rest: [(Expression.Comparison, Expression)]
  ) throws(Failure) -> Value {
    var left = try evaluate(first)
    for (comparison, expression) in rest {
      let right = try evaluate(expression)
      guard try holds(comparison, left, right, expression.position) else { return .bool(false) }
      left = right
    }
    return .bool(true)
  }

  private mutating func holds(
    _ comparison: Expression.Comparison, _ left: Value, _ right: Value, _ place: TemplatePosition
  ) throws(Failure) -> Bool {
    switch comparison {
    case .equal: return try isEqual(left, right, place)
    case .unequal: return try !isEqual(left, right, place)
    case .isIn: return try contains(right, left, place)
    case .isNotIn: return try !contains(right, left, place)
    case .less, .lessOrEqual, .greater, .greaterOrEqual:
      guard let order = try order(left, right, place) else { return false }
      return switch comparison {
      case .less: order < 0
      case .lessOrEqual: order <= 0
      case .greater: order > 0
      default: order >= 0
      }
    }
  }

  mutating func isEqual(
    _ left: Value, _ right: Value, _ place: TemplatePosition
  ) throws(Failure) -> Bool {
    try spend(1, place)
    switch (left.storage, right.storage) {
    case (.text(let first), .text(let second)):
      guard first.utf8.count == second.utf8.count else { return false }
      try spend(first.utf8.count, place)
      return TemplateText.isEqual(first, second)
    case (.none, .none), (.undefined, .undefined): return true
    case (.list(let first, let isTuple), .list(let second, let isOther)) where isTuple == isOther:
      guard first.count == second.count else { return false }
      for (one, other) in zip(first, second) where try !isEqual(one, other, place) { return false }
      return true
    case (.object(let first), .object(let second)):
      guard first.count == second.count else { return false }
      for one in first {
        guard let other = try member(one.name, of: second, place), try isEqual(one.value, other, place) else {
          return false
        }
      }
      return true
    case (.namespace(let first), .namespace(let second)): return first == second
    case (.function(let first), .function(let second)): return first == second
    default: return left.asNumber != nil && right.asNumber != nil ? try order(left, right, place) == 0 : false
    }
  }

  /// Negative if `left` comes before `right`, 0 if they are the same; `nil` if a number is none.
  private mutating func order(
    _ left: Value, _ right: Value, _ place: TemplatePosition
  ) throws(Failure) -> Int? {
    if case .text(let first) = left.storage, case .text(let second) = right.storage {
      try spend(min(first.utf8.count, second.utf8.count), place)
      if TemplateText.isEqual(first, second) { return 0 }
      // The order of UTF-8 is that of the scalars.
      return first.utf8.lexicographicallyPrecedes(second.utf8) ? -1 : 1
    }
    if let first = left.asInteger, let second = right.asInteger {
      return first == second ? 0 : first < second ? -1 : 1
    }
    guard let first = left.asNumber, let second = right.asNumber else {
      for operand in [left, right] {
        if case .undefined(let what) = operand.storage { throw Failure(.undefined(what), place) }
      }
      throw Failure(.operand("\(left.sort) and \(right.sort) have no order"), place)
    }
    if first.isNaN || second.isNaN { return nil }
    if first != second { return first < second ? -1 : 1 }
    // A whole number beyond 2⁵³ was rounded: the other is compared with it as a whole number.
    if let whole = left.asInteger, let other = Int(exactly: second) {
      return whole == other ? 0 : whole < other ? -1 : 1
    }
    if let whole = right.asInteger, let other = Int(exactly: first) {
      return other == whole ? 0 : other < whole ? -1 : 1
    }
    return 0
  }

  /// Whether `element` is in `value`: a text in a text, a name in an object, an element in a list.
  mutating func contains(
    _ value: Value, _ element: Value, _ place: TemplatePosition
  ) throws(Failure) -> Bool {
    switch (value.storage, element.storage) {
    case (.text(let text), .text(let part)):
      try spend(text.utf8.count + part.utf8.count, place)
      return part.isEmpty || !TemplateText.places(of: part, in: text, atMost: 1).isEmpty
    case (.text, _): throw Failure(.operand("\(element.sort) in a text"), place)
    case (.object(let members), .text(let name)): return try member(name, of: members, place) != nil
    case (.object, .list), (.object, .object): throw Failure(.operand("\(element.sort) in an object"), place)
    case (.object, _), (.undefined, _): return false
    case (.list(let elements, _), _):
      for other in elements where try isEqual(element, other, place) { return true }
      return false
    default: throw Failure(.operand("\(value.sort) has no elements"), place)
    }
  }
}
