import Actors
import Foundation
import Messaging
import Policy

/// A training run in a directory of its own: cold start, stages, evaluation, and the files that report them.
public final class TrainingRun {
  /// A report of a run's progress, for the caller.
  public enum Progress: Sendable {
    /// The mean loss of a token after some steps of the cold start.
    case coldStart(done: Int, of: Int, loss: Double)
    case step(MetricsRow, of: Int)
    /// The statistics of the policy in a rollout, the seconds that it took, and the model's configuration.
    case generated(Decoder.Statistics, seconds: Double, ModelConfiguration)
    case evaluating(String)
  }

  /// The result of a run.
  public struct Summary: Sendable {
    public var evaluations: [EvaluationRow]
    /// The greatest difference between recorded and recomputed log-probabilities (P5).
    public var greatestGap: Double
    /// The number of tokens over which that difference was looked for.
    public var checkedTokens: Int
  }

  public let directory: RunDirectory
  public let scenario: Scenario
  private let trainer: Trainer
  private let evaluator: Evaluator
  private var state: TrainerState
  private let log: ReplayLogWriter
  private let metrics: AppendedFile
  private let timings: AppendedFile
  /// The GFLOP a second of large products on all threads.
  private let productRate: Double
  /// The number of bytes that resuming cut from the log, for the caller to report (P8).
  public let discardedBytes: UInt64

  /// The name and version of the program, as logs have it.
  public static let program = "troupe 0.1.0"

  /// Begins a run in a directory that does not exist.
  public convenience init(
    _ scenario: Scenario, in directory: RunDirectory, products: Products = .own, threads: Int
  ) throws {
    guard !directory.exists else {
      throw RunError(
        "\(directory.url.relativePath): exists; give --resume to go on with it, or another --out")
    }
    let trainer = try Trainer(scenario, products: products, threads: threads)
    do {
      try FileManager.default.createDirectory(at: directory.url, withIntermediateDirectories: true)
      try directory.write(scenario.canonicalText, to: directory.scenario)
    } catch {
      throw RunError("\(directory.url.relativePath): cannot be made: \(error.localizedDescription)")
    }
    try self.init(trainer, directory, threads: threads)
  }

  /// Continues a killed run from its last checkpoint. The run must have been begun with the same `products`.
  public convenience init(
    resuming scenario: Scenario, in directory: RunDirectory, products: Products = .own, threads: Int
  ) throws {
    guard directory.exists else { throw RunError("\(directory.url.relativePath): there is no run to resume") }
    if !FileManager.default.fileExists(atPath: directory.scenario.path) {
      // The run was killed before it wrote the scenario.
      try directory.write(scenario.canonicalText, to: directory.scenario)
    }
    let begun = try Scenario(contentsOf: directory.scenario)
    guard begun == scenario else {
      throw RunError("\(directory.url.relativePath): was begun with another scenario or seed")
    }
    let trainer = try Trainer(scenario, products: products, threads: threads)
    try self.init(trainer, directory, threads: threads)
  }

  private init(_ trainer: Trainer, _ directory: RunDirectory, threads: Int) throws {
    self.trainer = trainer
    self.directory = directory
    scenario = trainer.scenario
    evaluator = Evaluator(scenario, tasks: trainer.tasks, threads: threads)
    let initial = TrainerState(scenario, trainer.configuration)
    let header = LogHeader(
      program: Self.program, scenario: scenario.canonicalText, seed: scenario.seed,
      weightsDigest: initial.models.shared.digest, conditions: trainer.products.conditions)
    let metricsHeader = MetricsTable(columns: trainer.metricsColumns).header
    if let checkpoint = try RunCheckpoint.latest(in: directory, initial: initial) {
      state = checkpoint.state
      log = try EpisodeLogError.naming(directory.log) { () throws(LogError) in
        try ReplayLogWriter(resuming: directory.log, at: checkpoint.log, header: header)
      }
      metrics = try AppendedFile(directory.metrics, header: metricsHeader, keeping: checkpoint.metrics)
      discardedBytes = log.discardedBytes
    } else {
      // The run is new, or was killed before its first checkpoint, so nothing in its files was committed.
      state = initial
      if FileManager.default.fileExists(atPath: directory.log.path) {
        try FileManager.default.removeItem(at: directory.log)
      }
      log = try EpisodeLogError.naming(directory.log) { () throws(LogError) in
        try ReplayLogWriter(creating: directory.log, header: header)
      }
      metrics = try AppendedFile(directory.metrics, header: metricsHeader, keeping: 0)
      discardedBytes = 0
    }
    timings = try AppendedFile(directory.timings, header: TimingsLine.header)
    productRate = ProductRate.measured(threads: threads)
  }

  // MARK: Training

  /// Trains to the end and writes all files. `watch` gets a report of every step.
  public func train(_ watch: (Progress) -> Void) throws -> Summary {
    var clock = StepClock()
    do {
      try coldStart(&clock, watch)
      try stages(&clock, watch)
    } catch let error as NotFiniteError {
      let step =
        state.coldSteps < scenario.coldStart.steps ? "cold step \(state.coldSteps)" : "step \(state.steps)"
      let last = try RunCheckpoint.names(directory.checkpoints).max()
      throw RunError(
        "\(step): \(error); "
          + (last.map {
            "the last good checkpoint is \(directory.checkpoints.appending(path: $0).relativePath)"
          }
            ?? "there is no checkpoint yet"))
    }
    try state.models.write(
      to: directory.policy, tokenizer: trainer.agents.tokenizer, products: trainer.products)
    let summary = try evaluate(watch)
    try report(summary)
    return summary
  }

  /// Runs the cold start. What is written after the last line of `timings.csv` counts for the next line.
  private func coldStart(_ clock: inout StepClock, _ watch: (Progress) -> Void) throws {
    let steps = scenario.coldStart.steps
    let every = 100 * scenario.checkpoints.every
    while state.coldSteps < steps {
      let loss = try trainer.coldStep(&state, &clock)
      try clock.measure(.writing) {
        watch(.coldStart(done: state.coldSteps, of: steps, loss: loss))
        if state.coldSteps % every == 0, state.coldSteps < steps { try commit() }
      }
      try endStep(TimingsLine(phase: .cold, step: state.coldSteps - 1, times: clock.endStep()), &clock)
    }
    guard state.steps == 0 else { return }
    try clock.measure(.writing) {
      try Checkpoint.write(
        state.cold, tokenizer: trainer.agents.tokenizer, to: directory.coldPolicy, products: trainer.products)
      try commit()
    }
  }

  private func stages(_ clock: inout StepClock, _ watch: (Progress) -> Void) throws {
    let total = scenario.stages.steps
    while state.steps < total {
      var step = try trainer.step(&state, &clock)
      if state.steps % scenario.evaluation.every == 0 || state.steps == total {
        try clock.measure(.evaluation) { try evaluate(into: &step.metrics) }
      }
      try clock.measure(.writing) {
        try EpisodeLogError.naming(directory.log) { () throws(LogError) in
          for record in step.tree.records { try log.append(record) }
        }
        try metrics.append(MetricsTable(columns: trainer.metricsColumns).line(for: step.metrics))
        if state.steps % scenario.checkpoints.every == 0 || state.steps == total { try commit() }
        let seconds = step.tree.time.wall / .seconds(1)
        watch(.generated(step.tree.generation, seconds: seconds, trainer.configuration))
        watch(.step(step.metrics, of: total))
        // The generations are freed here, where the time is measured, and not at their last use.
        step.tree.tasks = []
      }
      let rollout = TimingsLine.Rollout(
        time: step.tree.time, generation: step.tree.generation,
        operationsPerRow: trainer.configuration.forwardOperations(position: 0), productRate: productRate * 1e9
      )
      try endStep(
        TimingsLine(phase: .train, step: step.metrics.step, times: clock.endStep(), rollout: rollout), &clock)
    }
  }

  private func endStep(_ line: TimingsLine, _ clock: inout StepClock) throws {
    try clock.measure(.writing) { try timings.append(line.text) }
  }

  /// Evaluates the policy on the held-out tasks that are played during training.
  private func evaluate(into metrics: inout MetricsRow) throws {
    let models = trainer.models(state.models)
    let players = Evaluator.Players("", designer: models.designer, executor: models.executor)
    for (row, _) in try evaluator.evaluate(players, temperature: 1, count: scenario.evaluation.tasks) {
      metrics.values[MetricsTable.Column.heldOut(row.family)] = row.rate
    }
  }

  /// Writes the log and the metrics, and then the checkpoint that names their lengths.
  private func commit() throws {
    let position = try EpisodeLogError.naming(directory.log) { () throws(LogError) in try log.commit() }
    let length = try metrics.commit()
    try RunCheckpoint(state: state, log: position, metrics: length)
      .write(under: directory.checkpoints, products: trainer.products)
  }

  // MARK: Results

  /// Evaluates both policies and both crossings, sampled and greedy, on all held-out tasks.
  private func evaluate(_ watch: (Progress) -> Void) throws -> Summary {
    let (before, after) = (trainer.model(state.cold), trainer.models(state.models))
    let policies = [
      Evaluator.Players("cold start", designer: before, executor: before),
      Evaluator.Players("trained designer, cold executor", designer: after.designer, executor: before),
      Evaluator.Players("cold designer, trained executor", designer: before, executor: after.executor),
      Evaluator.Players("both trained", designer: after.designer, executor: after.executor),
    ]
    var rows: [EvaluationRow] = []
    for temperature in [1.0, 0] {
      for players in policies {
        watch(.evaluating("\(players.name), \(temperature == 0 ? "greedy" : "T = 1")"))
        rows += try evaluator.evaluate(players, temperature: temperature).map(\.row)
      }
    }
    try directory.write(EvaluationRow.csv(rows), to: directory.evaluation)
    let table = try MetricsTable(csv: String(contentsOf: directory.metrics, encoding: .utf8))
    let gaps = table.rows.compactMap { $0.values[MetricsTable.Column.gap] }
    let checked = table.rows.compactMap { $0.values[MetricsTable.Column.checkedTokens] }
    return Summary(
      evaluations: rows, greatestGap: gaps.max() ?? 0, checkedTokens: Int(checked.reduce(0, +)))
  }

  private func report(_ summary: Summary) throws {
    let table = try MetricsTable(csv: String(contentsOf: directory.metrics, encoding: .utf8))
    let facts =
      [
        ("seed", "\(scenario.seed)"), ("parameters", "\(trainer.configuration.parameterCount)"),
        ("policy", String(state.models.digest.prefix(16))),
      ] + trainer.products.conditions.map { ($0.name, $0.value) }
    let page = RunReport(title: scenario.name, facts: facts, metrics: table, evaluations: summary.evaluations)
    try directory.write(page.html, to: directory.report)
  }
}
