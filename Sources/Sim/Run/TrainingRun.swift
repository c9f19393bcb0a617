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
  package let trainer: Trainer
  let registry: Registry
  private let evaluator: Evaluator
  private let lock: RunLock
  private var state: TrainerState
  private let log: ReplayLogWriter
  private let metrics: AppendedFile
  private let timings: AppendedFile
  /// The GFLOP a second of large products on all threads.
  private let productRate: Double
  /// The number of bytes that resuming cut from the log, for the caller to report (P8).
  package let discardedBytes: UInt64

  /// The name and version of the program, as logs have it.
  package static let program = "troupe 0.1.0"

  /// Begins a run in a directory that does not exist.
  public convenience init(
    _ scenario: Scenario, _ registry: Registry = Registry(), in directory: RunDirectory,
    products: Products = .own, threads: Int
  ) throws {
    try self.init(scenario, registry, in: directory, products: products, threads: threads, after: nil)
  }

  /// Begins a run in a directory that does not exist. `coldStart` is what the cold start of the same scenario left, if that is
  /// known.
  convenience init(
    _ scenario: Scenario, _ registry: Registry, in directory: RunDirectory, products: Products = .own,
    threads: Int, after coldStart: RoleWeights?
  ) throws {
    guard !directory.exists else {
      throw RunError(
        "\(directory.url.relativePath): exists; give --resume to go on with it, or another --out")
    }
    try scenario.requireTrainable()
    let trainer = try Trainer(
      scenario, registry, products: products, threads: threads, journals: directory.url)
    let cold = try coldStart ?? trainer.givenColdStart()
    do {
      try FileManager.default.createDirectory(at: directory.url, withIntermediateDirectories: true)
      try directory.write(scenario.canonicalText, to: directory.scenario)
    } catch let error as RunError {
      throw error
    } catch {
      throw RunError("\(directory.url.relativePath): \(FileFailure(error, .made))")
    }
    try self.init(trainer, registry, directory, threads: threads, coldStart: cold)
  }

  /// Continues a killed run from its last checkpoint. The run must have been begun with the same `products`.
  public convenience init(
    resuming scenario: Scenario, _ registry: Registry = Registry(), in directory: RunDirectory,
    products: Products = .own, threads: Int
  ) throws {
    guard directory.exists else { throw RunError("\(directory.url.relativePath): there is no run to resume") }
    if !FileManager.default.fileExists(atPath: directory.scenario.path) {
      // The run was killed before it wrote the scenario.
      try directory.write(scenario.canonicalText, to: directory.scenario)
    }
    let begun = try Scenario(contentsOf: directory.scenario, catalogue: registry.catalogue)
    guard begun.withoutServerLimits == scenario.withoutServerLimits else {
      throw RunError("\(directory.url.relativePath): was begun with another scenario or seed")
    }
    let trainer = try Trainer(
      scenario, registry, products: products, threads: threads, journals: directory.url)
    try self.init(trainer, registry, directory, threads: threads)
  }

  private init(
    _ trainer: Trainer, _ registry: Registry, _ directory: RunDirectory, threads: Int,
    coldStart: RoleWeights? = nil
  ) throws {
    try trainer.remote?.requireKeys()
    lock = try RunLock(directory)
    self.trainer = trainer
    self.registry = registry
    self.directory = directory
    scenario = trainer.scenario
    evaluator = Evaluator(scenario, tasks: trainer.tasks, threads: threads)
    let initial = trainer.initialState
    var header = LogHeader(
      program: Self.program, scenario: scenario.canonicalText, seed: scenario.seed,
      weightsDigest: initial.models.shared.digest,
      conditions: trainer.products.conditions + (trainer.remote?.conditions ?? []))
    let metricsHeader = MetricsTable(columns: MetricsRow.columns(of: scenario)).header
    if let checkpoint = try RunCheckpoint.latest(in: directory, initial: initial, scenario: scenario) {
      state = checkpoint.state
      header.scenario = scenario.text(
        keeping: try EpisodeLog(directory.log).header.scenario, catalogue: registry.catalogue)
      log = try EpisodeLogError.naming(directory.log) { () throws(LogError) in
        try ReplayLogWriter(resuming: directory.log, at: checkpoint.log, header: header)
      }
      metrics = try AppendedFile(directory.metrics, header: metricsHeader, keeping: checkpoint.metrics)
      discardedBytes = log.discardedBytes
    } else {
      // The run is new, or was killed before its first checkpoint, so nothing in its files was committed.
      state = initial
      if let cold = try coldStart ?? trainer.givenColdStart() { state.takeColdStart(cold, scenario) }
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
    try directory.write("\(Machine(threads: threads).json)\n", to: directory.machine)
  }

  // MARK: Training

  /// Trains to the end and writes all files but the report. `watch` gets a report of every step.
  func trainWithoutReport(_ watch: (Progress) -> Void) throws -> Summary {
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
      to: directory.policy, tokenizer: trainer.tokenizer, products: trainer.products)
    let evaluations = try evaluateAll(watch)
    let table = try MetricsTable(csv: String(contentsOf: directory.metrics, encoding: .utf8))
    try directory.write(EvaluationRow.outcomesText(evaluations), to: directory.outcomes)
    func values(_ column: String) -> [Double] { table.rows.compactMap { $0.values[column] } }
    return Summary(
      evaluations: evaluations, greatestGap: values(MetricsTable.Column.gap).max() ?? 0,
      checkedTokens: Int(values(MetricsTable.Column.checkedTokens).reduce(0, +)))
  }

  /// Runs the cold start. What is written after the last line of `timings.csv` counts for the next line.
  private func coldStart(_ clock: inout StepClock, _ watch: (Progress) -> Void) throws {
    let steps = scenario.coldStart.steps
    let every = (scenario.policy.from == nil ? 100 : 1) * scenario.checkpoints.every
    while state.coldSteps < steps {
      let loss = try trainer.coldStep(&state) { clock.begin($0) }
      clock.begin(.writing)
      watch(.coldStart(done: state.coldSteps, of: steps, loss: loss))
      if state.coldSteps % every == 0, state.coldSteps < steps { try commit() }
      try endStep(TimingsLine(phase: .cold, step: state.coldSteps - 1, times: clock.endStep()), &clock)
    }
    guard state.steps == 0 else { return }
    clock.begin(.writing)
    try state.cold.write(to: directory.coldPolicy, tokenizer: trainer.tokenizer, products: trainer.products)
    try commit()
  }

  private func stages(_ clock: inout StepClock, _ watch: (Progress) -> Void) throws {
    let total = scenario.stages.steps
    while state.steps < total {
      var step = try trainer.step(&state) { clock.begin($0) }
      let time = step.tree.time
      clock.add(time.decode, to: .decode)
      clock.add(time.actors, to: .actors)
      clock.add(time.waiting, to: .waiting)
      var evaluated: [String: Double] = [:]
      if state.steps % scenario.evaluation.every == 0 || state.steps == total {
        clock.begin(.evaluation)
        evaluated = try evaluate()
      }
      clock.begin(.writing)
      let row = MetricsRow(step, of: scenario, evaluated: evaluated)
      try EpisodeLogError.naming(directory.log) { () throws(LogError) in
        for record in step.tree.records { try log.append(record) }
      }
      try metrics.append(MetricsTable(columns: MetricsRow.columns(of: scenario)).line(for: row))
      if state.steps % scenario.checkpoints.every == 0 || state.steps == total { try commit() }
      watch(.generated(step.tree.generation, seconds: time.wall / .seconds(1), trainer.configuration))
      watch(.step(row, of: total))
      // The generations are freed here, where the time is measured, and not at their last use.
      step.tree.tasks = []
      let rollout = TimingsLine.Rollout(
        time: time, generation: step.tree.generation,
        operationsPerRow: trainer.configuration.forwardOperations(position: 0), productRate: productRate * 1e9
      )
      try endStep(
        TimingsLine(phase: .train, step: row.step, times: clock.endStep(), rollout: rollout), &clock)
    }
  }

  private func endStep(_ line: TimingsLine, _ clock: inout StepClock) throws {
    clock.begin(.writing)
    try timings.append(line.text)
  }

  /// Returns the success, by column of `metrics.csv`, on the held-out tasks that are played during training.
  ///
  /// The crossings play the same tasks under the same seeds as the trained policy.
  private func evaluate() throws -> [String: Double] {
    let after = trainer.models(state.models)
    var found: [String: Double] = [:]
    func play(_ players: Evaluator.Players, _ column: (String) -> String) throws {
      for (row, _) in try evaluator.evaluate(players, temperature: 1, count: scenario.evaluation.tasks) {
        found[column(row.family)] = row.rate
      }
    }
    try play(
      trainer.players(Self.trained, designer: after.designer, executor: after.executor),
      MetricsTable.Column.heldOut)
    guard scenario.evaluation.crossings else { return found }
    let before = trainer.models(state.cold)
    for crossing in Crossing.allCases { try play(players(of: crossing, before, after), crossing.column) }
    return found
  }

  private func players(
    of crossing: Crossing, _ before: (designer: Transformer, executor: Transformer),
    _ after: (designer: Transformer, executor: Transformer)
  ) -> Evaluator.Players {
    switch crossing {
    case .trainedDesigner:
      trainer.players(crossing.policy, designer: after.designer, executor: before.executor)
    case .trainedExecutor:
      trainer.players(crossing.policy, designer: before.designer, executor: after.executor)
    }
  }

  /// Writes the log and the metrics, and then the checkpoint that names their lengths.
  private func commit() throws {
    let position = try EpisodeLogError.naming(directory.log) { () throws(LogError) in try log.commit() }
    let length = try metrics.commit()
    try RunCheckpoint(state: state, log: position, metrics: length)
      .write(
        under: directory.checkpoints, products: trainer.products, scenario: scenario)
  }

  // MARK: Results

  /// The name of the policy that a run trains, in its evaluations.
  package static let trained = "both trained"
  /// The names of all policies of the last evaluation.
  static let policies =
    [coldStart] + Crossing.allCases.map(\.policy) + [trained] + ceilingPolicies + searchPolicies
  /// Those of them that are there only if a scenario asks for the ceiling, or for the searches.
  static let ceilingPolicies = [bestDesign, bestOfLevels, bestDesignTrained]
  static let searchPolicies = DesignSearch.Method.allCases.map(searched)
  private static let coldStart = "cold start"
  /// The number of evaluations on all held-out tasks at the end of a run: of four policies, sampled and greedy.
  static let lastEvaluations = 8

  /// Evaluates both policies and both crossings, sampled and greedy, on all held-out tasks.
  private func evaluateAll(_ watch: (Progress) -> Void) throws -> [EvaluationRow] {
    let (before, after) = (trainer.models(state.cold), trainer.models(state.models))
    let policies =
      [trainer.players(Self.coldStart, designer: before.designer, executor: before.executor)]
      + Crossing.allCases.map { players(of: $0, before, after) }
      + [trainer.players(Self.trained, designer: after.designer, executor: after.executor)]
    var rows: [EvaluationRow] = []
    var designs: [DesignCount] = []
    for temperature in [1.0, 0] {
      for players in policies {
        watch(.evaluating("\(players.name), \(Evaluator.decoding(temperature))"))
        for (row, tree) in try evaluator.evaluate(players, temperature: temperature) {
          rows.append(row)
          designs += DesignCount.counts(of: tree, row)
        }
      }
      if let calls = scenario.evaluation.ceilingCalls {
        watch(.evaluating("\(Self.bestDesign), \(Evaluator.decoding(temperature))"))
        rows += try ceiling(calls, temperature, cold: before.executor, trained: after.executor)
      }
      if let episodes = scenario.evaluation.searchEpisodes {
        for method in DesignSearch.Method.allCases {
          watch(.evaluating("\(Self.searched(method)), \(Evaluator.decoding(temperature))"))
          rows += try search(method, episodes, temperature, cold: before.executor)
        }
      }
    }
    try directory.write(EvaluationRow.csv(rows), to: directory.evaluation)
    try directory.write(DesignCount.csv(designs), to: directory.designs)
    return rows
  }

  /// The names of the policies in which a given design plays: the best one for the cold executors, or the best at each level.
  package static let bestDesign = "best design, cold executor"
  package static let bestOfLevels = "best design of each level, cold executor"
  package static let bestDesignTrained = "best design for the cold, trained executor"

  /// The name of the policy in which the design plays that a search found for the cold executors.
  static func searched(_ method: DesignSearch.Method) -> String { "\(method.rawValue) search, cold executor" }

  /// A trial of designs with `executor`.
  private func trial(_ executor: Transformer, _ temperature: Double) throws -> DesignTrial {
    let trainer = trainer
    return try DesignTrial(
      scenario, tasks: trainer.tasks, temperature: temperature, threads: evaluator.threads,
      areModels: trainer.remote == nil
    ) { trainer.servers(designer: executor, executor: executor) }
  }

  /// What the designs reach that a search finds for the cold executors.
  private func search(
    _ method: DesignSearch.Method, _ episodes: Int, _ temperature: Double, cold: Transformer
  ) throws -> [EvaluationRow] {
    try DesignSearch(
      scenario, tasks: trainer.tasks, trial: try trial(cold, temperature),
      settings: .init(method: method, calls: scenario.script.maximumCalls, episodes: episodes)
    ).findings().map {
      EvaluationRow(
        policy: Self.searched(method), family: $0.family, decoding: Evaluator.decoding(temperature),
        scores: $0.constant)
    }
  }

  /// What the best designs for the cold executors reach with them, and with the trained ones.
  private func ceiling(
    _ calls: Int, _ temperature: Double, cold: Transformer, trained: Transformer
  ) throws -> [EvaluationRow] {
    let again = try trial(trained, temperature)
    let found = try CeilingSearch(
      scenario, tasks: trainer.tasks, trial: try trial(cold, temperature), settings: .init(calls: calls)
    ).findings()
    let decoding = Evaluator.decoding(temperature)
    return try zip(found, trainer.tasks.heldOut).flatMap { finding, heldOut -> [EvaluationRow] in
      guard let script = finding.best.first?.script.description else { return [] }
      let played = try again.play(
        heldOut.tasks.map { ($0, script) }, name: "ceiling/\(finding.family)/constant")
      return [
        (Self.bestDesign, finding.constant), (Self.bestOfLevels, finding.ofLevels),
        (Self.bestDesignTrained, played),
      ].map { EvaluationRow(policy: $0, family: finding.family, decoding: decoding, scores: $1) }
    }
  }
}
