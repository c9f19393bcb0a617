import Actors
import Foundation
import Sim

extension Verb {
  private static let temperature = Option(
    "--temperature", "X", "measure at this temperature alone; 0 is greedy (default: at 1, and greedily)")
  private static let kept = Option(
    "--log", "FILE", "where to keep the episodes, for replay and fork; needs --temperature")

  private static let designs = Option(
    "--designs", nil, "also say which designs were written most, level by level")

  /// The verb that measures a policy on a scenario's held-out tasks.
  static let eval = Verb(
    name: "eval", operands: ["SCENARIO"], summary: "measures a policy on the scenario's held-out tasks",
    options: [
      Option("--policy", "DIR", "the policy: weights, recorded:LOG or `scripted`; needed"),
      Option("--episodes", "N", "tasks a family (default: all that are held out)"), .seed, .grammar, .threads,
      Option("--design", "FILE", "run this script for every task, instead of the designer's"), temperature,
      designs, kept, .products, .kernel, .json,
    ]
  ) { arguments in
    var scenario = try arguments.scenario(arguments.positional[0])
    let temperatures: [Double] = try arguments.temperature(temperature).map { [$0] } ?? [1, 0]
    if arguments.has(kept), temperatures.count > 1 {
      throw UsageError("eval: --log keeps the episodes of one temperature: add --temperature X; 0 is greedy")
    }
    // A replay of the log takes the temperature from its scenario.
    if temperatures.count == 1 { scenario.rollout.temperature = temperatures[0] }
    guard let path = arguments.string("--policy") else { throw UsageError("eval: --policy DIR is missing") }
    let policy = try arguments.policy(scenario)
    defer { policy.remote?.report(arguments) }
    let tasks = try TaskSource(scenario, arguments.registry)
    let evaluator = Evaluator(scenario, tasks: tasks, threads: try arguments.threads())
    var scripts: [String: String] = [:]
    if let file = arguments.string("--design") {
      let script = try Verb.script(file, scenario, tasks)
      for family in scenario.tasks.families { scripts[family.name] = script.description }
    }
    let count = try arguments.integer("--episodes", in: 1...scenario.tasks.heldOut.perFamily)
    let players = Evaluator.Players(path, policy)
    var log = EpisodeKeeper(named: "eval", at: arguments.string(kept)) { [scenario] in
      try policy.log($0, scenario)
    }
    var rows: [EvaluationRow] = []
    var written: [DesignCount] = []
    for temperature in temperatures {
      let results = try evaluator.evaluate(
        players, temperature: temperature, count: count, scripts: scripts)
      rows += results.map(\.row)
      written += results.flatMap { DesignCount.counts(of: $0.tree, $0.row) }
      if arguments.has(kept) { for record in results.flatMap(\.tree.records) { try log.append(record) } }
    }
    try log.commit()
    if arguments.has(.json) {
      ResultLine(
        "eval",
        [
          "evaluations": .array(rows.map(\.json)),
          "designs": arguments.has(designs) ? .array(written.map(\.json)) : .null,
          "log": arguments.has(kept) ? .text(log.path) : .null,
        ]
      ).print()
      return 0
    }
    Console.print(EvaluationTable(rows).text)
    if arguments.has(designs) { Console.print("\n" + table(of: written)) }
    return 0
  }

  /// A table of the three most frequent designs of each level, with the share of its tasks.
  private static func table(of counts: [DesignCount]) -> String {
    func place(_ count: DesignCount) -> [String] { [count.family, count.decoding, "\(count.level)"] }
    func percent(_ part: Int, of whole: Int) -> String { "\((100 * part + whole / 2) / whole)" }
    var lines = [["family", "decoding", "level", "tasks, %", "solved, %", "design"]]
    // The counts of a level follow each other, the most frequent first.
    var rest = counts[...]
    while let first = rest.first {
      let level = rest.prefix { place($0) == place(first) }
      let all = level.reduce(0) { $0 + $1.tasks }
      for count in level.prefix(3) {
        let script = count.script.isEmpty ? "no script" : DesignCount.oneLine(count.script)
        let shares = [percent(count.tasks, of: all), percent(count.successes, of: count.tasks)]
        lines.append(place(count) + shares + [script])
      }
      rest = rest.dropFirst(level.count)
    }
    return EvaluationTable.aligned(lines).map { $0.replacing(/\ +$/, with: "") }.joined(separator: "\n")
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

extension Arguments {
  /// The value of `--temperature`, 0 to 100; `nil` if it is not given.
  func temperature(_ option: Verb.Option) throws -> Double? {
    guard let text = string(option) else { return nil }
    guard let value = Double(text), (0...100).contains(value) else {
      throw UsageError("--temperature: '\(text)' is not a number from 0 to 100")
    }
    return value
  }
}
