import Actors
import Foundation
import Messaging
import Policy

/// All that a run learns: weights, moments and counters. It is a value, so a copy of it is a checkpoint.
package struct TrainerState: Sendable, Hashable {
  /// The weights of both roles.
  package var models: RoleWeights
  /// The shared weights at the beginning of the stage. The frozen role is anchored to them.
  package var reference: Weights
  /// The policy after the cold start, or the initial one before that. Its designer makes some of the designs that
  /// executors train on.
  package var cold: RoleWeights
  /// The optimizer of a cold start that trains the shared weights; of nothing if it trains adapters.
  package var coldStart: AdamW
  /// The optimizer of the executors' updates, and of their cold start if that trains adapters.
  package var executor: AdamW
  /// The optimizer of the designer's updates, and of its cold start if that trains adapters.
  package var designer: AdamW
  /// How many steps of the cold start are done.
  package var coldSteps = 0
  /// How many training steps are done.
  package var steps = 0

  /// Begins with random weights.
  package init(_ scenario: Scenario, _ configuration: ModelConfiguration) {
    self.init(scenario, from: .random(configuration, seed: scenario.seed))
  }

  /// Begins with `weights`.
  package init(_ scenario: Scenario, from weights: Weights) {
    let configuration = weights.configuration
    models = RoleWeights(weights)
    if scenario.coldStart.steps == 0 || scenario.coldStartTrainsAdapters {
      models.divide(scenario.weights, seed: scenario.seed)
    }
    reference = models.shared
    cold = models
    coldStart = scenario.coldStartTrainsAdapters ? AdamW() : AdamW(configuration)
    let coldDecay = Float(scenario.coldStart.weightDecay)
    coldStart.weightDecay = coldDecay
    let decay = scenario.coldStartTrainsAdapters ? coldDecay : Float(scenario.optimizer.weightDecay)
    executor = models.optimizer(for: .executor, weightDecay: decay)
    designer = models.optimizer(for: .designer, weightDecay: decay)
  }

  /// Takes what another cold start left, in place of one's own.
  mutating func takeColdStart(_ weights: RoleWeights, _ scenario: Scenario) {
    models = weights
    coldSteps = scenario.coldStart.steps
    endColdStart(scenario)
  }

  /// Ends the cold start: keeps its weights, forgets its moments, and gives each role its own weights or adapter, unless it has
  /// one. Weights that no longer learn are rounded here, if the scenario says so, and what is kept is the rounded ones.
  ///
  /// So the state is the same whether a run had the cold start itself or was given what it left.
  mutating func endColdStart(_ scenario: Scenario) {
    let wasShared = models.areShared
    if wasShared { models.divide(scenario.weights, seed: scenario.seed) }
    cold = wasShared ? models.base : models
    if !scenario.coldStartTrainsAdapters {
      let decay = coldStart.weightDecay
      coldStart = AdamW(models.shared.configuration)
      coldStart.weightDecay = decay
    }
    let decay = Float(scenario.optimizer.weightDecay)
    executor = models.optimizer(for: .executor, weightDecay: decay)
    designer = models.optimizer(for: .designer, weightDecay: decay)
  }
}

/// Performs the steps of a training run. Each step is a pure function of scenario, seed and state.
///
/// A trainer reads no clock. It says which part of a step begins, so that whoever has a clock can measure the parts.
package struct Trainer: Sendable {
  /// Is told of each part of a step when it begins, and of `nil` when a rollout begins, which measures itself.
  package typealias Observer = (StepPart?) -> Void

  package let scenario: Scenario
  package let tasks: TaskSource
  package let fineTuning: SupervisedFineTuning
  package let agents: AgentSetup
  package let configuration: ModelConfiguration
  package let products: Products
  package let engine: TrainingEngine
  /// The published model from which the run starts; `nil` if it starts with random weights.
  private let published: PublishedPolicy?
  /// The roles that servers behind a network play; `nil` if there are none.
  package let remote: RemoteRoles?
  private let estimator: any CreditEstimator
  private let threads: Int

  /// Makes the trainer of a scenario. `journals` is the directory that keeps what servers answer.
  /// - Throws: ``RunError`` if the scenario has agents or faults of its own; `TaskError` if a family lacks problems;
  ///   ``ScenarioError`` if a registered part fails.
  package init(
    _ scenario: Scenario, _ registry: Registry = Registry(), products: Products = .own, threads: Int,
    journals: URL? = nil
  ) throws {
    try scenario.requireTasksOnly()
    if scenario.weights.base != .f32, products != .own {
      throw RunError(
        "--products openblas multiplies float32 only, and weights.base is \(scenario.weights.base.rawValue)")
    }
    self.scenario = scenario
    self.products = products
    self.threads = threads
    tasks = try TaskSource(scenario, registry)
    estimator = try registry.estimator(of: scenario)
    agents = try AgentSetup(scenario, families: tasks.families, tokenizer: tasks.tokenizer)
    remote = try RemoteRoles(scenario, registry, journals: journals)
    published = try PublishedPolicy(
      of: scenario, agents: agents, families: tasks.families, threads: threads)
    guard published != nil || !agents.isConversing else {
      throw scenario.failure(
        at: ["policy", "from"], .missingKey,
        "the problems of \(tasks.families[0].name) are text: give a published chat model")
    }
    fineTuning = try SupervisedFineTuning(
      scenario, tasks: tasks, grammar: agents.grammar, language: published?.language,
      longest: published?.weights.configuration.maximumPositions)
    configuration =
      published?.weights.configuration
      ?? scenario.policy.configuration(vocabularySize: agents.tokenizer.vocabularySize)
    engine = TrainingEngine(threads: threads)
  }

  /// What a run begins with, before its cold start.
  package var initialState: TrainerState {
    published.map { TrainerState(scenario, from: $0.weights) } ?? TrainerState(scenario, configuration)
  }

  /// The tokenizer that belongs to the policy.
  package var tokenizer: any Tokenizer { published?.language.tokenizer ?? agents.tokenizer }

  /// Makes the servers that play by the given models, but for the roles that servers behind a network play.
  package func servers(
    designer: Transformer, executor: Transformer, earlierDesigner: Transformer? = nil
  ) -> HierarchicalRollout.Servers {
    let decoders = HierarchicalRollout.Servers(
      designer: designer, executor: executor, earlierDesigner: earlierDesigner)
    let players = published.map { decoders.mapped($0.language.playing) } ?? decoders
    return remote?.replacing(players) ?? players
  }

  /// The players of an evaluation in which each role is played by its own model.
  package func players(_ name: String, designer: Transformer, executor: Transformer) -> Evaluator.Players {
    Evaluator.Players(name) { servers(designer: designer, executor: executor) }
  }

  /// The grammar of scripts over the policy's own tokens; `nil` if designers are held to none.
  var mask: (any TokenConstraint)? {
    agents.isMasked ? published?.language.constraint(agents.mask) ?? agents.mask : nil
  }

  /// Makes the models of both roles. If the roles share their weights, the two are the same object.
  package func models(_ weights: RoleWeights) -> (designer: Transformer, executor: Transformer) {
    let executor = weights.model(of: .executor, products: products)
    return (weights.areShared ? executor : weights.model(of: .designer, products: products), executor)
  }

  /// Makes a model of `weights` that multiplies as this trainer does.
  package func model(_ weights: Weights) -> Transformer { Transformer(weights: weights, products: products) }

  // MARK: Cold start

  /// Reads the policy from which the scenario starts; `nil` if it has a cold start of its own.
  /// - Throws: ``ScenarioError`` if there is no such policy, if its roles have weights of their own (or, for a cold start of
  ///   adapters, if they have no adapters of the scenario's shape), or if its vocabulary or its shape is not the scenario's.
  func givenColdStart() throws(ScenarioError) -> RoleWeights? {
    guard let from = scenario.coldStart.policy else { return nil }
    func failure(_ what: String) -> ScenarioError {
      scenario.failure(at: ["coldStart", "from"], .impossibleValue, what)
    }
    let policy: RoleWeights
    let tokenizer: any Tokenizer
    do {
      (policy, tokenizer) = try RoleWeights.read(URL(filePath: from))
    } catch {
      throw failure("\(error)")
    }
    guard hasVocabulary(of: tokenizer) else {
      throw failure("the vocabulary of \(from) is not the scenario's")
    }
    guard policy.shared.configuration == configuration else {
      throw failure("the model in \(from) does not have the shape that `policy` gives")
    }
    if scenario.coldStartTrainsAdapters {
      guard policy.hasAdapters(scenario.weights) else {
        throw failure(
          "\(from) has no adapters of the shape that `weights` gives; give the cold-start of a run that has them"
        )
      }
      guard policy.frozen?.format == FrozenWeights.Format(scenario.weights.base) else {
        throw failure("the weights of \(from) are not stored as weights.base says")
      }
      guard policy.shared == initialState.models.shared else {
        throw failure("the adapters of \(from) are of another model than policy.from")
      }
    } else if !policy.areShared {
      throw failure(
        "\(from) has other weights for each role; give a policy that both share, such as a run's cold-start")
    }
    return policy
  }

  /// Whether a tokenizer has the tokens of the policy's own, with the same ids.
  private func hasVocabulary(of other: any Tokenizer) -> Bool {
    guard let pairs = published?.language.tokenizer else {
      return other as? WordTokenizer == agents.tokenizer
    }
    guard let other = other as? BytePairTokenizer, other.vocabularySize == pairs.vocabularySize else {
      return false
    }
    return (0..<Int32(pairs.vocabularySize)).allSatisfy { pairs.bytes(of: $0) == other.bytes(of: $0) }
  }

  /// Performs one supervised step, and returns the mean loss of a token in nats.
  ///
  /// The adapters of a published model learn each from the demonstrations of its own role; other policies from all.
  /// - Throws: ``HeldOutTask``; `NotFiniteError` if loss, gradient or weights are not finite.
  package func coldStep(_ state: inout TrainerState, _ begin: Observer = { _ in }) throws -> Double {
    begin(.demonstrations)
    let demonstrations = try fineTuning.demonstrations(step: state.coldSteps)
    let rate = fineTuning.learningRate(step: state.coldSteps)
    let clip = scenario.optimizer.clipNorm.map { Float($0) }
    var loss = 0.0
    if scenario.coldStartTrainsAdapters {
      for role in Role.allCases {
        let sequences = demonstrations.sequences(of: role)
        guard !sequences.isEmpty else { continue }
        begin(.gradient)
        let (gradient, statistics) = try engine.gradient(
          of: sequences, model: state.models.model(of: role, products: products),
          adapter: state.models.adapter(of: role))
        begin(.optimizer)
        func step(_ optimizer: inout AdamW) throws {
          _ = try state.models.update(
            role, &optimizer, gradient: gradient, learningRate: rate, clipNorm: clip, threads: engine.threads)
        }
        if role == .executor { try step(&state.executor) } else { try step(&state.designer) }
        loss += statistics.loss * Double(statistics.tokenCount) / Double(demonstrations.tokenCount)
      }
    } else {
      begin(.gradient)
      let (gradient, statistics) = try engine.gradient(
        of: demonstrations.sequences, model: model(state.models.shared))
      begin(.optimizer)
      state.coldStart.update(
        &state.models.shared, gradient: gradient, learningRate: rate, clipNorm: clip, threads: engine.threads)
      if let place = state.models.shared.firstNotFinite { throw NotFiniteError(place: place) }
      loss = statistics.loss
    }
    state.coldSteps += 1
    if state.coldSteps == scenario.coldStart.steps { state.endColdStart(scenario) }
    return loss
  }

  // MARK: Reinforcement learning

  /// The result of one training step.
  package struct Step: Sendable {
    /// The step, from 0.
    package let number: Int
    package var tree: RolloutTree
    let update: Update
  }

  /// Performs one training step: a hierarchical rollout, and an update of the roles that learn in the stage.
  /// - Throws: ``OffPolicyError`` if the trainer finds other log-probabilities than the sampler recorded; weights and
  ///   moments are then unchanged.
  package func step(_ state: inout TrainerState, _ begin: Observer = { _ in }) throws -> Step {
    let number = state.steps
    if scenario.stages.isStart(state.steps) { state.reference = state.models.shared }
    let tree = try rollOut(state, begin)
    return Step(number: number, tree: tree, update: try learn(from: tree, &state, begin))
  }

  /// Plays the episodes of the next step with the present policy.
  func rollOut(_ state: TrainerState, _ begin: Observer = { _ in }) throws -> RolloutTree {
    let models = models(state.models)
    var rollout = HierarchicalRollout(
      agents: agents, designs: scenario.designs(ofStep: state.steps),
      executions: scenario.executions(ofStep: state.steps), strategy: scenario.strategy, threads: threads)
    // Forks are for the credit of executors' calls.
    if rates(ofStep: state.steps).executor > 0 { rollout.forks = estimator.declaration.forks }
    rollout.deletesStatements = rates(ofStep: state.steps).designer > 0 && scenario.credit.spans > 0
    var earlier: Transformer?
    let rates = rates(ofStep: state.steps)
    if rates.executor > 0, scenario.rollout.coldDesigns > 0 {
      rollout.earlierDesigns = scenario.rollout.coldDesigns
      earlier = state.cold.model(of: .designer, products: products)
    }
    begin(.credit)
    let drawn = try tasks.trainingTasks(step: state.steps, count: scenario.rollout.tasks)
    begin(nil)
    let scripts = drawn.map { scenario.rollout.scripts[$0.family] }
    return try rollout.run(
      drawn, name: "step-\(state.steps)", seed: scenario.seed, scripts: scripts
    ) { [earlier] in
      servers(designer: models.designer, executor: models.executor, earlierDesigner: earlier)
    }
  }

  /// Updates the stage's role from the episodes of the step.
  func learn(
    from tree: RolloutTree, _ state: inout TrainerState, _ begin: Observer = { _ in }
  ) throws -> Update {
    begin(.credit)
    let rates = rates(ofStep: state.steps)
    let batch = RoleBatch(tree, scenario, mask: mask, spans: StatementSpans(agents.tokenizer))
    var stream = SeededStream(seed: scenario.seed, name: "update of step \(state.steps)")
    let prior = rates.designer > 0 ? prior(tree, batch, state, begin) : nil
    let rewards = tree.rewards(scenario.credit)
    let advantages = try estimator.advantages(of: prior?.charged(to: rewards) ?? rewards)
    let lessons = [(Role.executor, rates.executor), (.designer, rates.designer)].filter { $0.1 > 0 }.map {
      let sequences = batch.sequences(of: $0, advantages: advantages).shuffled(using: &stream)
      return Lesson(role: $0, rate: $1, sequences: sequences)
    }
    var anchors: [TrainingSequence] = []
    // Only a frozen role is anchored. Roles that share no weights leave each other alone, and so does a role that
    // learns nothing.
    if lessons.count == 1, !lessons[0].sequences.isEmpty, state.models.areShared {
      begin(.anchors)
      anchors = self.anchors(batch, frozen: lessons[0].role.other, state.reference, &stream)
    }
    var update = try update(&state, lessons, anchors, begin)
    if lessons.count == 1, !state.models.areShared { update.drift = 0 }
    update.prior = prior
    state.steps += 1
    return update
  }

  private typealias Role = Scenario.Stages.Role

  /// The parts of their learning rates at which the roles learn in a step.
  private func rates(ofStep step: Int) -> (executor: Double, designer: Double) {
    let stage = scenario.stages.stage(ofStep: step)
    return (
      scenario.stages.rate(of: .executor, inStage: stage), scenario.stages.rate(of: .designer, inStage: stage)
    )
  }

  /// What the scripts of a step cost the designer; `nil` if the scenario has no prior.
  private func prior(
    _ tree: RolloutTree, _ batch: RoleBatch, _ state: TrainerState, _ begin: Observer
  ) -> ScriptPrior? {
    let (settings, stages) = (scenario.exploration, scenario.stages)
    guard settings.hasPrior else { return nil }
    begin(.anchors)
    let weight = settings.prior(
      after: stages.learningSteps(of: .designer, before: state.steps),
      of: stages.learningSteps(of: .designer, before: stages.steps))
    defer { begin(.credit) }
    return ScriptPrior(
      tree, weight: weight, batch: batch, model: state.cold.model(of: .designer, products: products),
      engine: engine)
  }

  private func anchors(
    _ batch: RoleBatch, frozen role: Scenario.Stages.Role, _ reference: Weights, _ stream: inout SeededStream
  ) -> [TrainingSequence] {
    let settings = scenario.optimizer
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

  /// What the updates of one step found.
  struct Update {
    /// How many generations the role learned from.
    var sequences = 0
    /// Sums over ``tokens``, and the greatest norm of a gradient.
    var (entropy, kl, norm) = (0.0, 0.0, 0.0)
    var tokens = 0
    /// The rows of the gradient passes, and the rows that were not computed because sequences share their beginning.
    var (rows, sharedRows) = (0, 0)
    /// KL(what the frozen role was at the beginning of the stage ‖ what it is before this step's update), in nats, as a
    /// mean over the anchors' tokens; `nil` if no role is frozen, or nothing was learned.
    var drift: Double?
    /// What the designer's scripts cost it; `nil` if it learned nothing, or the scenario has no prior.
    var prior: ScriptPrior?
    /// Tokens whose log-probability was compared with what the sampler recorded, and the greatest difference.
    var (checkedTokens, gap) = (0, Float(0))

    mutating func add(_ statistics: LossStatistics, norm: Float) {
      entropy += statistics.entropy
      kl += statistics.approximateKL
      tokens += statistics.tokenCount
      rows += statistics.rowCount
      sharedRows += statistics.sharedRowCount
      self.norm = max(self.norm, Double(norm))
    }
  }

  /// What one role learns from in a step, and the part of its learning rate.
  private struct Lesson {
    var role: Role
    var rate: Double
    var sequences: [TrainingSequence]

    /// The sequences of one of several minibatches, weighted. The executor's loss is a mean over tokens, the designer's
    /// a mean over scripts.
    func minibatch(_ index: Int, of count: Int) -> [TrainingSequence] {
      guard index < count else { return [] }
      var part = stride(from: index, to: sequences.count, by: count).map { sequences[$0] }
      let divisor = role == .executor ? part.reduce(0) { $0 + $1.completionCount } : part.count
      for index in part.indices { part[index].weight = 1 / Float(divisor) }
      return part
    }
  }

  private func settings(of role: Role) -> Scenario.RoleOptimizer {
    role == .executor ? scenario.optimizer.executor : scenario.optimizer.designer
  }

  /// Performs the minibatches of a step. In each, the gradients of all roles are computed before any is applied, so
  /// that the first minibatch of each role is on-policy even if they share their weights.
  private func update(
    _ state: inout TrainerState, _ lessons: [Lesson], _ anchors: [TrainingSequence], _ begin: Observer
  ) throws -> Update {
    var update = Update()
    update.sequences = lessons.reduce(0) { $0 + $1.sequences.count }
    for minibatch in 0..<(lessons.map { settings(of: $0.role).minibatches }.max() ?? 0) {
      var found: [(lesson: Lesson, gradient: [Float], statistics: LossStatistics)] = []
      for lesson in lessons {
        let part = lesson.minibatch(minibatch, of: settings(of: lesson.role).minibatches)
        guard !part.isEmpty else { continue }
        begin(.gradient)
        let (gradient, statistics) = try engine.gradient(
          of: part + anchors, model: state.models.model(of: lesson.role, products: products),
          adapter: state.models.adapter(of: lesson.role))
        found.append((lesson, gradient, statistics))
        if minibatch == 0 { try check(statistics, &update) }
      }
      if !found.isEmpty { begin(.optimizer) }
      for (lesson, gradient, statistics) in found {
        let norm = try apply(gradient, lesson, &state)
        update.add(statistics, norm: norm)
      }
    }
    return update
  }

  /// Compares the first minibatch with what the sampler recorded, and notes how far the frozen role is from what it was.
  ///
  /// P5: the weights are still those that the sampler ran on. OpenBLAS's bits depend on what is multiplied together, so
  /// that its gap can only be recorded.
  private func check(_ statistics: LossStatistics, _ update: inout Update) throws {
    update.checkedTokens += statistics.comparedCount
    update.gap = max(update.gap, statistics.greatestDifference)
    guard update.gap == 0 || products == .openBLAS else { throw OffPolicyError(gap: update.gap) }
    if statistics.anchoredCount > 0 {
      update.drift = statistics.anchorDivergence / Double(statistics.anchoredCount)
    }
  }

  /// Updates what the lesson's role learns, and returns the gradient's norm before clipping.
  private func apply(_ gradient: [Float], _ lesson: Lesson, _ state: inout TrainerState) throws -> Float {
    let rate = LearningRateSchedule(
      peak: settings(of: lesson.role).learningRate * lesson.rate, warmup: scenario.optimizer.warmup,
      steps: scenario.stages.steps, finalRate: scenario.optimizer.finalRate
    ).rate(step: state.steps)
    let clip = scenario.optimizer.clipNorm.map { Float($0) }
    func step(_ optimizer: inout AdamW) throws -> Float {
      try state.models.update(
        lesson.role, &optimizer, gradient: gradient, learningRate: rate, clipNorm: clip,
        threads: engine.threads)
    }
    return lesson.role == .executor ? try step(&state.executor) : try step(&state.designer)
  }
}

/// The trainer computed other log-probabilities than the sampler did, so P5 is broken. The step is not taken.
package struct OffPolicyError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The greatest difference of two log-probabilities, in nats.
  package var gap: Float
  package var description: String {
    "the trainer's log-probabilities differ from the sampler's by \(gap); the policy would learn off-policy"
  }
}
