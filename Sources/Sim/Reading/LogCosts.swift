import Actors
import Messaging
import Policy
import Serving

/// Adds up what the episodes of a log took: calls of the policy, tokens, money and virtual time. What a fork shares with its parent is counted
/// once, where it happened.
package struct LogCosts: Sendable {
  /// What one role took.
  package struct Row: Sendable, Hashable {
    package var calls = 0
    /// The calls that servers behind a network answered.
    package var served = 0
    package var promptTokens = 0
    package var answerTokens = 0
    /// The calls whose prompts nobody counted, because a server did not.
    package var uncounted = 0
    /// The money, in the unit of the scenario's prices.
    package var money = 0.0

    package mutating func add(_ other: Row) {
      calls += other.calls
      served += other.served
      promptTokens += other.promptTokens
      answerTokens += other.answerTokens
      uncounted += other.uncounted
      money += other.money
    }
  }

  package private(set) var episodes = 0
  package private(set) var designer = Row()
  package private(set) var executor = Row()
  package private(set) var time = Duration.zero
  private let servers: Scenario.Servers

  /// Makes an empty sum for a log of `scenario`, whose servers have prices.
  package init(_ scenario: Scenario) { servers = scenario.servers }

  package var all: Row {
    var row = designer
    row.add(executor)
    return row
  }

  /// Adds an episode.
  /// - Complexity: O(events, those of its parents included).
  package mutating func add(_ record: EpisodeRecord, _ history: EpisodeHistory) throws(MalformedRecord) {
    episodes += 1
    let first = record.parent?.event ?? 0
    let events = history.events
    if let last = events.last { time += last.time - (first > 0 ? events[first - 1].time : .zero) }
    for (event, turn) in try Transcript.answered(in: events) where event >= first {
      let row = Self.row(turn)
      if turn.call.caller == .designer {
        add(row, to: &designer, servers.designer)
      } else {
        add(row, to: &executor, servers.executor)
      }
    }
  }

  private func add(_ row: Row, to sum: inout Row, _ server: Scenario.Server?) {
    var row = row
    if row.served > 0, let server {
      var spent = CallBudget.Spent()
      (spent.promptTokens, spent.completionTokens) = (row.promptTokens, row.answerTokens)
      row.money = server.budget.limits.price(of: spent)
    }
    sum.add(row)
  }

  private static func row(_ turn: Transcript.Turn) -> Row {
    var row = Row()
    row.calls = 1
    row.promptTokens = turn.call.promptCount(of: turn.generation)
    row.answerTokens = turn.generation.sampledCount
    if let served = turn.generation.served {
      row.served = 1
      row.answerTokens = served.completionCount ?? 0
      row.uncounted = served.promptCount == nil ? 1 : 0
    }
    return row
  }
}
