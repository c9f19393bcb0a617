import Actors
import Messaging

extension Scenario {
  /// Something that is done at a time of every episode: a fault strikes, or an agent with lines says something.
  ///
  /// ```
  /// scenario.timeline = [
  ///   .drop(at: .seconds(1), from: "checker", to: "asker"),
  ///   .say(at: .seconds(5), agent: "asker", text: "still there?", to: "checker"),
  /// ]
  /// ```
  /// The order of the list decides nothing, except between what two entries say at the same time.
  public struct TimelineEntry: SettingsSection {
    /// The virtual time at which it is done, or from which on messages and operations are counted.
    package var at = Duration.zero
    /// What is done: a fault, or `say`.
    package var deed = Deed.drop
    /// The agent that a `crash` strikes, or that says something; for `fail` and `slow` the agent, or `null` for all.
    package var agent: String?
    /// What the agent says.
    package var text = ""
    /// The sender of the message, for faults of messages.
    package var from = ""
    /// The receiver of the message; for `say`, `null` if the text is the episode's answer.
    package var to: String?
    /// The reward of that answer.
    package var reward: Double?
    /// The number of the message or operation that the fault strikes, from 1.
    package var nth = 1
    /// The time that a message takes (`delay`, `reorder`), or for which its sender is cut off (`isolate`).
    package var by = Duration.seconds(1)
    /// The time from a `crash` to the restart; `null` if the agent never restarts.
    package var restart: Duration?
    /// The groups of agents that a `partition` separates.
    package var groups: [[String]] = []
    /// The virtual time at which a `partition` or a `slow` ends.
    package var until = Duration.zero
    /// The operation, such as a tool, that a `fail` strikes.
    package var operation = ""
    /// The factor by which a `slow` lengthens a call of the policy.
    package var factor = 10
    package init() {}

    /// `say` comes first, because it is the one whose `to` may be `null`.
    static func variants(_ catalogue: ScenarioCatalogue) -> [TimelineEntry] {
      ([.say] + Deed.allCases.filter { $0 != .say }).map { TimelineEntry($0, at: .zero) }
    }

    /// The words of `do`.
    package enum Deed: String, Sendable, CaseIterable, SettingsWord {
      case drop, duplicate, delay, reorder, isolate, crash, partition, fail, slow, say
    }

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("at", &at, required: true)
      try table.field("do", &deed, required: true, decides: true)
      switch deed {
      case .drop, .duplicate, .delay, .reorder, .isolate:
        try table.field("from", &from, required: true, .notEmpty)
        try table.field("to", &to, .notEmpty)
        Self.requireKey("to", to, &table)
        try table.field("nth", &nth, .within(1...1_000_000))
        if [.delay, .reorder, .isolate].contains(deed) { try table.field("by", &by, .positive) }
      case .crash:
        try table.field("agent", &agent, .notEmpty)
        Self.requireKey("agent", agent, &table)
        try table.field("restart", &restart, .positive)
      case .partition:
        try table.field("groups", &groups, required: true, .notEmpty)
        try table.field("until", &until, required: true)
        table.require(until > at, at: "until", "a partition ends after it begins")
        let everybody = groups.flatMap(\.self)
        table.require(
          Set(everybody).count == everybody.count, at: "groups", "nobody is on two sides of a partition")
      case .fail:
        try table.field("operation", &operation, required: true, .notEmpty)
        try table.field("agent", &agent, .notEmpty)
        try table.field("nth", &nth, .within(1...1_000_000))
      case .slow:
        try table.field("agent", &agent, .notEmpty)
        try table.field("factor", &factor, .within(1...1_000_000))
        try table.field("until", &until, required: true)
        table.require(until > at, at: "until", "slowness ends after it begins")
      case .say:
        try table.field("agent", &agent, .notEmpty)
        Self.requireKey("agent", agent, &table)
        try table.field("text", &text, required: true)
        try table.field("to", &to, .notEmpty)
        try table.field("reward", &reward, .within(-1000...1000))
        table.require(to == nil || reward == nil, at: "reward", Line.complaintOfReward(to))
      }
    }

    /// Requires a key that other entries may leave out.
    private static func requireKey(_ key: String, _ value: String?, _ table: inout SettingsTable) {
      table.require(value != nil, at: [], kind: .missingKey, "the key \"\(key)\" is missing")
    }

    /// The entry as a text for people, such as `drop from a to b`.
    package var summary: String {
      switch deed {
      case .drop, .duplicate, .delay, .reorder, .isolate: "\(deed) from \(from) to \(to ?? "")"
      case .crash: "crash of \(agent ?? "")"
      case .partition: "partition"
      case .fail: "fail of \(operation)" + (agent.map { " by \($0)" } ?? "")
      case .slow: "slow" + (agent.map { " of \($0)" } ?? "")
      case .say: "say by \(agent ?? "")"
      }
    }

    /// The agents that the entry names, each with its key.
    var mentions: [(name: String, key: String)] {
      switch deed {
      case .drop, .duplicate, .delay, .reorder, .isolate: [(from, "from"), (to ?? "", "to")]
      case .crash, .fail, .slow: agent.map { [($0, "agent")] } ?? []
      case .partition: groups.flatMap(\.self).map { ($0, "groups") }
      case .say: [(agent ?? "", "agent")] + (to.map { [($0, "to")] } ?? [])
      }
    }

    /// Returns why the entry cannot happen together with an earlier one; `nil` if it can.
    func contradiction(with other: TimelineEntry) -> String? {
      switch (deed, other.deed) {
      case (.partition, .partition):
        at < other.until && other.at < until ? "two partitions at the same time" : nil
      case (.crash, .crash):
        agent == other.agent && at >= other.at && at < other.at + (other.restart ?? .seconds(1 << 40))
          ? "\(agent ?? "") is down already" : nil
      case (.drop, _), (.duplicate, _), (.delay, _), (.reorder, _), (.isolate, _):
        (from, to, nth, at) == (other.from, other.to, other.nth, other.at) && !from.isEmpty
          ? "two faults of the same message" : nil
      default: nil
      }
    }

    /// The fault for Messaging, which names actors by their paths; `nil` if the entry is none.
    package var fault: Fault? {
      func path(_ name: String) -> String { "root/\(name)" }
      func message(_ effect: FaultEffect) -> Fault {
        .message(effect, from: path(from), to: path(to ?? ""), nth: nth, after: at)
      }
      return switch deed {
      case .drop: message(.drop)
      case .duplicate: message(.duplicate)
      case .delay: message(.delay(by))
      case .reorder: message(.reorder(by))
      case .isolate: message(.isolate(by))
      case .crash: .crash(path(agent ?? ""), at: at, restartAfter: restart)
      case .partition: .partition(groups.map { $0.map(path) }, from: at, until: until)
      case .fail: .failure(of: operation, by: agent.map(path), nth: nth, after: at)
      case .slow: .slowness(by: agent.map(path), factor: factor, from: at, until: until)
      case .say: nil
      }
    }

    /// What the entry says, as a line; `nil` if it says nothing.
    var line: Line? { deed == .say ? Line(say: text, to: to, reward: reward) : nil }
  }

  /// The faults that can happen in an episode.
  package var faultPlan: FaultPlan { FaultPlan(timeline: timeline.compactMap(\.fault), rates: chance) }
}
