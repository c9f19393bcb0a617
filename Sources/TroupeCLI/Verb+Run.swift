import Actors
import Foundation
import Messaging
import Policy
import Sim

extension Verb {
  /// Plays episodes and checks what the scenario expects of them.
  static let run = Verb(
    name: "run", operands: ["SCENARIO"], summary: "plays episodes and checks what the scenario expects",
    options: [
      Option("--policy", "DIR", "the policy that plays, or `scripted` (default), which knows the answers"),
      Option("--episodes", "N", "how many to play (default: the scenario's)"), .seed,
      Option("--log", "FILE", "where to keep the episodes (default: only failures, under runs/)"), .kernel,
    ]
  ) { arguments in
    if let kernel = arguments.string(.kernel) { try BLAS.pin(kernel: kernel) }
    let path = arguments.positional[0]
    var scenario = try Scenario(contentsOf: URL(filePath: path))
    if let seed = try arguments.seed() { scenario.seed = seed }
    let count = try arguments.integer("--episodes", in: 1...1_000_000) ?? scenario.episodes
    let policy = try PlayingPolicy(arguments.string("--policy") ?? "scripted", scenario)
    let player = try Player(scenario, server: policy.server)
    var log = try arguments.string("--log").map { try policy.log(URL(filePath: $0), scenario) }
    var logPath = arguments.string("--log") ?? ""
    var failures: [Player.Played] = []
    for index in 0..<count {
      let played = try player.play(index)
      let isFailure = !played.violations.isEmpty
      if isFailure { failures.append(played) }
      if isFailure, log == nil {
        let name = URL(filePath: path).deletingPathExtension().lastPathComponent
        let directory = RunDirectory.fresh(named: name)
        try FileManager.default.createDirectory(at: directory.url, withIntermediateDirectories: true)
        logPath = directory.log.relativePath
        log = try policy.log(directory.log, scenario)
      }
      if isFailure || arguments.string("--log") != nil { try append(played.record, to: log, at: logPath) }
      if !arguments.has(.quiet) {
        Console.print("\(played.id): \(played.answer.map { "answer \"\($0.text)\"" } ?? played.status.text)")
      }
    }
    try EpisodeLogError.naming(URL(filePath: logPath)) { () throws(LogError) in _ = try log?.commit() }
    for failure in failures.prefix(10) {
      for violation in failure.violations { Console.error("\(failure.id): \(violation)") }
    }
    guard let first = failures.first else {
      Console.print("\(count) episode\(count == 1 ? "" : "s"), every expectation holds")
      return 0
    }
    Console.print(
      "\(failures.count) of \(count) episodes do not do what is expected; see the first again with")
    Console.print("\(Console.program) replay \(logPath) --episode \(first.id)")
    return 1
  }
}

extension Verb {
  private static func append(_ record: EpisodeRecord, to log: ReplayLogWriter?, at path: String) throws {
    try EpisodeLogError.naming(URL(filePath: path)) { () throws(LogError) in try log?.append(record.encoded) }
  }
}

/// Whoever answers the generations of `troupe run`.
struct PlayingPolicy {
  let server: any GenerationServer
  private let digest: String
  private let heights: [Int]

  /// `name` is `scripted`, or a policy's directory.
  init(_ name: String, _ scenario: Scenario) throws {
    guard name != "scripted" else {
      server = ScriptedServer(ScriptedPolicy(families: try TaskSource(scenario).families))
      (digest, heights) = ("scripted", [])
      return
    }
    let weights = try Checkpoint.read(URL(filePath: name), for: TroupeVocabulary.tokenizer)
    let plan = BlockPlan(probing: weights.configuration)
    server = Decoder(Transformer(weights: weights, plan: plan))
    (digest, heights) = (weights.digest, plan.heights)
  }

  /// A new log of episodes that this policy plays.
  func log(_ url: URL, _ scenario: Scenario) throws -> ReplayLogWriter {
    let header = LogHeader(
      scenario: scenario.canonicalText, seed: scenario.seed, weightsDigest: digest,
      kernel: heights.isEmpty ? "" : BLAS.kernel, heights: heights, program: TrainingRun.program)
    return try EpisodeLogError.naming(url) { () throws(LogError) in
      try ReplayLogWriter(creating: url, header: header)
    }
  }
}
