import ActorTesting
import Foundation
import Messaging
import Policy
import Sim

extension Verb {
  private static let policy = Option(
    "--policy", "DIR",
    "who plays: weights, recorded:LOG, or `scripted`, which knows the answers (default: the scenario's player)"
  )
  private static let schedule = Option(
    "--schedule", "STRING", "play the one episode that a schedule determines")
  private static let checkDeterminism = Option(
    "--check-determinism", nil, "play every episode twice and compare all events")

  /// The verb that plays episodes and checks the scenario's expectations.
  static let run = Verb(
    name: "run", operands: ["SCENARIO"], summary: "plays episodes and checks what the scenario expects",
    options: [
      policy, Option("--episodes", "N", "how many to play (default: the scenario's)"), .seed,
      Option("--log", "FILE", "where to keep the episodes (default: only failures, under runs/)"),
      schedule, checkDeterminism, .products, .kernel, .verbose, .json,
    ]
  ) { arguments in
    let path = arguments.positional[0]
    let scenario = try arguments.scenario(path)
    let policy = try arguments.policy(scenario)
    let servers = try policy.servers()
    let begin = ContinuousClock.now
    defer {
      if arguments.has(.verbose), let configuration = policy.configuration {
        let seconds = (ContinuousClock.now - begin) / .seconds(1)
        Console.error(
          DecoderRates(servers.statistics, configuration, seconds: seconds, threads: 1).text)
      }
      policy.remote?.report(arguments)
    }
    var plan: Schedule?
    if let text = arguments.string(schedule) {
      plan = try Schedule(parsing: text, for: scenario)
    }
    let player = try Player(scenario, arguments.registry, servers: servers)
    let count = plan == nil ? try arguments.integer("--episodes", in: 1...1_000_000) ?? scenario.episodes : 1
    let name = URL(filePath: path).deletingPathExtension().lastPathComponent
    var log = EpisodeKeeper(named: name, at: arguments.string("--log")) { try policy.log($0, scenario) }
    let isJSON = arguments.has(.json)
    var failures: [Player.Played] = []
    var unknown = 0
    var done: Set<Int> = []
    for index in 0..<count {
      let played: Player.Played
      do {
        played = try player.play(index, schedule: plan)
      } catch {
        // What was played before is kept.
        try log.commit()
        if index > 0, !log.path.isEmpty {
          Console.error("troupe: the episodes before are kept in \(log.path)")
        }
        throw error
      }
      if arguments.has(checkDeterminism) {
        let again = try player.play(index, schedule: plan)
        if let difference = try played.record.firstDifference(from: again.record) {
          let text = "\(played.id): played twice, it differs at \(difference.betweenPlays)"
          if isJSON {
            ResultLine("run", ["nondeterminism": .text(text)]).print()
          } else {
            Console.print(text)
          }
          return 1
        }
      }
      done.formUnion(played.done)
      let isFailure = !played.violations.isEmpty
      if played.unknown != nil { unknown += 1 }
      if isFailure { failures.append(played) }
      if isFailure || arguments.string("--log") != nil { try log.append(played.record) }
      if !arguments.has(.quiet) {
        if isJSON {
          let history = try EpisodeHistory(played.record)
          Console.print("\(try LoggedEpisode(played.record, history, player.setup).json())")
        } else {
          let answer = played.answer.map { "answer \"\($0.text.plain)\"" } ?? played.status.text.plain
          let text = answer + (played.unknown.map { ", unknown: \($0.plain)" } ?? "")
          Console.print(
            isFailure ? Terminal.output.styled("\(played.id): \(text)", .red) : "\(played.id): \(text)")
        }
      }
    }
    try log.commit()
    for failure in failures.prefix(10) {
      for violation in failure.violations {
        Console.error(Terminal.error.styled("\(failure.id): \(violation.plain)", .red))
      }
    }
    for (index, entry) in scenario.timeline.enumerated() where !done.contains(index) {
      let place = scenario.position(of: ["timeline", "\(index)"]).map { ":\($0.line):\($0.column)" } ?? ""
      let verb = entry.fault == nil ? ("happen", "happened") : ("strike", "struck")
      let episodes =
        count == 1 ? "did not \(verb.0) in the episode" : "\(verb.1) in none of the \(count) episodes"
      Console.error("\(path)\(place): timeline[\(index)] (\(entry.summary)) \(episodes)")
    }
    if unknown > 0 {
      Console.error(
        "\(path): of \(unknown) of the \(count) answers nobody knows whether they are right; they count neither as solved nor as failed"
      )
    }
    if isJSON {
      ResultLine(
        "run",
        [
          "episodes": .integer(count), "failed": .integer(failures.count),
          "log": log.path.isEmpty ? .null : .text(log.path),
        ]
      ).print()
      return failures.isEmpty ? 0 : 1
    }
    guard let first = failures.first else {
      Console.print("\(count) episode\(count == 1 ? "" : "s"), \(scenario.successText)")
      return 0
    }
    Console.print(
      "\(failures.count) of \(count) episodes do not do what is expected; see the first again with")
    Console.print(ShellCommand("replay", log.path, "--episode", first.id).description)
    return 1
  }
}

extension Scenario {
  /// The text for a run in which no episode failed. It claims no more than the scenario expects.
  var successText: String {
    expect.isEmpty ? "none failed; the scenario expects nothing" : "every expectation holds"
  }
}

/// A keeper of episodes, which makes a log when the first one is kept.
struct EpisodeKeeper {
  private let name: String
  private let make: (URL) throws -> ReplayLogWriter
  private var writer: ReplayLogWriter?
  /// The path of the log; empty until it exists.
  private(set) var path: String

  /// Makes a keeper. `path` is a file that does not exist; without it, the log goes into a new directory under `runs/`.
  init(named name: String, at path: String?, make: @escaping (URL) throws -> ReplayLogWriter) {
    self.name = name
    self.make = make
    self.path = path ?? ""
  }

  mutating func append(_ record: EpisodeRecord) throws { try append(record.encoded) }

  /// Keeps an encoded record.
  mutating func append(_ record: [UInt8]) throws {
    if writer == nil {
      if path.isEmpty {
        let directory = RunDirectory.fresh(named: name)
        try FileManager.default.createDirectory(at: directory.url, withIntermediateDirectories: true)
        path = directory.log.relativePath
      }
      writer = try make(URL(filePath: path))
    }
    try EpisodeLogError.naming(URL(filePath: path)) { () throws(LogError) in
      try writer?.append(record)
    }
  }

  func commit() throws {
    try EpisodeLogError.naming(URL(filePath: path)) { () throws(LogError) in _ = try writer?.commit() }
  }
}

extension PolicySource {
  /// Makes a log for episodes that this policy plays.
  func log(_ url: URL, _ scenario: Scenario) throws -> ReplayLogWriter {
    let header = LogHeader(
      program: TrainingRun.program, scenario: scenario.canonicalText, seed: scenario.seed,
      weightsDigest: weightsDigest, conditions: conditions)
    return try EpisodeLogError.naming(url) { () throws(LogError) in
      try ReplayLogWriter(creating: url, header: header)
    }
  }
}

extension RemoteRoles {
  /// Says on standard error what each server was asked, and what it costs.
  func report(_ arguments: Arguments) {
    guard !arguments.has(.quiet) else { return }
    for (server, spent, price) in spent {
      var line =
        "\(server): \(spent.calls) calls, \(spent.promptTokens) tokens of prompts and \(spent.completionTokens) of answers"
      if spent.repeated > 0 { line += ", \(spent.repeated) sent again" }
      if price > 0 { line += ", \(price) of money" }
      Console.error(line)
    }
  }
}

extension Arguments {
  /// Returns the policy that `--policy` names, or else the scenario's player.
  func policy(_ scenario: Scenario, threads: Int = 1) throws -> PolicySource {
    try PolicySource(
      named: string("--policy"), scenario, registry, products: products(), threads: threads)
  }
}
