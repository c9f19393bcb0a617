extension Scenario {
  /// An agent of `troupe run`, or several of a kind.
  public struct Agent: SettingsSection {
    public var name = ""
    /// `scripted`, or a kind that the program has registered.
    public var kind = "scripted"
    /// With more than one, they are called `name-1`, `name-2` and so on.
    public var count = 1
    /// Of a scripted agent.
    public var lines: [Line] = []
    /// Whole numbers that the kind knows.
    public var options: [String: Int] = [:]

    /// With other sizes: the number of agents under their name, an option under `name.option`.
    public func resized(_ sizes: [String: Int]) -> Agent {
      var agent = self
      agent.count = sizes[name] ?? count
      for key in options.keys { agent.options[key] = sizes[sizeName(of: key)] ?? options[key] }
      return agent
    }

    func sizeName(of option: String) -> String { "\(name).\(option)" }

    /// What they are called.
    public var names: [String] { count == 1 ? [name] : (1...count).map { "\(name)-\($0)" } }

    public init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("name", &name, required: true, .notEmpty)
      try table.field("kind", &kind, .known("kind of agent", table.catalogue.agentKinds.map(\.name)))
      try table.field("count", &count, .within(1...1_000_000))
      try table.field("lines", &lines)
      try table.field("options", &options)
      let known = table.catalogue.agentKinds.first { $0.name == kind }?.options ?? []
      for (key, value) in options.sorted(by: { $0.key < $1.key }) {
        guard let option = known.first(where: { $0.name == key }) else {
          let what = Spelling.complaint(about: key, as: "option of \(kind)", known: known.map(\.name))
          table.require(false, at: ["options", key], kind: .unknownKey, what)
          continue
        }
        let range = option.range
        table.require(
          range.contains(value), at: ["options", key], kind: .impossibleValue,
          "\(value) must be from \(range.lowerBound) to \(range.upperBound)")
      }
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
      table.require(
        to == nil || reward == nil, at: "reward",
        "only an answer has a reward, and this line is said to \(to ?? "")")
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
    /// `holds`: what the program has registered under this name.
    public var name = ""

    public init() {}

    public enum Kind: String, Sendable, CaseIterable, SettingsWord {
      case answerWithin, maximumMessages, rewardAtLeast, holds
    }

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("kind", &kind, required: true)
      switch kind {
      case .answerWithin: try table.field("seconds", &seconds, required: true, .positive)
      case .maximumMessages:
        try table.field("agent", &agent)
        try table.field("count", &count, required: true, .within(0...1_000_000_000))
      case .rewardAtLeast: try table.field("value", &value, required: true, .within(-1000...1000))
      case .holds:
        try table.field("name", &name, required: true, .known("invariant", table.catalogue.invariants))
      }
    }
  }
}
