import ActorTesting

extension Scenario {
  /// An agent of `troupe run`, or several agents of one kind.
  public struct Agent: SettingsSection {
    package var name = ""
    /// The kind of the agents with lines.
    static let scripted = "scripted"
    /// The kind: `scripted`, or one that the program has registered.
    package var kind = Agent.scripted
    /// The number of agents. If there are several, their names are `name-1`, `name-2` and so on.
    package var count = 1
    /// The lines of a scripted agent.
    package var lines: [Line] = []
    /// What a scripted agent does when it comes back after a crash: `listen` for its cues, `begin` with its first lines
    /// again, or be `silent`. What it was about to say when it crashed is lost.
    package var afterCrash = AfterCrash.listen
    /// The whole-number options, which the kind defines.
    package var options: [String: Int] = [:]

    /// Returns the agent with other sizes: `name` stands for the number of agents, and `name.option` for an option.
    package func resized(_ sizes: [String: Int]) -> Agent {
      var agent = self
      agent.count = sizes[name] ?? count
      for key in options.keys { agent.options[key] = sizes[sizeName(of: key)] ?? options[key] }
      return agent
    }

    func sizeName(of option: String) -> String { "\(name).\(option)" }

    /// The names of the agents.
    package var names: [String] { count == 1 ? [name] : (1...count).map { "\(name)-\($0)" } }

    package init() {}

    /// Makes an agent that says lines, or `count` of them, which are called `name-1`, `name-2` and so on.
    public init(name: String, count: Int = 1, lines: [Line], afterCrash: AfterCrash = .listen) {
      (self.name, self.count, self.lines, self.afterCrash) = (name, count, lines, afterCrash)
    }

    /// Makes an agent of a kind that the program registers, or `count` of them.
    public init(name: String, kind: String, count: Int = 1, options: [String: Int] = [:]) {
      (self.name, self.kind, self.count, self.options) = (name, kind, count, options)
    }

    /// What an agent with lines does when it comes back after a crash.
    public enum AfterCrash: String, Sendable, CaseIterable, SettingsWord { case listen, begin, silent }

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("name", &name, required: true, .notEmpty)
      try table.field("kind", &kind, .known("kind of agent", table.catalogue.agentKinds.map(\.name)))
      try table.field("count", &count, .within(1...1_000_000))
      try table.field("lines", &lines)
      try table.field("afterCrash", &afterCrash)
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

  /// A line of a scripted agent: what it says, when, and to whom.
  public struct Line: SettingsSection {
    /// The text after which the agent says the line; `nil` for the start of the episode.
    package var on: String?
    /// The virtual time between hearing that text and saying the line.
    package var after = Duration.zero
    package var say = ""
    /// The agent that gets the line; `nil` if `say` is the episode's answer.
    package var to: String?
    /// The reward of that answer.
    package var reward: Double?

    package init() {}

    /// Makes a line that is said `after` a pause on hearing `on`, or at the start if that is `nil`.
    ///
    /// It is said to an agent, or, if `to` is `nil`, it is the episode's answer and may have a reward.
    public init(
      on: String? = nil, after: Duration = .zero, say: String, to: String? = nil, reward: Double? = nil
    ) {
      (self.on, self.after, self.say, self.to, self.reward) = (on, after, say, to, reward)
    }

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("on", &on)
      try table.field("after", &after)
      try table.field("say", &say, required: true)
      try table.field("to", &to)
      try table.field("reward", &reward, .within(-1000...1000))
      table.require(to == nil || reward == nil, at: "reward", Self.complaintOfReward(to))
    }

    /// What is wrong with a reward of something that is said to an agent.
    static func complaintOfReward(_ receiver: String?) -> String {
      "only an answer has a reward, and this line is said to \(receiver ?? "")"
    }
  }

  /// A condition that every episode must meet.
  ///
  /// ```
  /// scenario.expect = [.answerWithin(.seconds(5)), .never(.sent(MessagePattern(from: "store"), 2...1_000))]
  /// ```
  public struct Expectation: SettingsSection {
    package var kind = Kind.answerWithin
    /// `answerWithin`: the virtual time at which the episode must have answered.
    package var seconds = Duration.seconds(20)
    /// `maximumMessages`: the agent whose messages are counted, and the most messages that it may send.
    package var agent: String?
    package var count = 50
    /// `rewardAtLeast`: the smallest reward.
    package var value = 0.0
    /// `holds`: the name of an invariant that the program has registered.
    package var name = ""
    /// `eventually`, `always`, `never`, `atEnd`: the condition.
    package var that = EpisodeCondition.answer(nil)
    /// `eventually`: the virtual time before which it must have held; `nil` for any.
    package var within: Duration?

    package init() {}

    static func variants(_ catalogue: ScenarioCatalogue) -> [Expectation] {
      Kind.allCases.map { kind in
        var expectation = Expectation()
        expectation.kind = kind
        return expectation
      }
    }

    package enum Kind: String, Sendable, CaseIterable, SettingsWord {
      case answerWithin, maximumMessages, rewardAtLeast, holds, eventually, always, never, atEnd
    }

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("kind", &kind, required: true, decides: true)
      switch kind {
      case .answerWithin: try table.field("seconds", &seconds, required: true, .positive)
      case .maximumMessages:
        try table.field("agent", &agent)
        try table.field("count", &count, required: true, .within(0...1_000_000_000))
      case .rewardAtLeast: try table.field("value", &value, required: true, .within(-1000...1000))
      case .holds:
        try table.field("name", &name, required: true, .known("invariant", table.catalogue.invariants))
      case .eventually:
        try table.field("that", &that, required: true)
        try table.field("within", &within, .positive)
      case .always, .never, .atEnd: try table.field("that", &that, required: true)
      }
    }
  }
}
