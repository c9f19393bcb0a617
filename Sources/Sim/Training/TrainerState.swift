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
    coldStart.weightDecay = Float(scenario.coldStart.weightDecay)
    (executor, designer) = (AdamW(), AdamW())
    resetRoleOptimizers(scenario)
  }

  /// Gives each role an optimizer without moments: that of the cold start while it trains adapters, and else that of
  /// reinforcement learning.
  mutating func resetRoleOptimizers(_ scenario: Scenario) {
    let isCold = scenario.coldStartTrainsAdapters && coldSteps < scenario.coldStart.steps
    let decay = Float(isCold ? scenario.coldStart.weightDecay : scenario.optimizer.weightDecay)
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
    resetRoleOptimizers(scenario)
  }
}
