import Actors
import Messaging
import Policy

/// Everything a run learns: weights, moments and counters. A value, so that a checkpoint is a copy.
public struct TrainerState: Sendable {
  public var models: RoleWeights
  /// The shared weights at the beginning of the stage, which the frozen role is anchored to.
  public var reference: Weights
  /// The policy after the cold start, or the first one until then, whose designer goes on designing some of the executors' training.
  public var cold: Weights
  public var coldStart: AdamW
  public var executor: AdamW
  public var designer: AdamW
  /// Steps of the cold start that are done.
  public var coldSteps = 0
  /// Training steps that are done.
  public var steps = 0

  public init(_ scenario: Scenario, _ configuration: ModelConfiguration) {
    let weights = Weights.random(configuration, seed: scenario.seed)
    models = RoleWeights(weights)
    if scenario.coldStart.steps == 0 { models.divide(scenario.weights, seed: scenario.seed) }
    reference = weights
    cold = weights
    coldStart = AdamW(configuration)
    coldStart.weightDecay = Float(scenario.coldStart.weightDecay)
    let decay = Float(scenario.optimizer.weightDecay)
    executor = models.optimizer(for: .executor, weightDecay: decay)
    designer = models.optimizer(for: .designer, weightDecay: decay)
  }

  /// The cold start is over: it is kept, and each role gets what is its own.
  mutating func endColdStart(_ scenario: Scenario) {
    cold = models.shared
    models.divide(scenario.weights, seed: scenario.seed)
    executor = models.optimizer(for: .executor, weightDecay: executor.weightDecay)
    designer = models.optimizer(for: .designer, weightDecay: designer.weightDecay)
  }
}

/// Takes the steps of a run: pure functions of the scenario, the seed and the state.
public struct Trainer: Sendable {
  public let scenario: Scenario
  public let tasks: TaskSource
  public let coldStart: ColdStart
  public let agents: AgentSetup
  public let configuration: ModelConfiguration
  public let products: Products
  public let engine: TrainingEngine
  private let threads: Int

  public init(_ scenario: Scenario, products: Products = .own, threads: Int) throws {
    try scenario.requireTasksOnly()
    self.scenario = scenario
    self.products = products
    self.threads = threads
    tasks = try TaskSource(scenario)
    agents = try AgentSetup(scenario, families: tasks.families)
    coldStart = try ColdStart(scenario, tasks: tasks, grammar: agents.grammar)
    configuration = scenario.policy.configuration(vocabularySize: agents.tokenizer.vocabularySize)
    engine = TrainingEngine(threads: threads)
  }

  /// Those of both roles; one object where they are the same.
  public func models(_ weights: RoleWeights) -> (designer: Transformer, executor: Transformer) {
    let executor = model(weights.weights(of: .executor))
    return (weights.areShared ? executor : model(weights.weights(of: .designer)), executor)
  }

  public func model(_ weights: Weights) -> Transformer { Transformer(weights: weights, products: products) }

  // MARK: Cold start

  /// One supervised step; returns the mean loss of a token.
  public func coldStep(_ state: inout TrainerState) throws -> Double {
    let sequences = try coldStart.sequences(step: state.coldSteps)
    let (gradient, statistics) = try engine.gradient(of: sequences, model: model(state.models.shared))
    state.coldStart.update(
      &state.models.shared, gradient: gradient, learningRate: coldStart.learningRate(step: state.coldSteps),
      clipNorm: scenario.optimizer.clipNorm.map { Float($0) }, threads: engine.threads)
    if let place = state.models.shared.firstNotFinite { throw NotFiniteError(place: place) }
    state.coldSteps += 1
    if state.coldSteps == scenario.coldStart.steps { state.endColdStart(scenario) }
    return statistics.loss
  }

  // MARK: Reinforcement learning

  /// What one training step saw and did.
  public struct Step: Sendable {
    public var tree: RolloutTree
    public var metrics: MetricsRow
    public var rolloutSeconds: Double
    public var updateSeconds: Double
  }

  /// One training step: a hierarchical rollout, credit, and an update of the stage's role.
  public func step(_ state: inout TrainerState) throws -> Step {
    let clock = ContinuousClock()
    let begin = clock.now
    let step = state.steps
    let stage = scenario.stages.stage(ofStep: step)
    let role = scenario.stages.role(ofStage: stage)
    if scenario.stages.isStart(step) { state.reference = state.models.shared }
    let models = models(state.models)
    var rollout = rollout
    var earlier: Transformer?
    if role == .executor, scenario.rollout.coldDesigns > 0 {
      rollout.earlierDesigns = scenario.rollout.coldDesigns
      earlier = self.model(state.cold)
    }
    let tree = try rollout.run(
      tasks.trainingTasks(step: step, count: scenario.rollout.tasks), name: "step-\(step)",
      seed: scenario.seed
    ) { [earlier] in
      .init(designer: models.designer, executor: models.executor, earlierDesigner: earlier)
    }
    let middle = clock.now

    let batch = RoleBatch(tree, scenario, mask: agents.mask)
    let gaps = (
      try onPolicyGap(batch.items(of: .designer), models.designer),
      try onPolicyGap(batch.items(of: .executor), models.executor)
    )
    var values = ["logprob_gap": max(gaps.0, gaps.1)]
    if let earlier { _ = try onPolicyGap(batch.earlier, earlier) }
    let rewards = tree.rewards(scenario.credit)
    let advantages = scenario.credit.creditEstimator.advantages(of: rewards)
    var learned = batch.sequences(of: role, advantages: advantages)
    var stream = SeededStream(seed: scenario.seed, name: "update of step \(step)")
    learned.shuffle(using: &stream)
    // Roles that share no weights leave each other alone.
    let anchors =
      !state.models.areShared
      ? [] : try anchors(batch, frozen: role.other, state.reference, &stream)
    let statistics = try update(&state, role, learned, anchors)
    state.steps += 1

    let current = tree.current
    let designs = current.rewards(scenario.credit).tasks.flatMap(\.designs)
    values[MetricsTable.Column.executorReward] = mean(designs.flatMap(\.executions))
    values[MetricsTable.Column.designerReward] = mean(designs.map(\.reward))
    for (family, rate) in current.successByFamily { values["train.\(family)"] = rate }
    values["calls"] = mean(current.executions.map { Double($0.transcript.outcome.calls.count) })
    values["format_errors"] = Double(tree.executions.reduce(0) { $0 + $1.transcript.outcome.formatErrors })
    values["sequences"] = Double(learned.count)
    values["entropy"] = statistics.entropy
    values["kl"] = statistics.kl
    values["gradient_norm"] = statistics.norm
    let metrics = MetricsRow(step: step, stage: stage, role: role, values: values)
    let end = clock.now
    return Step(
      tree: tree, metrics: metrics, rolloutSeconds: (middle - begin) / .seconds(1),
      updateSeconds: (end - middle) / .seconds(1))
  }

  /// The columns of `metrics.csv`.
  public var metricsColumns: [String] {
    let families = scenario.tasks.families.map(\.name)
    return [MetricsTable.Column.executorReward, MetricsTable.Column.designerReward]
      + families.map { "train.\($0)" } + families.map(MetricsTable.Column.heldOut)
      + ["logprob_gap", "calls", "format_errors", "sequences", "entropy", "kl", "gradient_norm"]
  }

  private var rollout: HierarchicalRollout {
    HierarchicalRollout(
      agents: agents, designs: scenario.rollout.designs, executions: scenario.rollout.executions,
      strategy: scenario.strategy, threads: threads)
  }

  /// P5: the greatest difference between what the sampler recorded and what the trainer computes. It must be 0 by
  /// Troupe's own products; OpenBLAS's bits depend on what is multiplied together, so that it can only be recorded.
  private func onPolicyGap(_ all: [RoleBatch.Item], _ model: Transformer) throws -> Double {
    let computed = engine.logProbabilities(of: all.map(\.sequence), model: model)
    var gap: Float = 0
    for (item, values) in zip(all, computed) {
      for (recorded, value) in zip(item.recorded, values) { gap = max(gap, abs(recorded - value)) }
    }
    guard gap == 0 || products == .openBLAS else { throw OffPolicyError(gap: gap) }
    return Double(gap)
  }

  private func anchors(
    _ batch: RoleBatch, frozen role: Scenario.Stages.Role, _ reference: Weights, _ stream: inout SeededStream
  ) throws -> [TrainingSequence] {
    let settings = scenario.optimizer
    guard settings.anchor > 0 else { return [] }
    var calls = batch.calls(of: role).shuffled(using: &stream)
    calls = Array(calls.prefix(settings.anchorCalls))
    let targets = engine.distributions(of: calls, model: model(reference))
    let weight = Float(settings.anchor) / Float(max(1, calls.reduce(0) { $0 + $1.completionCount }))
    return zip(calls, targets).map { call, target in
      var call = call
      call.objective = .anchor(reference: target)
      call.weight = weight
      return call
    }
  }

  private func update(
    _ state: inout TrainerState, _ role: Scenario.Stages.Role, _ learned: [TrainingSequence],
    _ anchors: [TrainingSequence]
  ) throws -> (entropy: Double, kl: Double, norm: Double) {
    let settings = role == .executor ? scenario.optimizer.executor : scenario.optimizer.designer
    var totals = (entropy: 0.0, kl: 0.0, norm: 0.0, tokens: 0)
    for minibatch in 0..<settings.minibatches {
      var part = stride(from: minibatch, to: learned.count, by: settings.minibatches).map { learned[$0] }
      guard !part.isEmpty else { continue }
      // The executor's loss is a mean over tokens, the designer's a mean over scripts.
      let count = role == .executor ? part.reduce(0) { $0 + $1.completionCount } : part.count
      for index in part.indices { part[index].weight = 1 / Float(count) }
      let (gradient, statistics) = try engine.gradient(
        of: part + anchors, model: model(state.models.weights(of: role)))
      let rate = LearningRateSchedule(
        peak: settings.learningRate, warmup: scenario.optimizer.warmup, steps: scenario.stages.steps,
        finalRate: scenario.optimizer.finalRate
      ).rate(step: state.steps)
      let clip = scenario.optimizer.clipNorm.map { Float($0) }
      func update(_ optimizer: inout AdamW) throws -> Float {
        try state.models.update(
          role, &optimizer, gradient: gradient, learningRate: rate, clipNorm: clip, threads: engine.threads)
      }
      let norm = role == .executor ? try update(&state.executor) : try update(&state.designer)
      totals.entropy += statistics.entropy
      totals.kl += statistics.approximateKL
      totals.tokens += statistics.tokenCount
      totals.norm = max(totals.norm, Double(norm))
    }
    let tokens = Double(max(1, totals.tokens))
    return (totals.entropy / tokens, totals.kl / tokens, totals.norm)
  }

  private func mean(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
  }
}

/// The trainer computed other log-probabilities than the sampler: P5 is broken, and the step must not be taken.
public struct OffPolicyError: Error, Hashable, Sendable, CustomStringConvertible {
  public var gap: Float
  public var description: String {
    "the trainer's log-probabilities differ from the sampler's by \(gap); the policy would learn off-policy"
  }
}
