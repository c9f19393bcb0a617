import ActorTesting
import Actors
import Foundation
import Messaging
import Policy
import Sim

extension Verb {
  private static let seeds = Option("--seeds", "A..B", "the seeds to play, B included (default: 1..1000)")
  private static let strategy = Option(
    "--strategy", "NAME", "random (default), pct, dfs or fifo: who goes first among ready events")
  private static let depth = Option(
    "--depth", "N", "pct: how many orderings a bug may need (3); dfs: how many choices vary (12)")

  private static let granularity = Option(
    "--granularity", "NAME",
    "events (default), or awaits: the jobs of plain actors and tasks between two events are choices, too")
  private static let episode = Option(
    "--episode", "ID",
    "in place of the scenario: other orders of this episode of a log, with the answers that it recorded")
  private static let diagram = Option(
    "--diagram", nil, "print the failure as a picture: a lane for each actor, a row for each event")
  private static let html = Option(
    "--html", "FILE", "write a page that shows what was explored, and the failure as a drawing")

  /// The verb that looks for an episode that fails, and shrinks it.
  static let explore = Verb(
    name: "explore", operands: ["SCENARIO or LOG"],
    summary: "plays many orders and faults; shrinks and keeps the first failure",
    options: [
      seeds, strategy, depth, granularity,
      Option("--check-determinism", nil, "play every seed twice and compare all events"),
      Option("--log", "FILE", "where to keep the failure (default: under runs/)"), diagram, html, episode,
      .threads, .json,
    ]
  ) { arguments in
    let path = arguments.positional[0]
    let scenario = try arguments.scenario(path)
    let unanswered = UnansweredOrders()
    var explorer = Explorer(
      try arguments.string(episode).map { try system(of: $0, in: path, unanswered, arguments) }
        ?? SimulatedSystem(scenario, arguments.registry))
    explorer.threads = try arguments.threads()
    explorer.strategy = try explored(arguments, scenario)
    explorer.granularity = try chosen(arguments)
    explorer.checksDeterminism = arguments.has("--check-determinism")
    let result: Explorer.Exploration
    do {
      result = try explorer.explore(seeds: try range(arguments.string(seeds) ?? "1..1000"))
    } catch let error as Explorer.Nondeterminism {
      if arguments.has(.json) {
        ResultLine("explore", ["nondeterminism": .text("\(error)")]).print()
      } else {
        Console.print("\(error)")
      }
      return 1
    }
    guard let failure = result.failure else {
      try write(ExplorationPage(fileName(path), explorer, result, arguments.string(seeds)), arguments)
      if arguments.has(.json) {
        ResultLine(
          "explore",
          [
            "episodes": .integer(result.episodes), "failure": .null,
            "coverage": .optional(result.coverage.map { "\($0)" }), "unanswered": .integer(unanswered.count),
          ]
        ).print()
        return 0
      }
      Console.print("\(result.episodes) episodes, \(scenario.successText)")
      if unanswered.count > 0 {
        Console.print("\(unanswered.count) of them ask what no answer is recorded to, and were left there")
      }
      if let coverage = result.coverage { Console.print("\(coverage)") }
      return 0
    }
    let smaller = arguments.has(episode) ? scenario : scenario.shrunk(to: failure)
    let policy = try PolicySource(named: "scripted", smaller)
    let name = fileName(path)
    var log = EpisodeKeeper(named: name, at: arguments.string("--log")) { try policy.log($0, smaller) }
    try log.append(failure.record)
    try log.commit()
    let schedule = Schedule(failure.shrunk, seed: failure.record.seed, of: smaller)
    let replay = ShellCommand("replay", log.path, "--episode", failure.record.id).description
    // A schedule plays only with the scenario that it is of. If that is not the file's, the log has it.
    let played = smaller == scenario ? path : log.path
    let live =
      arguments.has(episode)
      ? nil : ShellCommand("run", played, "--schedule", schedule.description).description
    if arguments.has(html) {
      var page = ExplorationPage(fileName(path), explorer, result, arguments.string(seeds))
      let events = try explorer.system.caused(failure.record, sizes: failure.sizes)
      page.failure = .init(failure, schedule, events, replay: replay, live: live)
      try write(page, arguments)
    }
    if arguments.has(.json) {
      ResultLine(
        "explore",
        [
          "episodes": .integer(result.episodes),
          "failure": [
            "seed": .digits(failure.seed), "violation": .text(failure.violation),
            "decisions": .integer(failure.found.decisionCount),
            "shrunk": .integer(failure.shrunk.decisionCount), "schedule": .text(schedule.description),
            "log": .text(log.path), "diagram": .text(failure.diagram), "episode": .text(failure.record.id),
            "replay": .text(replay), "run": .optional(live),
          ], "coverage": .null,
        ]
      ).print()
      return 1
    }
    Console.print("seed \(failure.seed), episode \(result.episodes): \(failure.violation)")
    Console.print(
      "shrunk from \(failure.found.decisionCount) decisions to \(failure.shrunk.decisionCount), "
        + "from \(scenario.faultPlan.timeline.count) faults on the timeline to \(failure.timeline.count)"
        + failure.sizes.sorted { $0.key < $1.key }.map { ", \($0.key): \($0.value)" }.joined())
    if arguments.has(diagram) {
      Console.print("what happened to whom (●), what was under way (│), and who waited (┊):")
      Console.print(failure.diagram)
    }
    Console.print("see it again with")
    Console.print(replay)
    if let live {
      Console.print("play it live, with your program as it is then, by its schedule")
      Console.print(live)
    }
    return 1
  }

  /// Returns the system of the episode `id` in a log, whose recorded answers are the policy.
  private static func system(
    of id: String, in path: String, _ unanswered: UnansweredOrders, _ arguments: Arguments
  ) throws -> SimulatedSystem {
    guard var log = try Arguments.log(in: URL(filePath: path)) else {
      throw UsageError("explore: --episode names an episode of a log, and \(path) is none")
    }
    let setup = try arguments.setup(of: log, path)
    let (record, history) = try find(id, in: &log, path)
    if let parent = record.parent?.episode {
      throw UsageError("explore: \(id) is a fork, whose beginning is another episode's: explore \(parent)")
    }
    var recording = RecordedServer.Recording()
    try recording.add(history.events)
    return SimulatedSystem(of: history, seed: record.seed, setup, unanswered: unanswered) { [recording] in
      .both(RecordedServer(recording))
    }
  }

  private static func fileName(_ path: String) -> String {
    URL(filePath: path).deletingPathExtension().lastPathComponent
  }

  private static func write(_ page: ExplorationPage, _ arguments: Arguments) throws {
    guard let file = arguments.string(html).map({ URL(filePath: $0) }) else { return }
    do {
      try Data(page.html.utf8).write(to: file, options: .atomic)
    } catch {
      throw UsageError("\(file.relativePath): \(FileFailure(error, .written))")
    }
  }

  private static func explored(_ arguments: Arguments, _ scenario: Scenario) throws -> ExplorationStrategy {
    let depth = try arguments.integer(depth, in: 1...1000)
    switch arguments.string(strategy) ?? "random" {
    case "random": return .random
    case "pct": return .pct(depth: depth ?? scenario.pct.depth, steps: scenario.pct.steps)
    case "dfs": return .dfs(depth: depth ?? 12)
    case "fifo": return .fifo
    case let other:
      let near = Spelling.nearest(to: other, among: ["random", "pct", "dfs", "fifo"])
      throw UsageError(
        "--strategy: unknown strategy '\(other)'" + (near.map { "; did you mean '\($0)'?" } ?? ""))
    }
  }

  private static func chosen(_ arguments: Arguments) throws -> Granularity {
    switch arguments.string(granularity) ?? "events" {
    case "events": return .events
    case "awaits": return .awaits
    case let other:
      let near = Spelling.nearest(to: other, among: ["events", "awaits"])
      throw UsageError(
        "--granularity: unknown granularity '\(other)'" + (near.map { "; did you mean '\($0)'?" } ?? ""))
    }
  }

  private static func range(_ text: String) throws -> Range<UInt64> {
    let ends = text.components(separatedBy: "..")
    guard ends.count == 2, let first = UInt64(ends[0]), let last = UInt64(ends[1]), first <= last,
      last < UInt64.max
    else { throw UsageError("--seeds: '\(text)' is not a range such as 1..1000") }
    return first..<(last + 1)
  }
}

extension Scenario {
  /// Returns the scenario with the sizes and the timeline that a failure still needs.
  fileprivate func shrunk(to failure: Explorer.Failure) -> Scenario {
    var smaller = self
    smaller.timeline = timeline.filter { $0.fault.map(failure.timeline.contains) ?? true }
    smaller.agents = agents.map { $0.resized(failure.sizes) }
    return smaller
  }
}
