import Actors
import Foundation
import Messaging
import Policy
import Sim

extension Verb {
  private static let at = Option("--at", "EVENT", "how many of the episode's events are kept")
  private static let replace = Option(
    "--replace", "MESSAGE",
    "JSON that takes the place of the message at that event; text, if it is a generation")
  private static let handOn = Option(
    "--hand-on", nil, "takes the generation at that event out; the work goes on as it was given")
  private static let out = Option("--log", "FILE", "where to keep the forks (default: nowhere)")

  /// The verb that plays other continuations of a logged episode from any of its events.
  static let fork = Verb(
    name: "fork", operands: ["LOG"], summary: "goes on live from an event of a logged episode",
    options: [
      Option("--episode", "ID", "the episode to fork"), at, .seed,
      Option("--count", "K", "how many forks, each under a seed of its own (default: 1)"), replace, handOn,
      out,
      Option(
        "--policy", "DIR",
        "who answers from there on: weights, recorded:LOG, or `scripted` (default: the scenario's player)"),
      .products, .kernel, .json,
    ]
  ) { arguments in
    let path = arguments.positional[0]
    guard let wanted = arguments.string("--episode"), let event = try arguments.integer(at, in: 0...Int.max)
    else { throw UsageError("fork: --episode ID and --at EVENT say where") }
    var log = try EpisodeLog(URL(filePath: path))
    let setup = try arguments.setup(of: log, path)
    let (record, history) = try find(wanted, in: &log, path)
    let own = log.lineage.last?.parent?.event ?? 0
    guard event <= history.eventCount else {
      throw UsageError("fork: \(wanted) has \(history.eventCount) events, so none can follow number \(event)")
    }
    guard event >= own else {
      let parent = log.lineage.last?.parent?.episode ?? ""
      throw UsageError("fork: event \(event) of \(wanted) is its parent's: fork \(parent)")
    }
    let count = try arguments.integer("--count", in: 1...1_000_000) ?? 1
    let player = ForkPlayer(setup: setup, history: history, event: event)
    guard !arguments.has(handOn) || !arguments.has(replace) else {
      throw UsageError("fork: --hand-on and --replace cannot both say what happens at the event")
    }
    let replacement =
      arguments.has(handOn)
      ? try player.handOn() : try arguments.string(replace).map { try player.replacement($0) }
    let policy = try arguments.policy(setup.scenario)
    if let difference = policy.difference(from: log.header) { Console.error("\(path): \(difference)") }
    if policy.weightsDigest == "scripted", log.header.weightsDigest != "scripted", !setup.isScripted {
      Console.error(
        "\(path): `scripted` answers from event \(event) on, which knows the solutions; --policy DIR lets a policy answer"
      )
    }
    var recording = RecordedServer.Recording()
    // What came from a server is not asked again.
    if policy.remote != nil { try recording.add(history.events) }
    let servers = try policy.servers(remembering: recording)
    var keeper = EpisodeKeeper(named: "fork", at: arguments.string(out)) {
      try policy.log($0, setup.scenario)
    }
    if arguments.has(out) { for record in log.lineage { try keeper.append(record) } }
    let seed = try arguments.seed()
    for index in 0..<count {
      let played = try player.play(
        index, seed: seed.map { $0 &+ UInt64(index) }, replacing: replacement, servers: servers)
      if arguments.has(out) { try keeper.append(played.record) }
      let fork = try LoggedEpisode(played.record, EpisodeHistory(played.record, of: history), setup)
      let comparison = ForkComparison(try LoggedEpisode(record, history, setup), fork, at: event, setup)
      if arguments.has(.json) {
        Console.print("\(comparison.json)")
      } else {
        for line in comparison.lines { Console.print(line) }
      }
    }
    try keeper.commit()
    return 0
  }

  /// Finds an episode of a log by its id.
  static func find(_ wanted: String, in log: inout EpisodeLog, _ path: String) throws
    -> (EpisodeRecord, EpisodeHistory)
  {
    while let (record, history) = try log.next() { if record.id == wanted { return (record, history) } }
    throw UsageError("\(path): there is no episode \(wanted)")
  }
}
