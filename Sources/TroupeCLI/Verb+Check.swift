import Actors
import Foundation
import Messaging
import Policy
import Sim

extension Verb {
  /// The verb that says what a file is, or what is wrong with it and where.
  static let check = Verb(
    name: "check", operands: ["FILE"],
    summary: "says what a scenario, study, script, log, run or policy is, or what is wrong",
    options: [
      Option("--scenario", "FILE", "the scenario whose nodes, roles, parts and budget a script must keep to"),
      .json,
    ]
  ) { arguments in
    let path = arguments.positional[0]
    let url = URL(filePath: path)
    func tell(_ what: String, _ text: String) -> Int32 {
      show(path, what, text, [], arguments)
      return 0
    }
    if Arguments.isScenario(url), Study.isStudy(url) {
      let (study, cells) = try Study.read(url, arguments.registry.catalogue)
      return tell(
        "study",
        "a study, \"\(study.name)\", of \(study.arms.count) arms and \(study.seeds.count) seeds: \(cells.count) runs of \(study.scenario)"
      )
    }
    if Arguments.isScenario(url) {
      let scenario = try arguments.scenario(path)
      let problems = try arguments.registry.problemCounts(of: scenario).map { "; \($0)" }.joined()
      return tell(
        "scenario",
        "a scenario, \"\(scenario.name)\", digest \(String(scenario.digest, radix: 16))\(problems)")
    }
    if FileManager.default.fileExists(atPath: url.appending(path: "config.json").path) {
      let (weights, tokenizer) = try Checkpoint.read(url)
      return tell(
        "policy",
        "a policy of \(weights.configuration.parameterCount) parameters, \(tokenizer.vocabularySize) words, "
          + "digest \(weights.digest.prefix(16))")
    }
    if RunDirectory(url).isDirectory { return try checkDirectory(path, arguments) }
    if let log = try Arguments.log(in: url) {
      return tell("log", try describe(log, path))
    }
    let text = try Console.text(of: path)
    var scenario = Scenario()
    var grammar = try ScriptGrammar()
    if let file = arguments.string("--scenario") {
      scenario = try arguments.scenario(file)
      grammar = try scenario.grammar()
    }
    do {
      let script = try grammar.parse(text)
      let limit = scenario.executor.maximumTokens
      let cost = script.worstCase(
        CallLimits(timePerToken: scenario.latency.perToken, toolTime: scenario.latency.tool) { _ in limit })
      return tell(
        "script",
        "a script of \(script.statements.count) statements; at most \(cost.calls) executor calls, "
          + "\(cost.tokens) tokens, \(cost.toolCalls) tool calls and \(cost.time) of virtual time")
    } catch {
      throw UsageError("\(path):\(error)")
    }
  }

  /// Says what is in a directory: a run, the runs of a study, or the log that `run` and `explore` keep. Returns 1 if something
  /// in it does not fit together.
  private static func checkDirectory(_ path: String, _ arguments: Arguments) throws -> Int32 {
    let directory = RunDirectory(URL(filePath: path))
    let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    let below = names.map { RunDirectory(directory.url.appending(path: $0)) }
    let isRun = [directory].filter(\.hasScenario) + below.filter(\.hasScenario)
    guard !isRun.isEmpty else {
      guard let log = try Arguments.log(in: directory.log) else {
        throw UsageError(
          "\(path): is a directory, and no run, study or policy: "
            + "there is no scenario.json5, episodes.log or config.json in it")
      }
      let text = "the kept episodes of `run` or `explore`: \(try describe(log, directory.log.relativePath))"
      show(path, "log", text, [], arguments)
      return 0
    }
    var isSound = true
    for run in isRun {
      let inspection = try RunInspection(run, arguments.registry)
      show(run.url.relativePath, "run", inspection.summary, inspection.faults, arguments)
      isSound = isSound && inspection.faults.isEmpty
    }
    return isSound ? 0 : 1
  }

  private static func show(
    _ path: String, _ what: String, _ text: String, _ faults: [String], _ arguments: Arguments
  ) {
    guard !arguments.has(.json) else {
      ResultLine(
        "check",
        [
          "file": .text(path), "what": .text(what), "text": .text(text),
          "faults": .array(faults.map { .text($0) }),
        ]
      ).print()
      return
    }
    Console.print("\(path): \(text)")
    for fault in faults { Console.print("\(path): \(fault)") }
  }

  private static func describe(_ log: consuming EpisodeLog, _ path: String) throws -> String {
    var episodes = 0
    while try log.next() != nil { episodes += 1 }
    if let tail = log.tornTail { Console.error("\(path): \(tail)") }
    return "a log of \(episodes) episodes, written by \(log.header.program)"
  }
}
