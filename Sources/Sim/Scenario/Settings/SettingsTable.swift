import Actors
import Messaging

/// The table of a section's keys, walked once to read a file and once to write the canonical text.
///
/// A section lists its keys in one method, `describe(_:)`. A new setting needs a property with its default and one line
/// of the table; reading, range checks, suggestions and the canonical text use that line.
struct SettingsTable {
  /// The section in the file; `nil` when the table writes.
  private let section: Setting?
  private let members: [JSON5Member]
  private var keys: [String] = []
  private var missing: [String] = []
  /// What is wrong with the values of settings.
  private var errors: [ScenarioError] = []
  /// The rules between settings that are broken.
  private var broken: [ScenarioError] = []
  private(set) var written: [JSON5Member] = []
  /// The names that scenarios may use, if the table describes.
  private var described: ScenarioCatalogue?
  /// What JSON Schema says of the keys, and which of them are required.
  private(set) var properties: [JSONValue.Member] = []
  private(set) var required: [String] = []

  /// Makes a table that describes.
  init(describing catalogue: ScenarioCatalogue) {
    self.init()
    described = catalogue
  }

  /// Makes a table that writes.
  init() {
    section = nil
    members = []
  }

  /// Makes a table that reads one object.
  init(reading section: Setting) throws(ScenarioError) {
    self.section = section
    members = try section.members()
  }

  /// Whether the table says which keys there are, and reads or writes nothing.
  var isDescribing: Bool { described != nil }
  var isReading: Bool { section != nil || described != nil }
  var catalogue: ScenarioCatalogue { section?.catalogue ?? described ?? .stock }

  /// Reads `key` into `value`, or keeps the default if the file does not have it; or writes it.
  ///
  /// What is wrong with it is told by ``finish()``, with all else that is wrong in the section. If it `decides` which keys the
  /// section has, it is told at once.
  mutating func field<Value: SettingsValue>(
    _ key: String, _ value: inout Value, required: Bool = false, decides: Bool = false,
    _ rules: Rule<Value>...
  ) throws(ScenarioError) {
    if let described {
      return add(key, Value.schema(described), rules.flatMap(\.schema), value.written, isRequired: required)
    }
    guard let setting = visit(key, required: required, writing: { value.written }) else {
      if decides, missing.contains(key) { throw absence(of: key) }
      return
    }
    do throws(ScenarioError) {
      var read = value
      try read.update(from: setting)
      for rule in rules { try rule.check(read, setting) }
      value = read
    } catch {
      if decides { throw error }
      errors += error.all
    }
  }

  /// Reads or writes a setting that may be absent or `null`.
  mutating func field<Value: SettingsValue>(
    _ key: String, _ value: inout Value?, _ rules: Rule<Value>...
  ) throws(ScenarioError) {
    if let described {
      let schema = JSONValue.orNull(Value.schema(described))
      return add(key, schema, rules.flatMap(\.schema), value?.written ?? .null, isRequired: false)
    }
    guard let setting = visit(key, required: false, writing: { value?.written ?? .null }) else { return }
    guard setting.node.value != .null else { return value = nil }
    do throws(ScenarioError) {
      let read = try Value(reading: setting)
      for rule in rules { try rule.check(read, setting) }
      value = read
    } catch {
      errors += error.all
    }
  }

  /// The error for a key that decides about the others and is not there, or is misspelt.
  private func absence(of key: String) -> ScenarioError {
    guard let section else { preconditionFailure("a table that writes misses nothing") }
    // A word of two letters is one slip away from too many right ones: `to` is no misspelt `do`.
    let misspelt =
      key.count > 2 ? members.first { Spelling.nearest(to: $0.key, among: [key]) != nil } : nil
    return misspelt.map { member in
      section.failure(
        .unknownKey, Spelling.complaint(about: member.key, as: "key", known: [key]), at: member.position)
    } ?? section.failure(.missingKey, "the key \"\(key)\" is missing")
  }

  /// Describes a key: its type, what its rules say, and its default.
  private mutating func add(
    _ key: String, _ schema: JSONValue, _ rules: [JSONValue.Member], _ value: JSON5Value, isRequired: Bool
  ) {
    guard case .object(var members) = schema else { return }
    for rule in rules {
      guard let index = members.firstIndex(where: { $0.name == rule.name }) else {
        members.append(rule)
        continue
      }
      // The rule of a list's elements adds to what their type says.
      if case .object(let one) = members[index].value, case .object(let more) = rule.value {
        members[index].value = .object(one.filter { part in !more.contains { $0.name == part.name } } + more)
      } else {
        members[index].value = rule.value
      }
    }
    if isRequired {
      required.append(key)
    } else if !members.contains(where: { $0.name == "properties" }) {
      members.append(.init("default", .verbatim(value.jsonText.split(separator: "\n").joined())))
    }
    properties.append(.init(key, .object(members)))
  }

  private mutating func visit(
    _ key: String, required: Bool, writing: () -> JSON5Value
  ) -> Setting? {
    keys.append(key)
    guard let section else {
      written.append(JSON5Member(key, JSON5Node(writing())))
      return nil
    }
    guard let member = members.first(where: { $0.key == key }) else {
      if required { missing.append(key) }
      return nil
    }
    return section.child(member)
  }

  /// Requires `holds`; otherwise ``finish()`` refuses the file, with the position of the setting `keys` in this
  /// section.
  ///
  /// The error comes later because a misspelt or missing key may be the cause, and that is told first. A table that
  /// writes requires nothing.
  mutating func require(
    _ holds: Bool, at keys: [String], kind: ScenarioError.Kind = .contradiction,
    _ what: @autoclosure () -> String
  ) {
    guard let section, !holds else { return }
    broken.append(section.descendant(keys).failure(kind, what()))
  }

  /// Requires `holds`; otherwise ``finish()`` refuses the file, with the position of a setting of this section.
  mutating func require(
    _ holds: Bool, at key: String, kind: ScenarioError.Kind = .contradiction,
    _ what: @autoclosure () -> String
  ) {
    require(holds, at: [key], kind: kind, what())
  }

  /// Refuses keys that the table does not name and values that are wrong; if there are none, missing required keys; and if
  /// there are none of these either, settings that break a rule between them.
  func finish() throws(ScenarioError) {
    guard let section else { return }
    let unknown = members.filter { !keys.contains($0.key) }.map { member in
      let what = Spelling.complaint(about: member.key, as: "key", known: keys)
      return section.failure(.unknownKey, what, at: member.position)
    }
    let absent = missing.map { section.failure(.missingKey, "the key \"\($0)\" is missing") }
    // A misspelt key is missing under its right name, and a value that was refused may break any rule.
    for found in [unknown + errors, absent, broken] {
      let ordered = found.enumerated().sorted { one, other in
        guard let a = one.element.position, let b = other.element.position,
          (a.line, a.column) != (b.line, b.column)
        else { return one.offset < other.offset }
        return (a.line, a.column) < (b.line, b.column)
      }
      if let error = ScenarioError(joining: ordered.map(\.element)) { throw error }
    }
  }
}

/// A part of a scenario that is an object in the file.
protocol SettingsSection: SettingsValue, Sendable, Hashable {
  /// Makes a section with all defaults.
  init()
  /// Names every key in canonical order, with its rules, and then the rules between them.
  mutating func describe(_ table: inout SettingsTable) throws(ScenarioError)
  /// Sections that have other keys than each other, so that together they have all keys of the type.
  static func variants(_ catalogue: ScenarioCatalogue) -> [Self]
}

extension SettingsSection {
  static func variants(_ catalogue: ScenarioCatalogue) -> [Self] { [Self()] }

  /// An object with the keys of all variants. Required are those that all require.
  ///
  /// `x-type` is the name of the Swift type, whose comments say what the keys mean.
  static func schema(_ catalogue: ScenarioCatalogue) -> JSONValue {
    var properties: [JSONValue.Member] = []
    var required: [[String]] = []
    for variant in variants(catalogue) {
      var (copy, table) = (variant, SettingsTable(describing: catalogue))
      // A table that describes refuses nothing, so this does not throw.
      try? copy.describe(&table)
      required.append(table.required)
      for property in table.properties where !properties.contains(where: { $0.name == property.name }) {
        properties.append(property)
      }
    }
    let common = (required.first ?? []).filter { key in required.allSatisfy { $0.contains(key) } }
    return [
      "type": "object", "x-type": .text(String(reflecting: Self.self)), "properties": .object(properties),
      "required": .array(common.map { .text($0) }), "additionalProperties": false,
    ]
  }
}

extension JSONValue {
  /// A schema that also allows `null`.
  fileprivate static func orNull(_ schema: JSONValue) -> JSONValue {
    guard case .object(var members) = schema else { return schema }
    if let index = members.firstIndex(where: { $0.name == "type" }) {
      switch members[index].value {
      case .array(let types): members[index].value = .array(types + ["null"])
      case let type: members[index].value = [type, "null"]
      }
    } else if let index = members.firstIndex(where: { $0.name == "enum" }),
      case .array(let values) = members[index].value
    {
      members[index].value = .array(values + [.null])
    }
    return .object(members)
  }
}

extension SettingsSection {
  init(reading setting: Setting) throws(ScenarioError) {
    self.init()
    try update(from: setting)
  }

  mutating func update(from setting: Setting) throws(ScenarioError) {
    var table = try SettingsTable(reading: setting)
    try describe(&table)
    try table.finish()
  }

  var written: JSON5Value {
    var table = SettingsTable()
    var copy = self
    // A table that writes refuses nothing, so this does not throw.
    try? copy.describe(&table)
    return .object(table.written)
  }
}
