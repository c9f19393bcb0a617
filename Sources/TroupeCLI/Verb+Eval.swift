import Actors
import Foundation
import Sim

extension Verb {
  /// The verb that measures a policy on a scenario's held-out tasks.
  static let eval = Verb(
    name: "eval", operands: ["SCENARIO"], summary: "measures a policy on the scenario's held-out tasks",
    options: [
      Option("--policy", "DIR", "the policy: weights, recorded:LOG or `scripted`; needed"),
      Option("--episodes", "N", "tasks a family (default: all that are held out)"), .seed, .threads,
      Option("--design", "FILE", "run this script for every task, instead of the designer's"), .products,
      .kernel,
    ]
  ) { arguments in
    let scenario = try arguments.scenario(arguments.positional[0])
    guard let path = arguments.string("--policy") else { throw UsageError("eval: --policy DIR is missing") }
    let policy = try arguments.policy(scenario)
    let tasks = try TaskSource(scenario, arguments.registry)
    let evaluator = Evaluator(scenario, tasks: tasks, threads: try arguments.threads())
    var scripts: [String: String] = [:]
    if let file = arguments.string("--design") {
      let script = try Verb.script(file, scenario, tasks)
      for family in scenario.tasks.families { scripts[family.name] = script.description }
    }
    let count = try arguments.integer("--episodes", in: 1...scenario.tasks.heldOut.perFamily)
    let players = Evaluator.Players(path, policy)
    let rows = try [1.0, 0].flatMap {
      try evaluator.evaluate(players, temperature: $0, count: count, scripts: scripts).map(\.row)
    }
    Console.print(EvaluationTable(rows).text)
    return 0
  }

  /// Reads a script, which must be valid under the scenario's grammar.
  private static func script(_ path: String, _ scenario: Scenario, _ tasks: TaskSource) throws -> Script {
    let agents = try AgentSetup(scenario, families: tasks.families, tokenizer: tasks.tokenizer)
    do {
      return try agents.grammar.parse(try Console.text(of: path))
    } catch let error as ScriptError {
      throw UsageError("\(path):\(error)")
    }
  }
}
