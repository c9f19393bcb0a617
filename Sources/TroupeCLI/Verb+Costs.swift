import Foundation
import Messaging
import Sim

extension Verb {
  /// The verb that says what logs took, beside one another.
  static let costs = Verb(
    name: "costs", operands: ["LOG", "[LOG...]"],
    summary: "adds up what logs took: calls, tokens, money and virtual time", options: [.json]
  ) { arguments in
    var lines = [
      [
        "log", "episodes", "calls", "of designers", "by servers", "prompt tokens", "answer tokens", "money",
        "virtual s",
      ]
    ]
    var rows: [JSONValue] = []
    var uncounted = 0
    for path in arguments.positional {
      var log = try EpisodeLog(URL(filePath: path))
      var costs = LogCosts(try arguments.setup(of: log, path).scenario)
      while let (record, history) = try log.next() { try costs.add(record, history) }
      let all = costs.all
      uncounted += all.uncounted
      let seconds = costs.time / .seconds(1)
      lines.append([
        path, "\(costs.episodes)", "\(all.calls)", "\(costs.designer.calls)", "\(all.served)",
        "\(all.promptTokens)", "\(all.answerTokens)", EpisodeText.number(all.money),
        EpisodeText.number(seconds),
      ])
      rows.append([
        "log": .text(path), "episodes": .integer(costs.episodes), "designer": costs.designer.json,
        "executor": costs.executor.json, "seconds": .number(seconds),
      ])
    }
    if arguments.has(.json) {
      ResultLine("costs", ["logs": .array(rows)]).print()
      return 0
    }
    Console.print(
      EvaluationTable.aligned(lines).map { $0.replacing(/\ +$/, with: "") }.joined(separator: "\n"))
    if uncounted > 0 { Console.error("servers did not count the prompts of \(uncounted) calls") }
    return 0
  }
}

extension LogCosts.Row {
  fileprivate var json: JSONValue {
    [
      "calls": .integer(calls), "served": .integer(served), "prompt_tokens": .integer(promptTokens),
      "answer_tokens": .integer(answerTokens), "uncounted": .integer(uncounted), "money": .number(money),
    ]
  }
}
