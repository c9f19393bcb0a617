import Messaging
import Policy

extension Trainer {
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
