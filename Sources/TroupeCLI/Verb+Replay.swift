import ActorTesting
import Foundation
import Messaging
import Sim

extension Verb {
  private static let until = Option("--until", "EVENT", "show the events up to this one")

  /// The verb that runs logged episodes again and compares every event.
  static let replay = Verb(
    name: "replay", operands: ["LOG"],
    summary: "runs logged episodes again, every event compared with the log",
    options: Arguments.filterOptions + [events, until, .threads, .json]
  ) { arguments in
    let path = arguments.positional[0]
    var log = try EpisodeLog(URL(filePath: path))
    let setup = try arguments.setup(of: log, path)
    let filter = try arguments.filter()
    let last = try arguments.integer(until, in: 0...Int.max)
    guard filter.id != nil || last == nil else { throw UsageError("replay: --until goes with --episode ID") }
    if filter.id != nil || arguments.hasFilter || arguments.has(events) {
      return try ChosenReplay(
        path: path, setup: setup, filter: filter, until: last, withEvents: arguments.has(events),
        isJSON: arguments.has(.json)
      ).run(&log)
    }
    let begin = ContinuousClock.now
    let summary = try LogReplay(setup, threads: try arguments.threads()).run(&log)
    if let tail = log.tornTail { Console.error("\(path): \(tail)") }
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    func show(_ text: String, _ difference: JSONValue) {
      Console.print(
        arguments.has(.json)
          ? ReplayText.json(episodes: summary.episodes, events: summary.events, difference) : text)
    }
    if let divergence = summary.divergence {
      show(
        "\(divergence.episode): differs from the log at \(divergence.what)",
        ["episode": .text(divergence.episode), "text": .text("\(divergence.what)")])
      return 1
    }
    if let renamed = summary.renamed {
      let what = renamed.what
      throw UsageError(
        "\(path): \(renamed.episode), event \(what.event): the log's message \(what.expected?.name ?? "") is called "
          + "\(what.renamed ?? "") by this program; so in \(summary.renamedCount) of \(summary.episodes) episodes, the others "
          + "do as in the log")
    }
    show("\(summary.episodes) episodes, \(summary.events) events, all as in the log", .null)
    Console.error("\((seconds * 1000).rounded() / 1000) s")
    return 0
  }
}

/// The result of a replay as text and as JSON.
enum ReplayText {
  static func json(episodes: Int, events: Int, _ difference: JSONValue) -> String {
    let line: JSONValue = [
      "type": "replay", "schema": .text(LogSchema.name), "version": .integer(LogSchema.version),
      "episodes": .integer(episodes), "events": .integer(events), "difference": difference,
    ]
    return "\(line)"
  }
}

/// Repeats the chosen episodes of a log, one after another, and shows them.
private struct ChosenReplay {
  var path: String
  var setup: EpisodeSetup
  var filter: EpisodeFilter
  /// The last event that is shown; `nil` for all.
  var until: Int?
  var withEvents: Bool
  var isJSON: Bool

  /// Returns the exit code.
  func run(_ log: inout EpisodeLog) throws -> Int32 {
    if let id = filter.id {
      guard let found = try LoggedPage(id, in: &log, setup) else {
        throw UsageError("\(path): there is no episode \(id)")
      }
      return try replay(found)
    }
    var (episodes, events) = (0, 0)
    while let (record, history) = try log.next() {
      let episode = try LoggedEpisode(record, history, setup)
      guard filter.wants(episode) else { continue }
      let lines =
        withEvents || filter.choosesEvents
        ? Verb.events(of: episode, filter, setup, inherited: false) : []
      if filter.choosesEvents, lines.isEmpty { continue }
      if let difference = try difference(of: episode) { return show(difference, of: episode) }
      episodes += 1
      events += history.eventCount
      guard !isJSON else { continue }
      for line in [EpisodeText(episode).line] + lines.map({ "  " + $0 }) { Console.print(line) }
    }
    if let tail = log.tornTail { Console.error("\(path): \(tail)") }
    let text = "\(episodes) episodes, \(events) events, all as in the log"
    Console.print(isJSON ? ReplayText.json(episodes: episodes, events: events, .null) : text)
    return 0
  }

  /// Repeats one episode from its beginning, and shows it with its events up to the first that differs.
  private func replay(_ found: LoggedPage) throws -> Int32 {
    let episode = found.episode
    let difference = try difference(of: episode)
    if !isJSON {
      for line in EpisodeText(episode).page(found.credit, without: found.reason) { Console.print(line) }
      Console.print("")
      let last = min(until ?? .max, (difference?.event ?? .max) - 1)
      for line in Verb.events(of: episode, filter, setup, inherited: true, upTo: last) { Console.print(line) }
    }
    if let difference { return show(difference, of: episode) }
    let events = episode.history.eventCount
    Console.print(
      isJSON
        ? ReplayText.json(episodes: 1, events: events, .null)
        : "\(episode.id): \(EpisodeText(episode).result); \(events) events, all as in the log")
    return 0
  }

  /// Returns where the episode, run again, differs from the log.
  private func difference(of episode: LoggedEpisode) throws -> ReplayDivergence? {
    guard case .failed(.diverged(let divergence)) = setup.replay(episode.history) else { return nil }
    if let name = divergence.renamed {
      throw UsageError(
        "\(path): \(episode.id), event \(divergence.event): the log's message \(divergence.expected?.name ?? "") is "
          + "called \(name) by this program")
    }
    return divergence
  }

  private func show(_ difference: ReplayDivergence, of episode: LoggedEpisode) -> Int32 {
    Console.print(
      isJSON
        ? ReplayText.json(
          episodes: 0, events: 0, ["episode": .text(episode.id), "text": .text("\(difference)")])
        : "\(episode.id): differs from the log at \(difference)")
    return 1
  }
}
