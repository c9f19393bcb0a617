import Messaging
import Sim

/// What a fork changed: its result beside that of the episode, and the first event that differs.
struct ForkComparison {
  private let (original, fork): (LoggedEpisode, LoggedEpisode)
  /// The first events that differ; `nil` for an episode that has ended there, and both if nothing differs.
  private let (before, after): (Told?, Told?)

  /// An event with what its bytes mean.
  private struct Told {
    var event: EventRecord
    var said: EventReader.Said?
    var line: String { event.line(saying: said?.text) }
  }

  /// Compares `fork`, which left `original` at `event`.
  init(_ original: LoggedEpisode, _ fork: LoggedEpisode, at event: Int, _ setup: EpisodeSetup) {
    self.original = original
    self.fork = fork
    // Generations have seeds of their own in a fork. What counts is what they are asked and say.
    func told(_ events: [EventRecord]) -> [Told] {
      var reader = EventReader(setup)
      return events.map { Told(event: $0, said: reader.said($0)) }
    }
    let (old, new) = (told(original.history.events), told(fork.history.events))
    var place = event
    while place < min(old.count, new.count), old[place].line == new[place].line { place += 1 }
    (before, after) = (
      place < old.count ? old[place] : nil, place < new.count ? new[place] : nil
    )
  }

  private var isSame: Bool { before == nil && after == nil }

  /// A table of both, and the first events that differ.
  var lines: [String] {
    let terminal = Terminal.output
    let answer = fork.answerText.map { "answer \"\($0.plain)\"" } ?? EpisodeText(fork).result
    let title = terminal.styled("\(fork.id): \(answer)", fork.hasFailed ? .red : .bold)
    guard !isSame else { return [title, "  nothing differs from the episode"] }
    let rows = [
      ["", "episode", "fork"],
      ["result", EpisodeText(original).result, EpisodeText(fork).result],
      ["reward", reward(original), reward(fork)],
      [
        "virtual time", "\(EpisodeText.number(original.time.inSeconds)) s",
        "\(EpisodeText.number(fork.time.inSeconds)) s",
      ],
      ["events", "\(original.history.eventCount)", "\(fork.history.eventCount)"],
    ].filter { $0[0].isEmpty || $0[0] == "result" || $0[1] != $0[2] }
    let table = EvaluationTable.aligned(rows).map { terminal.fitted("  " + $0.trimmed) }
    func line(_ name: String, _ found: Told?) -> String {
      terminal.fitted("    \(name)  \(found?.line ?? "(ended)")")
    }
    return [title] + table + [
      "  the first event that differs:", line("episode", before), line("fork   ", after),
    ]
  }

  private func reward(_ episode: LoggedEpisode) -> String {
    episode.reward.map { EpisodeText.number($0.executors) } ?? ""
  }

  /// The same as JSON.
  var json: JSONValue {
    func event(_ found: Told?, of episode: LoggedEpisode) -> JSONValue {
      found.map { EventReader.json($0.event, saying: $0.said, of: episode) } ?? .null
    }
    return [
      "type": "fork", "schema": .text(LogSchema.name), "version": .integer(LogSchema.version),
      "episode": original.json(), "fork": fork.json(),
      "first_difference": isSame
        ? .null : ["episode": event(before, of: original), "fork": event(after, of: fork)],
    ]
  }
}

extension String {
  /// The text without spaces at its end.
  var trimmed: String { String(reversed().drop { $0 == " " }.reversed()) }
}
