import Foundation
import Policy
import Testing

@testable import Sim

@Suite("Exploring over scripts")
struct ScriptPriorTests {
  private typealias Begun = TrainerTests.Begun

  /// As in ``TrainerTests``, with weights a role.
  private func begun(
    _ role: Scenario.Stages.Role = .designer, _ change: (inout Scenario) -> Void = { _ in }
  ) throws -> Begun {
    try Begun(
      TrainerTests.scenario {
        ($0.weights.kind, $0.stages.first) = (.split, role)
        change(&$0)
      })
  }

  /// The prior of a begun step under other weights than those of its designer.
  private func prior(_ begun: Begun, weight: Double, of tree: RolloutTree) -> ScriptPrior {
    let (trainer, other) = (begun.trainer, Weights.random(begun.trainer.configuration, seed: 99))
    return ScriptPrior(
      tree, weight: weight, batch: RoleBatch(tree, trainer.scenario, mask: trainer.agents.mask),
      model: trainer.model(other), engine: trainer.engine)
  }

  @Test("P5: the designer of the cold start differs from itself by exactly 0, and learns as without a prior")
  func itself() throws {
    let (with, without) = (try begun { $0.exploration.prior = 0.5 }, try begun())
    let (metrics, state) = try with.learn(from: with.tree)
    #expect(metrics.values["prior_kl"] == 0 && metrics.values["prior"] == 0.5)
    #expect(metrics.values[MetricsTable.Column.gap] == 0)
    let (plain, other) = try without.learn(from: without.tree)
    #expect(state == other)
    #expect(plain.values["prior_kl"] == nil)
  }

  @Test("a script costs the weight times log π - log π₀ of the whole script, and executors nothing")
  func cost() throws {
    let begun = try begun()
    let prior = prior(begun, weight: 0.25, of: begun.tree)
    let rewards = begun.tree.rewards(begun.trainer.scenario.credit)
    let charged = prior.charged(to: rewards)
    let model = begun.trainer.model(.random(begun.trainer.configuration, seed: 99))
    var total = 0.0
    for (task, designs) in begun.tree.tasks.map(\.designs).enumerated() {
      for (design, branch) in designs.enumerated() {
        let turn = try #require(branch.turn)
        let sequence = TrainingSequence(
          tokens: turn.call.prompt + turn.generation.tokens, promptCount: turn.call.prompt.count,
          constraint: begun.trainer.agents.mask)
        let reference = try #require(
          begun.trainer.engine.logProbabilities(of: [sequence], model: model).first)
        let own = turn.generation.logProbabilities
        let divergence = own.reduce(0.0) { $0 + Double($1) } - reference.reduce(0.0) { $0 + Double($1) }
        #expect(abs(prior.divergences[task][design] - divergence) < 1e-9 && abs(divergence) > 0.01)
        total += divergence
        let (before, after) = (rewards.tasks[task].designs[design], charged.tasks[task].designs[design])
        #expect(abs(before.reward - after.reward - 0.25 * divergence) < 1e-9)
        #expect((before.executions, before.calls) == (after.executions, after.calls))
      }
    }
    #expect(abs(prior.meanDivergence - total / 4) < 1e-9)
  }

  @Test("a design that an earlier designer made costs nothing, and is no part of the mean")
  func earlier() throws {
    let begun = try begun()
    var tree = begun.tree
    for task in tree.tasks.indices { tree.tasks[task].designs[1].isEarlier = true }
    let (all, some) = (prior(begun, weight: 1, of: begun.tree), prior(begun, weight: 1, of: tree))
    #expect(some.divergences == all.divergences.map { [$0[0], 0] })
    #expect(abs(some.meanDivergence - some.divergences.joined().reduce(0, +) / 2) < 1e-12)
  }

  @Test("the step charges the prior of the cold start's weights, and only where the designer learns")
  func charged() throws {
    for (role, freeze) in [
      (Scenario.Stages.Role.designer, Scenario.Stages.Freeze.hard), (.executor, .none), (.executor, .hard),
    ] {
      let begun = try begun(role) { ($0.exploration.prior, $0.stages.freeze) = (0.5, freeze) }
      var moved = begun.state
      moved.cold = RoleWeights(.random(begun.trainer.configuration, seed: 99))
      var same = begun.state
      let (with, without) = (
        try begun.trainer.learn(from: begun.tree, &moved), try begun.trainer.learn(from: begun.tree, &same)
      )
      let learns = role == .designer || freeze == .none
      #expect((moved.models.weights(of: .designer) != same.models.weights(of: .designer)) == learns)
      #expect(moved.models.weights(of: .executor) == same.models.weights(of: .executor))
      let expected = prior(begun, weight: 0.5, of: begun.tree).meanDivergence
      #expect(with.prior?.meanDivergence == (learns ? expected : nil))
      #expect(without.prior?.meanDivergence == (learns ? 0 : nil))
      #expect(with.gap == 0 && with.checkedTokens > 0)
    }
  }

  /// Three scripts, of which a softmax designer draws two a task.
  private static let (logits, cold, rewards) = ([0.3, -0.2, 0.5], [0.5, 0.3, 0.2], [0.5, 0.25, -0.125])

  private func softmax(_ logits: [Double]) -> [Double] {
    let total = logits.reduce(0) { $0 + exp($1) }
    return logits.map { exp($0) / total }
  }

  @Test("P9: the expected update is the gradient of the expected reward less the weight times KL(π ‖ π₀)")
  func gradient() throws {
    let weight = 0.25
    func objective(_ logits: [Double]) -> Double {
      let policy = softmax(logits)
      return (0..<3).reduce(0) {
        $0 + policy[$1] * (Self.rewards[$1] - weight * log(policy[$1] / Self.cold[$1]))
      }
    }
    let policy = softmax(Self.logits)
    var update = [0.0, 0, 0]
    let begun = try begun()
    var prior = prior(begun, weight: weight, of: begun.tree)
    for (one, two) in (0..<9).map({ ($0 / 3, $0 % 3) }) {
      prior.divergences = [[one, two].map { log(policy[$0] / Self.cold[$0]) }]
      let tree = RewardTree([
        .init([one, two].map { RewardTree.Design(reward: Self.rewards[$0], executions: []) })
      ])
      let advantages = RLOO().advantages(of: prior.charged(to: tree)).tasks[0]
      for (script, advantage) in zip([one, two], advantages.map { $0.designer }) {
        for logit in 0..<3 {
          update[logit] +=
            policy[one] * policy[two] / 2 * advantage * ((script == logit ? 1 : 0) - policy[logit])
        }
      }
    }
    for logit in 0..<3 {
      var (above, below) = (Self.logits, Self.logits)
      above[logit] += 1e-4
      below[logit] -= 1e-4
      let slope = (objective(above) - objective(below)) / 2e-4
      #expect(abs(update[logit] - slope) < 1e-7, "logit \(logit): \(update[logit]), not \(slope)")
    }
  }

  @Test("the weight changes evenly from the first step in which the designer learns to the last")
  func schedule() throws {
    var settings = Scenario.Exploration()
    #expect(!settings.hasPrior)
    settings.prior = 0.25
    #expect(settings.hasPrior && settings.prior(after: 3, of: 5) == 0.25)
    settings.finalPrior = 0
    #expect((0..<5).map { settings.prior(after: $0, of: 5) } == [0.25, 0.1875, 0.125, 0.0625, 0])
    #expect(settings.prior(after: 0, of: 1) == 0.25)
    (settings.prior, settings.finalPrior) = (0, 0.5)
    #expect(settings.hasPrior)
    (settings.prior, settings.finalPrior) = (0, 0)
    #expect(!settings.hasPrior)

    var stages = Scenario.Stages()
    (stages.count, stages.executorSteps, stages.designerSteps) = (4, 3, 2)
    #expect(
      (0...10).map { stages.learningSteps(of: .designer, before: $0) } == [0, 0, 0, 0, 1, 2, 2, 2, 2, 3, 4])
    #expect(
      (0...10).map { stages.learningSteps(of: .executor, before: $0) } == [0, 1, 2, 3, 3, 3, 4, 5, 6, 6, 6])
    stages.freeze = .none
    #expect(stages.learningSteps(of: .designer, before: 7) == 7)
  }

  @Test("a run follows the schedule across its stages, and executor stages have no prior")
  func run() throws {
    let scenario = TrainerTests.scenario {
      ($0.stages.count, $0.stages.executorSteps, $0.stages.designerSteps) = (4, 1, 2)
      ($0.exploration.prior, $0.exploration.finalPrior) = (0.75, 0)
    }
    let trainer = try Trainer(scenario, threads: 2)
    var state = TrainerState(scenario, trainer.configuration)
    let weights = try (0..<6).map { _ in try trainer.step(&state).update.prior?.weight }
    #expect(weights == [nil, 0.75, 0.5, nil, 0.25, 0])
  }

  @Test("steps in which only the designer learns have an M and an N of their own")
  func shape() throws {
    for (role, freeze, isOwn) in [
      (Scenario.Stages.Role.designer, Scenario.Stages.Freeze.hard, true), (.executor, .hard, false),
      (.designer, .none, false), (.designer, .soft, false),
    ] {
      let tree = try begun(role) {
        ($0.exploration.designs, $0.exploration.executions, $0.stages.freeze) = (3, 1, freeze)
      }.tree
      let shape = isOwn ? [1, 1, 1] : [2, 2]
      #expect(tree.tasks.count == 2 && tree.tasks.allSatisfy { $0.designs.map(\.executions.count) == shape })
    }
  }

  @Test(
    "impossible settings are refused",
    arguments: [
      ("exploration: { prior: -1 }", "s:1:25: exploration.prior: -1.0 must be from 0.0 to 100.0"),
      ("exploration: { designs: 0 }", "s:1:27: exploration.designs: 0 must be from 1 to 256"),
      (
        "rollout: { tasks: 1 }, exploration: { designs: 2 }, optimizer: { designer: { minibatches: 3 } }",
        "s:1:93: optimizer.designer.minibatches: 3 is more than a step's trajectories, 2"
      ),
    ])
  func refused(settings: String, says: String) {
    let error = #expect(throws: ScenarioError.self) { try Scenario(json5: "{ \(settings) }", file: "s") }
    #expect(error.map { "\($0)" } == says)
  }
}
