import ActorTesting
import Foundation
import Messaging
import Sim

extension Verb {
  private static let episode = Option("--episode", "ID", "only this one")

  /// The verb that runs logged episodes again and compares every event.
  static let replay = Verb(
    name: "replay", operands: ["LOG"],
    summary: "runs logged episodes again, every event compared with the log",
    options: [episode, Option("--until", "EVENT", "show the events up to this one"), .threads]
  ) { arguments in
    let path = arguments.positional[0]
    var log = try EpisodeLog(URL(filePath: path))
    let setup = try arguments.setup(of: log, path)
    let until = try arguments.integer("--until", in: 0...Int.max)
    if let wanted = arguments.string(episode) {
      return try replay(wanted, of: &log, path, setup, until)
    }
    guard until == nil else { throw UsageError("replay: --until goes with --episode ID") }
    let begin = ContinuousClock.now
    let summary = try LogReplay(setup, threads: try arguments.threads()).run(&log)
    if let tail = log.tornTail { Console.error("\(path): \(tail)") }
    if let divergence = summary.divergence {
      Console.print("\(divergence.episode): differs from the log at \(divergence.what)")
      return 1
    }
    if let renamed = summary.renamed {
      let what = renamed.what
      throw UsageError(
        "\(path): \(renamed.episode), event \(what.event): the log's message \(what.expected?.name ?? "") is called "
          + "\(what.renamed ?? "") by this program; so in \(summary.renamedCount) of \(summary.episodes) episodes, the others "
          + "do as in the log")
    }
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    Console.print("\(summary.episodes) episodes, \(summary.events) events, all as in the log")
    Console.error("\((seconds * 1000).rounded() / 1000) s")
    return 0
  }

  /// Repeats one episode from its beginning, and prints its events.
  private static func replay(
    _ wanted: String, of log: inout EpisodeLog, _ path: String, _ setup: EpisodeSetup, _ until: Int?
  ) throws -> Int32 {
    while let (record, history) = try log.next() {
      guard record.id == wanted else { continue }
      let status = setup.replay(history)
      var events = history.events
      if case .failed(.diverged(let divergence)) = status { events = Array(events.prefix(divergence.event)) }
      for event in events where until.map({ event.number <= $0 }) ?? true { Console.print("\(event)") }
      if case .failed(.diverged(let divergence)) = status {
        if let name = divergence.renamed {
          throw UsageError(
            "\(path): \(wanted), event \(divergence.event): the log's message \(divergence.expected?.name ?? "") is "
              + "called \(name) by this program")
        }
        Console.print("\(wanted): differs from the log at \(divergence)")
        return 1
      }
      let answer = try setup.answer(of: status)
      Console.print("\(wanted): \(answer.map { "answer \"\($0.text)\"" } ?? status.text)")
      for violation in try setup.violations(PlayedEpisode(status: status, history: history)) {
        Console.print("\(wanted): \(violation)")
      }
      return 0
    }
    throw UsageError("\(path): there is no episode \(wanted)")
  }

  /// The verb that prints the contents of a log.
  static let log = Verb(
    name: "log", operands: ["LOG"], summary: "prints a log's episodes, or the events of one",
    options: [
      episode, .json,
      Option(
        "--compact", "FILE",
        "keep only the chosen episode, or all, and what they were forked from, in a new log"),
    ]
  ) { arguments in
    let path = arguments.positional[0]
    var log = try EpisodeLog(URL(filePath: path))
    let wanted = arguments.string(episode)
    let isJSON = arguments.has(.json)
    if let file = arguments.string("--compact") { return try compact(&log, path, to: file, keeping: wanted) }
    if !isJSON, wanted == nil {
      let header = log.header
      Console.print(
        "written by \(header.program); seed \(header.seed); weights \(header.weightsDigest.prefix(16))")
      for condition in header.conditions { Console.print("\(condition.name): \(condition.value)") }
    }
    var found = false
    while let (record, history) = try log.next() {
      guard wanted == nil || wanted == record.id else { continue }
      found = true
      if !isJSON, wanted == nil {
        let from = record.parent.map { ", from event \($0.event) of \($0.episode)" } ?? ""
        Console.print("\(record.id)\(from): \(record.eventCount) events, \(history.outcome?.text ?? "left")")
        continue
      }
      for event in history.events.dropFirst(record.parent?.event ?? 0) {
        Console.print(
          isJSON ? "{\"episode\": \(jsonQuoted(record.id)), \(event.json.dropFirst())" : "\(event)")
      }
    }
    if let tail = log.tornTail { Console.error("\(path): \(tail)") }
    if let wanted, !found { throw UsageError("\(path): there is no episode \(wanted)") }
    return 0
  }

  /// Writes a log with some episodes of another log and the episodes from which they descend.
  private static func compact(
    _ log: inout EpisodeLog, _ path: String, to file: String, keeping wanted: String?
  ) throws -> Int32 {
    let header = log.header
    var keeper = EpisodeKeeper(named: "log", at: file) { url in
      try EpisodeLogError.naming(url) { () throws(LogError) in
        try ReplayLogWriter(creating: url, header: header)
      }
    }
    var kept: Set<String> = []
    while let (record, _) = try log.next() {
      guard wanted == nil || wanted == record.id else { continue }
      for ancestor in log.lineage where kept.insert(ancestor.id).inserted { try keeper.append(ancestor) }
    }
    if let wanted, kept.isEmpty { throw UsageError("\(path): there is no episode \(wanted)") }
    try keeper.commit()
    Console.print("\(kept.count) episodes in \(file)")
    return 0
  }
}
