import Messaging

/// The faults that happen by chance, in a scenario: `chance: { drop: 0.02, delays: ["1ms", "3s"], most: 4 }`.
extension FaultRates: SettingsSection {
  mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
    try table.field("drop", &drop, .within(0...1))
    try table.field("duplicate", &duplicate, .within(0...1))
    try table.field("delay", &delay, .within(0...1))
    try table.field("reorder", &reorder, .within(0...1))
    try table.field("isolate", &isolate, .within(0...1))
    try table.field("crash", &crash, .within(0...1))
    try table.field("fail", &fail, .within(0...1))
    try table.field("slow", &slow, .within(0...1))
    try table.field("delays", &delays)
    /// The time for which a crashed agent is down; an empty list if it never restarts.
    var restarts = RestartDelays(distribution: restartAfter)
    try table.field("restarts", &restarts)
    restartAfter = restarts.distribution
    try table.field("slowness", &slowness, .within(1...1_000_000))
    try table.field("most", &most, .within(0...1_000_000))
    table.require(
      drop + duplicate + delay + reorder + isolate <= 1, at: [],
      "a message suffers one fault at most: the rates of drop, duplicate, delay, reorder and isolate add up to 1"
    )
  }
}

/// How long something takes: `[least, most]`, or one duration.
extension DelayDistribution: SettingsValue {
  init(reading setting: Setting) throws(ScenarioError) {
    guard case .array = setting.node.value else {
      self = .fixed(try Duration(reading: setting))
      return
    }
    let bounds = try [Duration](reading: setting)
    guard bounds.count == 2, bounds[0] <= bounds[1] else {
      throw setting.failure(.impossibleValue, "the least and the most: [0.001, 1]")
    }
    self = .uniform(bounds[0], bounds[1])
  }

  var written: JSON5Value {
    switch self {
    case .fixed(let duration): duration.written
    case .uniform(let least, let most): [least, most].written
    }
  }

  static func schema(_ catalogue: ScenarioCatalogue) -> JSONValue { schema(least: 2) }

  /// What JSON Schema says of it if a list has at least so many bounds.
  fileprivate static func schema(least: Int) -> JSONValue {
    guard case .object(var members) = Duration.schema(.stock) else {
      preconditionFailure("a duration is described")
    }
    members.removeAll { $0.name == "type" }
    members += [
      .init("type", ["number", "string", "array"]), .init("items", Duration.schema(.stock)),
      .init("minItems", .integer(least)), .init("maxItems", 2),
    ]
    return .object(members)
  }
}

/// How long a crashed actor is down: as a delay, or an empty list if it never restarts.
private struct RestartDelays: SettingsValue {
  var distribution: DelayDistribution?

  init(distribution: DelayDistribution?) { self.distribution = distribution }

  init(reading setting: Setting) throws(ScenarioError) {
    if case .array(let bounds) = setting.node.value, bounds.isEmpty { return }
    do throws(ScenarioError) {
      distribution = try DelayDistribution(reading: setting)
    } catch {
      guard error.path == setting.path, case .array = setting.node.value else { throw error }
      throw setting.failure(.impossibleValue, "the least and the most, [0.001, 1], or [] for never")
    }
  }

  var written: JSON5Value { distribution?.written ?? .array([]) }

  static func schema(_ catalogue: ScenarioCatalogue) -> JSONValue { DelayDistribution.schema(least: 0) }
}

extension Scenario {
  /// The parameters of `strategy: "pct"`.
  public struct PCT: SettingsSection {
    /// The number of orderings that a bug may need.
    package var depth = 3
    /// The approximate number of choices of an episode.
    package var steps = 1000

    package init() {}
    public init(depth: Int, steps: Int) { (self.depth, self.steps) = (depth, steps) }

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("depth", &depth, .within(1...100))
      try table.field("steps", &steps, .within(1...1_000_000))
    }
  }
}
