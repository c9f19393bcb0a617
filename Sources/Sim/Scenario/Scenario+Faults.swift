import Actors
import Messaging

extension Scenario {
  /// A fault on the timeline.
  package struct PlannedFault: SettingsSection {
    package var kind = Kind.drop
    /// The virtual time at which the fault happens, or from which on messages and operations are counted.
    package var at = Duration.zero
    /// The virtual time at which a `partition` or a `slow` ends.
    package var until = Duration.zero
    /// The sender of the message, for faults of messages. `to` is its receiver.
    package var from = ""
    package var to = ""
    /// The number of the message or operation that the fault strikes, from 1.
    package var nth = 1
    /// The time that a message takes (`delay`, `reorder`), or for which its sender is cut off (`isolate`).
    package var by = Duration.seconds(1)
    /// The actor that a `crash` strikes; for `fail` and `slow` the actor, or `nil` for all.
    package var actor: String?
    /// The time from a `crash` to the restart; `null` if the actor never restarts.
    package var restart: Duration?
    /// The groups of actors that a `partition` separates.
    package var groups: [[String]] = []
    /// The operation, such as a tool, that a `fail` strikes.
    package var operation = ""
    /// The factor by which a `slow` lengthens a call of the policy.
    package var factor = 10
    package init() {}

    static func variants(_ catalogue: ScenarioCatalogue) -> [PlannedFault] {
      Kind.allCases.map { kind in
        var fault = PlannedFault()
        fault.kind = kind
        return fault
      }
    }

    package enum Kind: String, Sendable, CaseIterable, SettingsWord {
      case drop, duplicate, delay, reorder, isolate, crash, partition, fail, slow
    }

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("at", &at)
      try table.field("kind", &kind, required: true, decides: true)
      switch kind {
      case .drop, .duplicate, .delay, .reorder, .isolate:
        try table.field("from", &from, required: true, .notEmpty)
        try table.field("to", &to, required: true, .notEmpty)
        try table.field("nth", &nth, .within(1...1_000_000))
        if [.delay, .reorder, .isolate].contains(kind) { try table.field("by", &by, .positive) }
      case .crash:
        if actor == nil { actor = "" }
        try table.field("actor", &actor, .notEmpty)
        table.require(actor != "", at: [], "a crash names an actor: actor")
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
        try table.field("actor", &actor)
        try table.field("nth", &nth, .within(1...1_000_000))
      case .slow:
        try table.field("actor", &actor)
        try table.field("factor", &factor, .within(1...1_000_000))
        try table.field("until", &until, required: true)
        table.require(until > at, at: "until", "slowness ends after it begins")
      }
    }

    /// The fault as a text for people, such as `drop from a to b`.
    package var summary: String {
      switch kind {
      case .drop, .duplicate, .delay, .reorder, .isolate: "\(kind) from \(from) to \(to)"
      case .crash: "crash of \(actor ?? "")"
      case .partition: "partition"
      case .fail: "fail of \(operation)" + (actor.map { " by \($0)" } ?? "")
      case .slow: "slow" + (actor.map { " of \($0)" } ?? "")
      }
    }

    /// The actors that the fault names, each with its key.
    var mentions: [(name: String, key: String)] {
      switch kind {
      case .drop, .duplicate, .delay, .reorder, .isolate: [(from, "from"), (to, "to")]
      case .crash, .fail, .slow: actor.map { [($0, "actor")] } ?? []
      case .partition: groups.flatMap(\.self).map { ($0, "groups") }
      }
    }

    /// Returns why the fault cannot happen together with an earlier one; `nil` if it can.
    func contradiction(with other: PlannedFault) -> String? {
      switch (kind, other.kind) {
      case (.partition, .partition):
        at < other.until && other.at < until ? "two partitions at the same time" : nil
      case (.crash, .crash):
        actor == other.actor && at >= other.at && at < other.at + (other.restart ?? .seconds(1 << 40))
          ? "\(actor ?? "") is down already" : nil
      case (.drop, _), (.duplicate, _), (.delay, _), (.reorder, _), (.isolate, _):
        (from, to, nth, at) == (other.from, other.to, other.nth, other.at) && !from.isEmpty
          ? "two faults of the same message" : nil
      default: nil
      }
    }

    /// The fault for Messaging, which names actors by their paths.
    package var fault: Fault {
      func path(_ name: String) -> String { "root/\(name)" }
      func message(_ effect: FaultEffect) -> Fault {
        .message(effect, from: path(from), to: path(to), nth: nth, after: at)
      }
      return switch kind {
      case .drop: message(.drop)
      case .duplicate: message(.duplicate)
      case .delay: message(.delay(by))
      case .reorder: message(.reorder(by))
      case .isolate: message(.isolate(by))
      case .crash: .crash(path(actor ?? ""), at: at, restartAfter: restart)
      case .partition: .partition(groups.map { $0.map(path) }, from: at, until: until)
      case .fail: .failure(of: operation, by: actor.map(path), nth: nth, after: at)
      case .slow: .slowness(by: actor.map(path), factor: factor, from: at, until: until)
      }
    }
  }

  /// The faults that happen by chance. Each rate is from 0 to 1.
  package struct Chance: SettingsSection {
    package var drop = 0.0
    package var duplicate = 0.0
    package var delay = 0.0
    package var reorder = 0.0
    package var isolate = 0.0
    package var crash = 0.0
    package var fail = 0.0
    package var slow = 0.0
    /// The least and the greatest duration of delays, reorderings and isolations.
    package var delays = [Duration.milliseconds(1), .seconds(1)]
    /// The least and the greatest time for which a crashed actor is down; empty if it never restarts.
    package var restarts = [Duration.milliseconds(1), .seconds(1)]
    package var slowness = 10
    /// The number of faults in an episode after which chance strikes no more.
    package var most = 4

    package init() {}

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
      try table.field("restarts", &restarts)
      try table.field("slowness", &slowness, .within(1...1_000_000))
      try table.field("most", &most, .within(0...1_000_000))
      table.require(
        drop + duplicate + delay + reorder + isolate <= 1, at: [],
        "a message suffers one fault at most: the rates of drop, duplicate, delay, reorder and isolate add up to 1"
      )
      table.require(
        delays.count == 2 && delays[0] <= delays[1], at: "delays", "the least and the most: [0.001, 1]")
      table.require(
        restarts.isEmpty || restarts.count == 2 && restarts[0] <= restarts[1], at: "restarts",
        "the least and the most, [0.001, 1], or [] for never")
    }

    var rates: FaultRates {
      var rates = FaultRates()
      (rates.drop, rates.duplicate, rates.delay, rates.reorder) = (drop, duplicate, delay, reorder)
      (rates.isolate, rates.crash, rates.fail, rates.slow) = (isolate, crash, fail, slow)
      rates.delays = .uniform(delays[0], delays[1])
      rates.restartAfter = restarts.isEmpty ? nil : .uniform(restarts[0], restarts[1])
      (rates.slowness, rates.most) = (slowness, most)
      return rates
    }
  }

  /// The parameters of `strategy: "pct"`.
  package struct PCT: SettingsSection {
    /// The number of orderings that a bug may need.
    package var depth = 3
    /// The approximate number of choices of an episode.
    package var steps = 1000

    package init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("depth", &depth, .within(1...100))
      try table.field("steps", &steps, .within(1...1_000_000))
    }
  }

  /// The faults that can happen in an episode.
  package var faultPlan: FaultPlan { FaultPlan(timeline: faults.map(\.fault), rates: chance.rates) }
}
