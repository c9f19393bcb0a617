import Actors
import Foundation
import Messaging
import Policy
import Sim

extension Verb {
  /// The verb that says what a file is, or what is wrong with it and where.
  static let check = Verb(
    name: "check", operands: ["FILE"],
    summary: "says what a scenario, script, log or policy is, or what is wrong",
    options: [
      Option("--scenario", "FILE", "the scenario whose nodes, roles, parts and budget a script must keep to"),
      .json,
    ]
  ) { arguments in
    let path = arguments.positional[0]
    let url = URL(filePath: path)
    func tell(_ what: String, _ text: String) -> Int32 {
      if arguments.has(.json) {
        ResultLine("check", ["file": .text(path), "what": .text(what), "text": .text(text)]).print()
      } else {
        Console.print("\(path): \(text)")
      }
      return 0
    }
    if ["json5", "json"].contains(url.pathExtension) {
      let scenario = try arguments.scenario(path)
      return tell(
        "scenario", "a scenario, \"\(scenario.name)\", digest \(String(scenario.digest, radix: 16))")
    }
    if FileManager.default.fileExists(atPath: url.appending(path: "config.json").path) {
      let (weights, tokenizer) = try Checkpoint.read(url)
      return tell(
        "policy",
        "a policy of \(weights.configuration.parameterCount) parameters, \(tokenizer.vocabularySize) words, "
          + "digest \(weights.digest.prefix(16))")
    }
    if let log = try openLog(url) {
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

  /// Opens the log in a file; `nil` if the file is something else.
  private static func openLog(_ url: URL) throws -> EpisodeLog? {
    do throws(EpisodeLogError) {
      return try EpisodeLog(url)
    } catch {
      guard error.isLog else { return nil }
      throw error
    }
  }

  private static func describe(_ log: consuming EpisodeLog, _ path: String) throws -> String {
    var episodes = 0
    while try log.next() != nil { episodes += 1 }
    if let tail = log.tornTail { Console.error("\(path): \(tail)") }
    return "a log of \(episodes) episodes, written by \(log.header.program)"
  }
}
