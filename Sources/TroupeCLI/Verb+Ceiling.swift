import Actors
import Foundation
import Messaging
import Sim

extension Verb {
  private static let calls = Option(
    "--calls", "N", "the most executor calls of a design (default: the scenario's script.maximumCalls)")
  private static let statements = Option("--statements", "N", "the most statements of a design (default: 8)")
  private static let temperature = Option(
    "--temperature", "X", "measure at this temperature alone; 0 is greedy (default: at 1, and greedily)")
  private static let method = Option(
    "--method", "NAME", "all: every design (default); tree or archive: a search by changes, with --episodes")
  private static let training = Option(
    "--training", nil,
    "choose on training problems, as the searches do (default: on held-out ones, which favours the ceiling)")
  private static let episodes = Option(
    "--episodes", "N", "how many episodes a search may play, in all families together (default: 20000)")

  /// The verb that computes what the best designs reach with executors that do not learn.
  static let ceiling = Verb(
    name: "ceiling", operands: ["SCENARIO"],
    summary: "finds the best design there is for the executors of a policy, and how much it solves",
    options: [
      Option("--policy", "DIR", "the policy: weights, recorded:LOG or `scripted`; needed"), calls, statements,
      method,
      episodes, training, temperature, .seed, .threads, .products, .kernel, .json,
    ]
  ) { arguments in
    let scenario = try arguments.scenario(arguments.positional[0])
    guard arguments.string("--policy") != nil else { throw UsageError("ceiling: --policy DIR is missing") }
    let policy = try arguments.policy(scenario)
    let tasks = try TaskSource(scenario, arguments.registry)
    let budget = scenario.script.maximumCalls
    let calls = try arguments.integer(calls, in: 1...budget) ?? budget
    let statements = try arguments.integer(statements, in: 1...8) ?? 8
    let name = arguments.string(method) ?? "all"
    let search = DesignSearch.Method(rawValue: name)
    guard search != nil || name == "all" else {
      throw UsageError("--method: '\(name)' is not known; known: all, tree, archive")
    }
    guard search != nil || !arguments.has(episodes) else {
      throw UsageError("ceiling: --episodes needs --method tree or archive; every design takes what it takes")
    }
    guard search == nil || !arguments.has(training) else {
      throw UsageError("ceiling: a search chooses on training problems; leave --training out")
    }
    var settings = CeilingSearch.Settings(calls: calls, statements: statements)
    if arguments.has(training) { settings.split = .train }
    let fewest = Scenario.Evaluation.fewestSearchEpisodes(families: scenario.tasks.families.count)
    let episodes = try arguments.integer(episodes, in: fewest...100_000_000) ?? max(20_000, fewest)
    let quiet = arguments.has("--quiet")
    for temperature in try arguments.temperature(temperature).map({ [$0] }) ?? [1, 0] {
      let trial = try DesignTrial(
        scenario, tasks: tasks, temperature: temperature, threads: try arguments.threads(),
        areModels: policy.isOfModels
      ) { try policy.servers() }
      func say(_ text: String) { if !quiet { Console.error(text) } }
      let findings =
        if let search {
          try DesignSearch(
            scenario, tasks: tasks, trial: trial,
            settings: .init(method: search, calls: calls, episodes: episodes)
          ).findings(say)
        } else {
          try CeilingSearch(scenario, tasks: tasks, trial: trial, settings: settings).findings(say)
        }
      let decoding = Evaluator.decoding(temperature)
      for finding in findings {
        if arguments.has(.json) {
          json(of: finding, decoding, calls: calls).print()
        } else {
          Console.print(text(of: finding, decoding, calls: calls))
        }
      }
    }
    return 0
  }

  private static func json(of finding: CeilingSearch.Finding, _ decoding: String, calls: Int) -> ResultLine {
    func row(_ what: String, _ scores: [DesignTrial.Score]) -> JSONValue {
      scores.isEmpty
        ? .null
        : EvaluationRow(policy: what, family: finding.family, decoding: decoding, scores: scores).json
    }
    return ResultLine(
      "ceiling",
      [
        "family": .text(finding.family), "decoding": .text(decoding), "most_calls": .integer(calls),
        "designs": .integer(finding.designs), "episodes": .integer(finding.episodes),
        "best_design": row("best design", finding.constant),
        "best_of_levels": row("best design of each level", finding.ofLevels),
        "best": .array(
          finding.best.map {
            ["script": .text($0.script.description), "success_in_search": .number($0.total.success)]
          }),
        "levels": .array(
          finding.oracle.sorted { $0.key < $1.key }.map {
            ["level": .integer($0.key), "script": .text($0.value.description)]
          }),
      ])
  }

  private static func text(of finding: CeilingSearch.Finding, _ decoding: String, calls: Int) -> String {
    var lines = [
      "\(finding.family), \(decoding): \(finding.designs) designs of at most \(calls) calls, "
        + "\(finding.episodes) episodes chose among them"
    ]
    guard let best = finding.best.first else { return lines[0] }
    func row(_ what: String, _ scores: [DesignTrial.Score]) -> String {
      let row = EvaluationRow(policy: what, family: finding.family, decoding: decoding, scores: scores)
      func mean(_ sum: Int) -> String { "\((Double(sum) / Double(row.episodes) * 10).rounded() / 10)" }
      func percent(_ rate: Double) -> String { "\((rate * 1000).rounded() / 10)" }
      return "  \(what): \(percent(row.rate)) % "
        + "[\(percent(row.interval.lowerBound)), \(percent(row.interval.upperBound))] of \(row.episodes) held-out tasks"
        + ", \(mean(row.calls)) calls and \(mean(row.tokens)) tokens each"
    }
    lines.append(row("best design", finding.constant))
    lines.append("    \(line(best.script))")
    if !finding.oracle.isEmpty {
      lines.append(row("best design of each level", finding.ofLevels))
      for (level, script) in finding.oracle.sorted(by: { $0.key < $1.key }) {
        lines.append("    level \(level): \(line(script))")
      }
    }
    for other in finding.best.dropFirst() {
      lines.append(
        "  then: \(line(other.script))  (\((other.total.success * 1000).rounded() / 10) % in the search)")
    }
    return lines.joined(separator: "\n")
  }

  private static func line(_ script: Script) -> String { script.description.replacing("\n", with: " ") }
}
