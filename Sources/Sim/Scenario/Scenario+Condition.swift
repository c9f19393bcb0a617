import ActorTesting
import Messaging

/// A message pattern in a scenario: `{ from: "checker", to: "asker", name: "scripted", contains: "right" }`.
extension MessagePattern: SettingsSection {
  init() { self.init(from: nil) }

  mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
    try table.field("from", &from, .notEmpty)
    try table.field("to", &to, .notEmpty)
    try table.field("name", &name, .notEmpty)
    try table.field("contains", &contains, .notEmpty)
  }
}

/// How many messages: those that a pattern means, at least `least` and at most `most`.
struct CountedMessages: SettingsSection {
  var pattern = MessagePattern()
  var least: Int?
  var most: Int?

  init() {}
  init(_ pattern: MessagePattern, _ range: ClosedRange<Int>) {
    self.pattern = pattern
    (least, most) = (
      range.lowerBound == 0 ? nil : range.lowerBound, range.upperBound == .max ? nil : range.upperBound
    )
  }

  mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
    try pattern.describe(&table)
    try table.field("least", &least, .within(0...1_000_000_000))
    try table.field("most", &most, .within(0...1_000_000_000))
    table.require(least != nil || most != nil, at: [], "a count needs `least` or `most`")
    table.require((least ?? 0) <= (most ?? .max), at: "most", "the most is less than the least")
  }

  var range: ClosedRange<Int> { (least ?? 0)...max(least ?? 0, most ?? .max) }
}

/// The least and the most of something.
struct Bounds<Value: SettingsValue & Comparable & Sendable & Hashable>: SettingsSection {
  var least: Value?
  var most: Value?

  init() {}
  init(least: Value?, most: Value?) { (self.least, self.most) = (least, most) }

  mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
    try table.field("least", &least)
    try table.field("most", &most)
    table.require(least != nil || most != nil, at: [], "give `least`, `most` or both")
    if let least, let most { table.require(least <= most, at: "most", "the most is less than the least") }
  }

  func range(from lowest: Value, to highest: Value) -> ClosedRange<Value> {
    let low = least ?? lowest
    return low...max(low, most ?? highest)
  }
}

/// A condition in a scenario: an object with one key, such as `{ message: { from: "checker" } }` or `{ and: [...] }`.
extension EpisodeCondition: SettingsValue {
  private static let keys = [
    "message", "received", "sent", "answer", "answered", "reward", "time", "and", "or", "not",
  ]
  private static let longestTime = Duration.seconds(1 << 40)

  init(reading setting: Setting) throws(ScenarioError) {
    let members = try setting.members()
    guard let member = members.first, members.count == 1 else {
      throw setting.failure(
        .contradiction, "a condition has one key of \(Self.keys.joined(separator: ", ")); `and` joins several"
      )
    }
    let value = setting.child(member)
    switch member.key {
    case "message": self = .message(try MessagePattern(reading: value))
    case "received":
      let counted = try CountedMessages(reading: value)
      self = .received(counted.pattern, counted.range)
    case "sent":
      let counted = try CountedMessages(reading: value)
      self = .sent(counted.pattern, counted.range)
    case "answer": self = .answer(try String(reading: value))
    case "answered":
      let isAnswered = try Bool(reading: value)
      self = isAnswered ? .answer(nil) : .not(.answer(nil))
    case "reward": self = .reward(try Bounds<Double>(reading: value).range(from: -.infinity, to: .infinity))
    case "time": self = .time(try Bounds<Duration>(reading: value).range(from: .zero, to: Self.longestTime))
    case "and", "or":
      let parts = try [EpisodeCondition](reading: value)
      guard !parts.isEmpty else { throw value.failure(.impossibleValue, "must not be empty") }
      self = member.key == "and" ? .and(parts) : .or(parts)
    case "not": self = .not(try EpisodeCondition(reading: value))
    case let other:
      throw setting.failure(
        .unknownKey, Spelling.complaint(about: other, as: "key", known: Self.keys), at: member.position)
    }
  }

  static func schema(_ catalogue: ScenarioCatalogue) -> JSONValue { ["$ref": "#/$defs/condition"] }

  /// What JSON Schema says of a condition, under the name `condition` of a schema's definitions.
  static func definition(_ catalogue: ScenarioCatalogue) -> JSONValue {
    let several: JSONValue = ["type": "array", "items": schema(catalogue), "minItems": 1]
    return [
      "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false,
      "properties": [
        "message": MessagePattern.schema(catalogue), "received": CountedMessages.schema(catalogue),
        "sent": CountedMessages.schema(catalogue), "answer": ["type": "string"],
        "answered": ["type": "boolean"],
        "reward": Bounds<Double>.schema(catalogue), "time": Bounds<Duration>.schema(catalogue),
        "and": several,
        "or": several, "not": schema(catalogue),
      ],
    ]
  }

  var written: JSON5Value {
    func object(_ key: String, _ value: JSON5Value) -> JSON5Value {
      .object([JSON5Member(key, JSON5Node(value))])
    }
    return switch self {
    case .message(let pattern): object("message", pattern.written)
    case .received(let pattern, let range): object("received", CountedMessages(pattern, range).written)
    case .sent(let pattern, let range): object("sent", CountedMessages(pattern, range).written)
    case .answer(let text?): object("answer", text.written)
    case .answer(nil): object("answered", true.written)
    case .reward(let range):
      object(
        "reward",
        Bounds<Double>(
          least: range.lowerBound == -.infinity ? nil : range.lowerBound,
          most: range.upperBound == .infinity ? nil : range.upperBound
        ).written)
    case .time(let range):
      object(
        "time",
        Bounds<Duration>(
          least: range.lowerBound == .zero ? nil : range.lowerBound,
          most: range.upperBound == Self.longestTime ? nil : range.upperBound
        ).written)
    case .and(let parts): object("and", parts.written)
    case .or(let parts): object("or", parts.written)
    case .not(let part): object("not", part.written)
    }
  }

  /// The agents that the condition names.
  var mentions: [String] {
    switch self {
    case .message(let pattern), .received(let pattern, _), .sent(let pattern, _):
      [pattern.from, pattern.to].compactMap(\.self)
    case .answer, .reward, .time: []
    case .and(let parts), .or(let parts): parts.flatMap(\.mentions)
    case .not(let part): part.mentions
    }
  }
}
