import Messaging

/// A type of settings, which reads itself from the file and writes itself to the canonical text.
protocol SettingsValue {
  init(reading setting: Setting) throws(ScenarioError)
  /// Reads the setting into this value. A section that is given in part keeps its other values.
  mutating func update(from setting: Setting) throws(ScenarioError)
  var written: JSON5Value { get }
  /// What JSON Schema says of all values of the type; a section's depends on the names that scenarios may use.
  static func schema(_ catalogue: ScenarioCatalogue) -> JSONValue
}

extension SettingsValue {
  mutating func update(from setting: Setting) throws(ScenarioError) {
    self = try Self(reading: setting)
  }
}

extension Bool: SettingsValue {
  init(reading setting: Setting) throws(ScenarioError) {
    guard case .bool(let flag) = setting.node.value else {
      throw setting.wrongType(expected: "true or false")
    }
    self = flag
  }
  var written: JSON5Value { .bool(self) }
  static func schema(_ catalogue: ScenarioCatalogue) -> JSONValue { ["type": "boolean"] }
}

extension String: SettingsValue {
  init(reading setting: Setting) throws(ScenarioError) {
    guard case .string(let string) = setting.node.value else { throw setting.wrongType(expected: "a string") }
    self = string
  }
  var written: JSON5Value { .string(self) }
  static func schema(_ catalogue: ScenarioCatalogue) -> JSONValue { ["type": "string"] }
}

extension Double: SettingsValue {
  init(reading setting: Setting) throws(ScenarioError) {
    guard case .number(let digits) = setting.node.value else { throw setting.wrongType(expected: "a number") }
    guard let number = Double(digits), number.isFinite else {
      throw setting.failure(.impossibleValue, "\(digits) is not a finite number")
    }
    self = number
  }
  var written: JSON5Value { .number(description) }
  static func schema(_ catalogue: ScenarioCatalogue) -> JSONValue { ["type": "number"] }
}

extension SettingsValue where Self: FixedWidthInteger {
  init(reading setting: Setting) throws(ScenarioError) {
    guard case .number(let digits) = setting.node.value else {
      throw setting.wrongType(expected: "a whole number")
    }
    if let exact = Self(digits) ?? Double(digits).flatMap(Self.init(exactly:)) {
      self = exact
    } else if let number = Double(digits), number == number.rounded() {
      throw setting.failure(.impossibleValue, "\(digits) must be from \(Self.min) to \(Self.max)")
    } else {
      throw setting.failure(.wrongType, "expected a whole number, found \(digits)")
    }
  }
  var written: JSON5Value { .number(String(self)) }
  static func schema(_ catalogue: ScenarioCatalogue) -> JSONValue { ["type": "integer"] }
}
extension Int: SettingsValue {}
extension UInt64: SettingsValue {}

/// A duration is seconds in the file, or a text such as `"200ms"`, and whole nanoseconds in memory, so reading the
/// written text gives the same value.
extension Duration: SettingsValue {
  /// The units of a duration that is given as text, in seconds.
  private static let units = [
    ("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3), ("min", 60.0), ("s", 1.0), ("h", 3600.0),
  ]

  init(reading setting: Setting) throws(ScenarioError) {
    let seconds: Double
    if case .string(let text) = setting.node.value {
      let unit = Self.units.first { text.hasSuffix($0.0) }
      let number = unit.flatMap { Double(text.dropLast($0.0.count).filter { $0 != " " }) }
      guard let unit, let number, number.isFinite else {
        let words = "\"200ms\", \"5s\", \"2min\", \"1h\" or 5, which is seconds"
        throw setting.failure(.impossibleValue, "\(jsonQuoted(text)) is no duration such as \(words)")
      }
      seconds = number * unit.1
    } else if case .number = setting.node.value {
      seconds = try Double(reading: setting)
    } else {
      throw setting.wrongType(expected: "a duration, such as 5 or \"5s\"")
    }
    guard (0...1e6).contains(seconds) else {
      throw setting.failure(.impossibleValue, "\(seconds) s must be from 0 to 1000000 s")
    }
    self = .nanoseconds(Int64((seconds * 1e9).rounded()))
  }
  static func schema(_ catalogue: ScenarioCatalogue) -> JSONValue {
    let units = units.map(\.0).joined(separator: "|")
    return ["type": ["number", "string"], "pattern": .text("^[0-9.eE+-]+ *(\(units))$")]
  }
  var written: JSON5Value {
    let (seconds, attoseconds) = components
    return (Double(seconds * 1_000_000_000 + attoseconds / 1_000_000_000) / 1e9).written
  }
}

/// A range is `[low, high]`, or one number for both.
extension ClosedRange: SettingsValue where Bound == Int {
  init(reading setting: Setting) throws(ScenarioError) {
    if case .number = setting.node.value {
      let bound = try Int(reading: setting)
      self = bound...bound
      return
    }
    let bounds = try [Int](reading: setting)
    guard bounds.count == 2 else { throw setting.wrongType(expected: "[low, high]") }
    guard bounds[0] <= bounds[1] else {
      throw setting.failure(.impossibleValue, "the low end \(bounds[0]) is above the high end \(bounds[1])")
    }
    self = bounds[0]...bounds[1]
  }
  var written: JSON5Value { [lowerBound, upperBound].written }
  static func schema(_ catalogue: ScenarioCatalogue) -> JSONValue {
    ["type": ["integer", "array"], "items": ["type": "integer"], "minItems": 2, "maxItems": 2]
  }
}

extension Array: SettingsValue where Element: SettingsValue {
  init(reading setting: Setting) throws(ScenarioError) {
    self = []
    var errors: [ScenarioError] = []
    for element in try setting.elements() {
      do throws(ScenarioError) { append(try Element(reading: element)) } catch { errors += error.all }
    }
    if let error = ScenarioError(joining: errors) { throw error }
  }
  var written: JSON5Value { .array(map { JSON5Node($0.written) }) }
  static func schema(_ catalogue: ScenarioCatalogue) -> JSONValue {
    ["type": "array", "items": Element.schema(catalogue)]
  }
}

/// A dictionary is an object whose keys are names. It is written in the order of the names.
extension Dictionary: SettingsValue where Key == String, Value: SettingsValue {
  init(reading setting: Setting) throws(ScenarioError) {
    self = [:]
    var errors: [ScenarioError] = []
    for member in try setting.members() {
      do throws(ScenarioError) {
        self[member.key] = try Value(reading: setting.child(member))
      } catch {
        errors += error.all
      }
    }
    if let error = ScenarioError(joining: errors) { throw error }
  }
  var written: JSON5Value {
    .object(sorted { $0.key < $1.key }.map { JSON5Member($0.key, JSON5Node($0.value.written)) })
  }
  static func schema(_ catalogue: ScenarioCatalogue) -> JSONValue {
    ["type": "object", "additionalProperties": Value.schema(catalogue)]
  }
}

/// A setting that is one of a few fixed words.
protocol SettingsWord: SettingsValue, RawRepresentable, CaseIterable where RawValue == String {}

extension SettingsWord {
  init(reading setting: Setting) throws(ScenarioError) {
    let word = try String(reading: setting)
    guard let value = Self(rawValue: word) else {
      let known = Self.allCases.map(\.rawValue)
      throw setting.failure(.impossibleValue, Spelling.complaint(about: word, as: "value", known: known))
    }
    self = value
  }
  var written: JSON5Value { .string(rawValue) }
  static func schema(_ catalogue: ScenarioCatalogue) -> JSONValue {
    ["enum": .array(allCases.map { .text($0.rawValue) })]
  }
}
