import Foundation
import Messaging
import Policy
import Sim

extension Verb {
  /// The verb that trains a designer and executors, and prints where the files are.
  static let train = Verb(
    name: "train", operands: ["SCENARIO"], summary: "trains a scenario's designer and executors, in turn",
    options: [
      .seed, .grammar, Option("--out", "DIR", "where to write (default: a new directory under runs/)"),
      .threads,
      .products, .kernel, .verbose,
      Option("--resume", nil, "go on with the run in --out from its last checkpoint"), .json,
    ]
  ) { arguments in
    let path = arguments.positional[0]
    let scenario = try arguments.scenario(path)
    let registry = arguments.registry
    let threads = try arguments.threads()
    let isResumed = arguments.has("--resume")
    guard
      let out = arguments.string("--out").map({ RunDirectory(URL(filePath: $0)) })
        ?? (isResumed ? nil : .fresh(named: URL(filePath: path).deletingPathExtension().lastPathComponent))
    else { throw UsageError("train: --resume needs --out DIR, the run to go on with") }
    let products = try arguments.products()
    let run =
      isResumed
      ? try TrainingRun(resuming: scenario, registry, in: out, products: products, threads: threads)
      : try TrainingRun(scenario, registry, in: out, products: products, threads: threads)
    if run.discardedBytes > 0 {
      Console.error(
        "\(out.log.relativePath): cut \(run.discardedBytes) bytes that no checkpoint had committed")
    }
    defer { run.trainer.remote?.report(arguments) }
    let bar = ProgressBar(quiet: arguments.has(.quiet))
    var heldOut: [(name: String, value: Double)] = []
    let summary = try run.train { progress in
      if case .generated(let done, let seconds, let configuration) = progress, arguments.has(.verbose) {
        Console.error(DecoderRates(done, configuration, seconds: seconds, threads: threads).text)
      }
      if let progress = TrainingProgress(progress, scenario, heldOut: &heldOut) { bar.show(progress) }
    }
    bar.close()
    if arguments.has(.json) {
      ResultLine(
        "train",
        [
          "directory": .text(out.url.relativePath), "report": .text(out.report.relativePath),
          "log": .text(out.log.relativePath), "policy": .text(out.policy.relativePath),
          "evaluations": .array(summary.evaluations.map(\.json)),
          "greatest_gap": .number(summary.greatestGap), "checked_tokens": .integer(summary.checkedTokens),
        ]
      ).print()
      return 0
    }
    Console.print(EvaluationTable(summary.evaluations).text)
    Console.print("")
    Console.print(
      "sampler and trainer differ by at most \(summary.greatestGap) in log-probability, over \(summary.checkedTokens) tokens"
    )
    for (name, url) in [("report", out.report), ("log", out.log), ("policy", out.policy)] {
      Console.print("\(name)\(String(repeating: " ", count: 8 - name.count))\(url.relativePath)")
    }
    return 0
  }
}

/// The progress of a training run, as the figures of one line.
struct TrainingProgress {
  var phase: String
  var done: Int
  var total: Int
  var figures: [(name: String, value: Double)] = []
  /// The fraction of the whole run that is done, by steps.
  var fraction: Double

  /// Makes a line from a report; `nil` if the report is not about progress. `heldOut` keeps the last evaluation's
  /// result.
  init?(
    _ progress: TrainingRun.Progress, _ scenario: Scenario, heldOut: inout [(name: String, value: Double)]
  ) {
    switch progress {
    case .coldStart(let done, let steps, let loss):
      (phase, self.done, total) = ("cold start", done, steps)
      figures = [("loss", loss)]
      fraction = scenario.share(ofColdSteps: done, steps: 0) ?? 1
    case .step(let row, let steps):
      (phase, done, total) = (
        "stage \(row.stage + 1), \(row.role?.rawValue ?? "both roles")", row.step + 1, steps
      )
      let names = [
        ("executor", MetricsTable.Column.executorReward), ("designer", MetricsTable.Column.designerReward),
      ]
      figures = names.compactMap { name, column in row.values[column].map { (name, $0) } }
      let found = row.values.sorted { $0.key < $1.key }.compactMap { column, value in
        MetricsTable.Column.family(of: column).map { (name: "held-out \($0)", value: value) }
      }
      if !found.isEmpty { heldOut = found }
      figures += heldOut
      fraction = scenario.share(ofColdSteps: scenario.coldStart.steps, steps: row.step + 1) ?? 1
    case .generated: return nil
    case .evaluating(let what):
      (phase, done, total, fraction) = ("evaluating \(what)", 1, 1, 1)
    }
  }
}
