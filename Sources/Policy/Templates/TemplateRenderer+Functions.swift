/// Filters, tests, methods and functions.
extension TemplateRenderer {
  mutating func apply(
    _ filter: TemplateFilter, _ value: Value, _ arguments: [Value?], _ place: TemplatePosition
  ) throws(Failure) -> Value {
    switch filter {
    case .trim:
      let text = try written(value, place)
      return try stripped(text, .both, arguments[0], place)
    case .tojson: return .text(try json(value, arguments, place))
    case .length, .count: return .integer(try count(value, place))
    case .join:
      let separator = try arguments[0].map { (value) throws(Failure) in try written(value, place) } ?? ""
      return .text(try joined(try elements(of: value, place), separator, place))
    case .default, .d:
      let isMissing = value.isUndefined || (arguments[1]?.isTrue == true && !value.isTrue)
      return isMissing ? arguments[0] ?? .text("") : value
    case .items:
      if value.isUndefined { return .list([]) }
      return try call(.items, value, [], place)
    case .first: return try elements(of: value, place).first ?? .undefined("there is no first element")
    case .last: return try elements(of: value, place).last ?? .undefined("there is no last element")
    case .string: return .text(try written(value, place))
    case .list: return try list(try elements(of: value, place), isTuple: false, place)
    case .replace:
      let (old, new) = (try written(arguments[0] ?? .none, place), try written(arguments[1] ?? .none, place))
      return try replaced(try written(value, place), old, new, arguments[2], place)
    }
  }

  mutating func holds(
    _ test: TemplateTest, _ value: Value, _ argument: Value?, _ place: TemplatePosition
  ) throws(Failure) -> Bool {
    switch (test, value.storage) {
    case (.defined, _): return !value.isUndefined
    case (.undefined, _): return value.isUndefined
    case (.equalto, _), (.eq, _): return try isEqual(value, argument ?? .none, place)
    case (.ne, _): return try !isEqual(value, argument ?? .none, place)
    case (.isIn, _): return try contains(argument ?? .none, value, place)
    case (.none, .none), (.string, .text), (.mapping, .object), (.integer, .integer), (.float, .number),
      (.boolean, .bool), (.true, .bool(true)), (.false, .bool(false)):
      return true
    case (.number, .bool), (.number, .integer), (.number, .number): return true
    case (.iterable, .text), (.iterable, .list), (.iterable, .object), (.iterable, .undefined): return true
    case (.sequence, .text), (.sequence, .list), (.sequence, .object), (.sequence, .undefined): return true
    default: return false
    }
  }

  mutating func call(
    _ method: TemplateMethod, _ value: Value, _ arguments: [Value?], _ place: TemplatePosition
  ) throws(Failure) -> Value {
    switch value.storage {
    case .undefined(let what): throw Failure(.undefined(what), place)
    case .text(let text): return try call(method, text, arguments, place)
    case .object(let members):
      try spend(members.count, place)
      switch method {
      case .items:
        return try list(
          members.map { Value(.list([.text($0.name), $0.value], isTuple: true)) }, isTuple: false, place)
      case .keys: return try list(members.map { .text($0.name) }, isTuple: false, place)
      case .values: return try list(members.map(\.value), isTuple: false, place)
      case .get:
        let key = arguments[0] ?? .none
        // Names are texts; a list or an object cannot be looked up in Python.
        if key.depth > 0 { break }
        return try key.asText.flatMap { (name) throws(Failure) in try member(name, of: members, place) }
          ?? arguments[1] ?? .none
      default: break
      }
    default: break
    }
    throw Failure(.operand("\(value.sort) has no method \(method.rawValue) for these arguments"), place)
  }

  private mutating func call(
    _ method: TemplateMethod, _ text: String, _ arguments: [Value?], _ place: TemplatePosition
  ) throws(Failure) -> Value {
    switch method {
    case .strip: return try stripped(text, .both, arguments[0], place)
    case .lstrip: return try stripped(text, .left, arguments[0], place)
    case .rstrip: return try stripped(text, .right, arguments[0], place)
    case .split: return try split(text, arguments, place)
    case .startswith: return .bool(try hasAffix(text, arguments[0], place) { $0.utf8.starts(with: $1.utf8) })
    case .endswith:
      return .bool(
        try hasAffix(text, arguments[0], place) { $0.utf8.reversed().starts(with: $1.utf8.reversed()) })
    case .replace:
      guard let old = arguments[0]?.asText, let new = arguments[1]?.asText else { break }
      return try replaced(text, old, new, arguments[2], place)
    case .items, .keys, .values, .get: break
    }
    throw Failure(.operand("a text has no method \(method.rawValue) for these arguments"), place)
  }

  mutating func call(
    _ function: TemplateFunction, _ arguments: [Value?], _ place: TemplatePosition
  ) throws(Failure) -> Value {
    switch function {
    case .range: return try range(arguments, place)
    case .raise: throw Failure(.raised(try written(arguments[0] ?? .none, place)), place)
    case .date:
      guard let date else {
        throw Failure(.input("the template asks for the date, and none is given"), place)
      }
      guard let format = arguments[0]?.asText else {
        throw Failure(.operand("the date format is no text"), place)
      }
      try spend(format.utf8.count, place)
      guard let text = date.written(format) else {
        throw Failure(.unsupported("the date format \(format)"), place)
      }
      return .text(text)
    case .namespace: throw Failure(.operand("a namespace without members"), place)
    }
  }

  // MARK: The parts

  private mutating func stripped(
    _ text: String, _ side: TemplateText.Side, _ characters: Value?, _ place: TemplatePosition
  ) throws(Failure) -> Value {
    try spend(text.utf8.count + (characters?.asText?.utf8.count ?? 0), place)
    if let characters = characters?.orNil, characters.asText == nil {
      throw Failure(.operand("the characters to strip are \(characters.sort)"), place)
    }
    return .text(TemplateText.strip(text, side, characters?.asText))
  }

  private mutating func split(
    _ text: String, _ arguments: [Value?], _ place: TemplatePosition
  ) throws(Failure) -> Value {
    guard let most = (arguments[1] ?? .integer(-1)).asInteger else {
      throw Failure(.operand("the most splits are no whole number"), place)
    }
    try spend(2 * text.utf8.count, place)
    let parts: [String]
    switch (arguments[0] ?? .none).storage {
    case .none: parts = TemplateText.words(text, atMost: most)
    case .text(let separator):
      if separator.isEmpty { throw Failure(.operand("the separator is empty"), place) }
      try spend(separator.utf8.count, place)
      parts = TemplateText.split(text, by: separator, atMost: most)
    default: throw Failure(.operand("the separator is no text"), place)
    }
    return try list(parts.map(Value.text), isTuple: false, place)
  }

  /// Whether a text begins or ends with another, or with one of a tuple.
  private mutating func hasAffix(
    _ text: String, _ affix: Value?, _ place: TemplatePosition, _ holds: (String, String) -> Bool
  ) throws(Failure) -> Bool {
    var affixes = [affix ?? .none]
    if case .list(let elements, isTuple: true)? = affix?.storage { affixes = elements }
    for affix in affixes {
      guard let affix = affix.asText else { throw Failure(.operand("\(affix.sort) is no text"), place) }
      try spend(1 + min(text.utf8.count, affix.utf8.count), place)
      if holds(text, affix) { return true }
    }
    return false
  }

  private mutating func replaced(
    _ text: String, _ old: String, _ new: String, _ count: Value?, _ place: TemplatePosition
  ) throws(Failure) -> Value {
    guard let most = (count?.orNil ?? .integer(-1)).asInteger else {
      throw Failure(.operand("the count is no whole number"), place)
    }
    guard !old.isEmpty else { throw Failure(.operand("replacing an empty text is not supported"), place) }
    try spend(2 * text.utf8.count + old.utf8.count, place)
    let parts = TemplateText.split(text, by: old, atMost: most)
    return .text(try joined(parts.map(Value.text), new, place))
  }

  private mutating func count(_ value: Value, _ place: TemplatePosition) throws(Failure) -> Int {
    switch value.storage {
    case .undefined: return 0
    case .text(let text):
      try spend(text.utf8.count, place)
      return text.unicodeScalars.count
    case .list(let elements, _): return elements.count
    case .object(let members): return members.count
    default: throw Failure(.operand("\(value.sort) has no length"), place)
    }
  }

  private mutating func range(_ arguments: [Value?], _ place: TemplatePosition) throws(Failure) -> Value {
    var numbers: [Int] = []
    for argument in arguments {
      guard let argument else { continue }
      guard let number = argument.asInteger else {
        throw Failure(.operand("a bound of a range is \(argument.sort)"), place)
      }
      numbers.append(number)
    }
    let (start, stop) = numbers.count == 1 ? (0, numbers[0]) : (numbers[0], numbers[1])
    let step = numbers.count > 2 ? numbers[2] : 1
    if step == 0 { throw Failure(.operand("the step of a range is zero"), place) }
    var result: [Value] = []
    var next = start
    while step > 0 ? next < stop : next > stop {
      guard result.count < TemplateLimits.range else { throw Failure(.limit(.number), place) }
      result.append(.integer(next))
      let (after, isOver) = next.addingReportingOverflow(step)
      if isOver { break }
      next = after
    }
    return try list(result, isTuple: false, place)
  }

  /// `tojson` of `transformers`: `json.dumps` with its defaults, and nothing escaped for HTML.
  private mutating func json(
    _ value: Value, _ arguments: [Value?], _ place: TemplatePosition
  ) throws(Failure) -> String {
    var writer = TemplateJSONWriter(limit: stepsLeft)
    writer.escapesNonASCII = arguments[0]?.isTrue ?? false
    if let indent = arguments[1]?.orNil {
      guard let width = indent.asInteger, (0...TemplateLimits.indentation).contains(width) else {
        throw Failure(.operand("an indentation of \(indent.written ?? indent.sort)"), place)
      }
      (writer.indentation, writer.itemSeparator) = (width, ",")
    }
    if let separators = arguments[2]?.orNil {
      guard case .list(let parts, _) = separators.storage, parts.count == 2, let item = parts[0].asText,
        let name = parts[1].asText
      else { throw Failure(.operand("the separators are no two texts"), place) }
      (writer.itemSeparator, writer.nameSeparator) = (item, name)
    }
    writer.sortsNames = arguments[3]?.isTrue ?? false
    do throws(TemplateJSONWriter.Failure) {
      try writer.write(value)
    } catch {
      switch error {
      case .tooLong: throw Failure(.limit(.steps), place)
      case .noJSON(let what): throw Failure(.operand("\(what) is not JSON"), place)
      }
    }
    try spend(writer.text.utf8.count, place)
    return writer.text
  }
}
