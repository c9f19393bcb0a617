import Actors

/// The table of a section's keys, walked once to read a file and once to write the canonical text.
///
/// A section lists its keys in one method, `describe(_:)`. A new setting needs a property with its default and one line
/// of the table; reading, range checks, suggestions and the canonical text use that line.
struct SettingsTable {
  /// The section in the file; `nil` when the table writes.
  private let section: Setting?
  private let members: [JSON5Member]
  private var keys: [String] = []
  private var missing: String?
  /// The first rule between settings that is broken.
  private var broken: ScenarioError?
  private(set) var written: [JSON5Member] = []

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

  var isReading: Bool { section != nil }
  var catalogue: ScenarioCatalogue { section?.catalogue ?? .stock }

  /// Reads `key` into `value`, or keeps the default if the file does not have it; or writes it.
  mutating func field<Value: SettingsValue>(
    _ key: String, _ value: inout Value, required: Bool = false, _ rules: Rule<Value>...
  ) throws(ScenarioError) {
    guard let setting = visit(key, required: required, writing: { value.written }) else { return }
    try value.update(from: setting)
    for rule in rules { try rule.check(value, setting) }
  }

  /// Reads or writes a setting that may be absent or `null`.
  mutating func field<Value: SettingsValue>(
    _ key: String, _ value: inout Value?, _ rules: Rule<Value>...
  ) throws(ScenarioError) {
    guard let setting = visit(key, required: false, writing: { value?.written ?? .null }) else { return }
    guard setting.node.value != .null else { return value = nil }
    let read = try Value(reading: setting)
    for rule in rules { try rule.check(read, setting) }
    value = read
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
      if required, missing == nil { missing = key }
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
    guard let section, broken == nil, !holds else { return }
    broken = section.descendant(keys).failure(kind, what())
  }

  /// Requires `holds`; otherwise ``finish()`` refuses the file, with the position of a setting of this section.
  mutating func require(
    _ holds: Bool, at key: String, kind: ScenarioError.Kind = .contradiction,
    _ what: @autoclosure () -> String
  ) {
    require(holds, at: [key], kind: kind, what())
  }

  /// Refuses keys that the table does not name, then a missing required key, then settings that break a rule between
  /// them.
  func finish() throws(ScenarioError) {
    guard let section else { return }
    if let unknown = members.first(where: { !keys.contains($0.key) }) {
      let what = Spelling.complaint(about: unknown.key, as: "key", known: keys)
      throw section.failure(.unknownKey, what, at: unknown.position)
    }
    if let missing { throw section.failure(.missingKey, "the key \"\(missing)\" is missing") }
    if let broken { throw broken }
  }
}

/// A part of a scenario that is an object in the file.
protocol SettingsSection: SettingsValue, Sendable, Hashable {
  /// Makes a section with all defaults.
  init()
  /// Names every key in canonical order, with its rules, and then the rules between them.
  mutating func describe(_ table: inout SettingsTable) throws(ScenarioError)
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
