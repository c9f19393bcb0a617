import Actors
import Foundation
import Messaging
import Policy

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
  let published: PublishedPolicy?
  /// The roles that servers behind a network play; `nil` if there are none.
  package let remote: RemoteRoles?
  let estimator: any CreditEstimator
  private let threads: Int

  typealias Role = Scenario.Stages.Role

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

  /// The parts of their learning rates at which the roles learn in a step.
  func rates(ofStep step: Int) -> (executor: Double, designer: Double) {
    let stage = scenario.stages.stage(ofStep: step)
    return (
      scenario.stages.rate(of: .executor, inStage: stage), scenario.stages.rate(of: .designer, inStage: stage)
    )
  }
}
