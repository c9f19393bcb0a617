import ActorTesting
import Actors
import Foundation
import Messaging
import Sim

extension Verb {
  private static let most = Option("--most", "N", "how many episodes to list (default: 20; 0: all)")
  static let events = Option("--events", nil, "also the events of every listed episode")

  /// The verb that prints the contents of a log.
  static let log = Verb(
    name: "log", operands: ["LOG"],
    summary: "prints what is in a log: a summary and its episodes, or one with its events",
    options: Arguments.filterOptions + [
      events, most, .json,
      Option(
        "--compact", "FILE",
        "keep only the chosen episodes, and what they were forked from, in a new log"),
    ]
  ) { arguments in
    let path = arguments.positional[0]
    var log = try EpisodeLog(URL(filePath: path))
    let filter = try arguments.filter()
    if let file = arguments.string("--compact") {
      return try compact(&log, path, to: file, keeping: filter, try arguments.setup(of: log, path))
    }
    let setup = try arguments.setup(of: log, path)
    if arguments.has(.json) {
      try printJSON(&log, path, filter, setup, withEvents: arguments.has(events))
    } else if filter.id != nil {
      try printPage(&log, path, filter, setup)
    } else {
      let most = try arguments.integer(most, in: 0...Int.max) ?? 20
      try printList(&log, filter, setup, most: most == 0 ? .max : most, withEvents: arguments.has(events))
    }
    if let tail = log.tornTail { Console.error("\(path): \(tail)") }
    return 0
  }

  // MARK: Text

  /// Prints a summary, and then the chosen episodes, those that failed first.
  private static func printList(
    _ log: inout EpisodeLog, _ filter: EpisodeFilter, _ setup: EpisodeSetup, most: Int, withEvents: Bool
  ) throws {
    var (summary, chosen) = (LogSummary(), LogSummary())
    var (failed, others): ([String], [String]) = ([], [])
    while let (record, history) = try log.next() {
      let episode = try LoggedEpisode(record, history, setup)
      summary.add(episode)
      guard filter.wants(episode) else { continue }
      let needsEvents = withEvents || filter.choosesEvents
      let lines = needsEvents ? events(of: episode, filter, setup, inherited: false) : []
      if filter.choosesEvents, lines.isEmpty { continue }
      chosen.add(episode)
      guard (episode.hasFailed ? failed : others).count < most else { continue }
      let text = ([EpisodeText(episode).line] + lines.map { "  " + $0 }).joined(separator: "\n")
      if episode.hasFailed { failed.append(text) } else { others.append(text) }
    }
    for line in SummaryText(log.header, summary).lines { Console.print(line) }
    let listed = (failed + others).prefix(most)
    if !listed.isEmpty { Console.print("") }
    for text in listed { Console.print(text) }
    let count = chosen.count
    if count > listed.count { Console.print("\(count - listed.count) more; --most 0 lists all") }
    if count == 0, summary.count > 0 {
      Console.print("none of the \(summary.count) episodes is as asked for")
    }
  }

  /// Prints one episode with its events, those of its design first.
  private static func printPage(
    _ log: inout EpisodeLog, _ path: String, _ filter: EpisodeFilter, _ setup: EpisodeSetup
  ) throws {
    guard let found = try LoggedPage(filter.id ?? "", in: &log, setup) else {
      throw UsageError("\(path): there is no episode \(filter.id ?? "")")
    }
    for line in EpisodeText(found.episode).page(found.credit, without: found.reason) { Console.print(line) }
    Console.print("")
    for line in events(of: found.episode, filter, setup, inherited: true) { Console.print(line) }
  }

  /// The lines of the chosen events of an episode, up to number `last`; with `inherited`, also of those before it was forked.
  static func events(
    of episode: LoggedEpisode, _ filter: EpisodeFilter, _ setup: EpisodeSetup, inherited: Bool,
    upTo last: Int = .max
  ) -> [String] {
    let own = episode.firstOwnEvent
    let broken = Set(episode.violations.compactMap(\.place?.event))
    var reader = EventReader(setup)
    var lines: [String] = []
    for event in episode.history.events.prefix(while: { $0.number <= last }) {
      let said = reader.said(event)?.text
      guard inherited || event.number >= own, filter.wants(event, said: said) else { continue }
      if inherited, event.number == own, own > 0, let parent = episode.record.parent {
        lines.append(Terminal.output.styled("-- up to here the events of \(parent.episode) --", .faint))
      }
      let line = Terminal.output.fitted(event.line(saying: said))
      let isRed = event.isFailure || broken.contains(event.number)
      lines.append(isRed ? Terminal.output.styled(line, .red) : line)
    }
    return lines
  }

  // MARK: JSON

  private static func printJSON(
    _ log: inout EpisodeLog, _ path: String, _ filter: EpisodeFilter, _ setup: EpisodeSetup, withEvents: Bool
  ) throws {
    Console.print("\(log.header.json)")
    func show(_ episode: LoggedEpisode, _ credit: LoggedCredit?) {
      var lines: [String] = []
      if withEvents || filter.id != nil || filter.choosesEvents {
        var reader = EventReader(setup)
        for event in episode.history.events {
          let said = reader.said(event)
          guard filter.wants(event, said: said?.text) else { continue }
          lines.append("\(EventReader.json(event, saying: said, of: episode))")
        }
        if filter.choosesEvents, lines.isEmpty { return }
      }
      Console.print((["\(episode.json(credit))"] + lines).joined(separator: "\n"))
    }
    if let id = filter.id {
      guard let found = try LoggedPage(id, in: &log, setup) else {
        throw UsageError("\(path): there is no episode \(id)")
      }
      return show(found.episode, found.credit)
    }
    while let (record, history) = try log.next() {
      let episode = try LoggedEpisode(record, history, setup)
      if filter.wants(episode) { show(episode, nil) }
    }
  }

  /// Writes a log with some episodes of another log and the episodes from which they descend.
  private static func compact(
    _ log: inout EpisodeLog, _ path: String, to file: String, keeping filter: EpisodeFilter,
    _ setup: EpisodeSetup
  ) throws -> Int32 {
    let header = log.header
    var keeper = EpisodeKeeper(named: "log", at: file) { url in
      try EpisodeLogError.naming(url) { () throws(LogError) in
        try ReplayLogWriter(creating: url, header: header)
      }
    }
    var kept: Set<String> = []
    while let (record, history) = try log.next() {
      guard filter.mayWant(record), filter.wants(try LoggedEpisode(record, history, setup)) else { continue }
      for ancestor in log.lineage where kept.insert(ancestor.id).inserted { try keeper.append(ancestor) }
    }
    guard !kept.isEmpty else {
      throw UsageError(
        "\(path): " + (filter.id.map { "there is no episode \($0)" } ?? "no episode is as asked for"))
    }
    try keeper.commit()
    Console.print("\(kept.count) episodes in \(file)")
    return 0
  }
}
