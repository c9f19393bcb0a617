import Messaging

/// Counts the episodes of a log, one after another.
package struct LogSummary: Sendable {
  /// The episodes of one family, or all of one kind if there are no families.
  package struct Row: Sendable, Hashable {
    package var episodes = 0
    package var solved = 0
    /// How many came to an answer of which nobody knows whether it is right.
    package var unknown = 0
    /// How many came to an answer.
    package var answered = 0
    package var failed = 0
    package var rewarded = 0
    package var reward = 0.0
    package var calls = 0
    package var tokens = 0
    package var time = Duration.zero

    mutating func add(_ episode: LoggedEpisode) {
      episodes += 1
      if episode.isSolved == true { solved += 1 }
      if episode.unknown != nil { unknown += 1 }
      if episode.answerText != nil { answered += 1 }
      if episode.hasFailed { failed += 1 }
      if let earned = episode.reward?.executors {
        rewarded += 1
        reward += earned
      }
      calls += episode.outcome?.calls.count ?? 0
      tokens += episode.tokens
      time += episode.time
    }
  }

  /// The number of episodes by kind.
  package private(set) var kinds: [LoggedEpisode.Kind: Int] = [:]
  /// The episodes that came to their end, by family; under the empty name those without a task.
  package private(set) var families: [String: Row] = [:]
  /// Their sum.
  package private(set) var all = Row()

  package init() {}

  /// The number of episodes of all kinds.
  package var count: Int { kinds.values.reduce(0, +) }

  package mutating func add(_ episode: LoggedEpisode) {
    kinds[episode.kind, default: 0] += 1
    // A design's episode ends where its executions begin.
    guard episode.kind != .design else { return }
    families[episode.task?.family ?? "", default: Row()].add(episode)
    all.add(episode)
  }
}
