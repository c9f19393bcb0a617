extension Scenario {
  /// A scripted agent of `troupe run`.
  public struct Agent: SettingsSection {
    public var name = ""
    public var kind = "scripted"
    public var lines: [Line] = []

    public init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("name", &name, required: true, .notEmpty)
      try table.field("kind", &kind, .known("kind of agent", table.catalogue.agentKinds))
      try table.field("lines", &lines)
    }
  }

  /// What a scripted agent says, when and to whom.
  public struct Line: SettingsSection {
    /// Said on hearing this text; `nil` means at the start.
    public var on: String?
    /// Virtual time between hearing and saying.
    public var after = Duration.zero
    public var say = ""
    /// The agent addressed; `nil` means that `say` is the episode's answer.
    public var to: String?
    /// The reward of that answer.
    public var reward: Double?

    public init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("on", &on)
      try table.field("after", &after)
      try table.field("say", &say, required: true)
      try table.field("to", &to)
      try table.field("reward", &reward, .within(-1000...1000))
      try table.require(
        to == nil || reward == nil, at: "reward",
        "only an answer has a reward, and this line is said to \(to ?? "")")
    }
  }

  /// Something that goes wrong on the timeline.
  public struct Fault: SettingsSection {
    public var kind = Kind.drop
    /// Virtual time from which on messages are counted.
    public var at = Duration.zero
    /// The sender and the receiver of the message.
    public var from = ""
    public var to = ""
    /// Which message between them, from 1.
    public var nth = 1

    public init() {}

    public enum Kind: String, Sendable, CaseIterable, SettingsWord { case drop }

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("at", &at)
      try table.field("kind", &kind, required: true)
      try table.field("from", &from, required: true, .notEmpty)
      try table.field("to", &to, required: true, .notEmpty)
      try table.field("nth", &nth, .within(1...1_000_000))
    }
  }

  /// Something that must hold in every episode.
  public struct Expectation: SettingsSection {
    public var kind = Kind.answerWithin
    /// `answerWithin`: virtual time by which the episode has answered.
    public var seconds = Duration.seconds(20)
    /// `maximumMessages`: who is counted, and the most messages it may send.
    public var agent: String?
    public var count = 50
    /// `rewardAtLeast`: the least reward.
    public var value = 0.0

    public init() {}

    public enum Kind: String, Sendable, CaseIterable, SettingsWord {
      case answerWithin, maximumMessages, rewardAtLeast
    }

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("kind", &kind, required: true)
      switch kind {
      case .answerWithin: try table.field("seconds", &seconds, required: true, .positive)
      case .maximumMessages:
        try table.field("agent", &agent)
        try table.field("count", &count, required: true, .within(0...1_000_000_000))
      case .rewardAtLeast: try table.field("value", &value, required: true, .within(-1000...1000))
      }
    }
  }
}
