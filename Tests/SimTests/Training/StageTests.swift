import Policy
import Testing

@testable import Sim

@Suite("Stages", .enabled(if: CreditTable.isRelease))
struct StageTests {
  /// A scenario of a few steps; `sharing` is its kind of weights, `stages` the text of its stages.
  private func trainer(_ sharing: String, stages: String) throws -> Trainer {
    let text = """
      { tasks: { families: [{ name: 'arithmetic', levels: [2, 2], largest: 9 }], heldOut: { perFamily: 4 } },
        policy: { hiddenSize: 32, layers: 1, heads: 2, keyValueHeads: 1, headDimension: 16, intermediateSize: 64 },
        coldStart: { steps: 400 }, rollout: { tasks: 24 }, weights: { kind: '\(sharing)' },
        optimizer: { executor: { learningRate: 1e-3, minibatches: 1, entropy: 0 } }, stages: { \(stages) } }
      """
    return try Trainer(Scenario(json5: text), threads: 1)
  }

  /// The state after the cold start and `steps` steps, and what each step found.
  private func train(_ trainer: Trainer, steps: Int) throws -> (states: [TrainerState], steps: [Trainer.Step])
  {
    var state = TrainerState(trainer.scenario, trainer.configuration)
    for _ in 0..<trainer.scenario.coldStart.steps { _ = try trainer.coldStep(&state) }
    var states = [state]
    var taken: [Trainer.Step] = []
    for _ in 0..<steps {
      taken.append(try trainer.step(&state))
      states.append(state)
    }
    return (states, taken)
  }

  @Test(
    "a frozen role that shares no weights says what it said, to the bit, and its drift is 0",
    arguments: ["split", "adapter"])
  func hardFreeze(sharing: String) throws {
    let trainer = try trainer(
      sharing, stages: "first: 'executor', count: 2, executorSteps: 2, designerSteps: 2")
    let (states, steps) = try train(trainer, steps: 4)
    for (index, step) in steps.enumerated() {
      let frozen = trainer.scenario.stages.role(ofStage: trainer.scenario.stages.stage(ofStep: index)).other
      let (before, after) = (states[index].models, states[index + 1].models)
      #expect(before.weights(of: frozen) == after.weights(of: frozen))
      #expect(before.weights(of: frozen.other) != after.weights(of: frozen.other))
      #expect(step.update.drift == 0)
    }
  }

  @Test(
    "with shared weights the drift of the frozen role begins at 0 in each stage, and is measured at every step"
  )
  func drift() throws {
    let trainer = try trainer(
      "shared", stages: "first: 'executor', count: 2, executorSteps: 3, designerSteps: 3")
    let (_, steps) = try train(trainer, steps: 6)
    let drifts = try steps.map { try #require($0.update.drift) }
    #expect(drifts[0] == 0 && drifts[3] == 0)
    #expect(drifts[1] > 0 && drifts[2] > 0 && drifts[4] > 0 && drifts[5] > 0)
    let row = MetricsRow(steps[4], of: trainer.scenario)
    #expect(row.values["drift"] == drifts[4])
  }

  @Test("drift is measured without an anchor that holds the frozen role", arguments: [0.0, 1.0])
  func anchor(weight: Double) throws {
    var scenario = try trainer("shared", stages: "first: 'executor', count: 1, executorSteps: 3").scenario
    scenario.optimizer.anchor = weight
    let (_, steps) = try train(try Trainer(scenario, threads: 1), steps: 3)
    #expect(try #require(steps[2].update.drift) > 0)
  }

  @Test(
    "both roles learn at once on-policy to the bit, whatever they share (P5)",
    arguments: ["shared", "split", "adapter"])
  func both(sharing: String) throws {
    let trainer = try trainer(sharing, stages: "count: 2, executorSteps: 2, designerSteps: 2, freeze: 'none'")
    let (states, steps) = try train(trainer, steps: 3)
    for (index, step) in steps.enumerated() {
      #expect(step.update.gap == 0 && step.update.checkedTokens > 0)
      #expect(step.update.drift == nil)
      for role in Scenario.Stages.Role.allCases {
        #expect(states[index].models.weights(of: role) != states[index + 1].models.weights(of: role))
      }
      #expect(MetricsRow(step, of: trainer.scenario).role == nil)
    }
    // Both optimizers took every step.
    #expect(states[3].executor != states[0].executor && states[3].designer != states[0].designer)
  }

  @Test(
    "a soft freeze at rate 0 is a hard one, and at rate 1 none", arguments: [(0.0, "hard"), (1.0, "none")])
  func soft(rate: Double, same: String) throws {
    let shape = "first: 'executor', count: 2, executorSteps: 2, designerSteps: 2"
    let soft = try train(trainer("split", stages: "\(shape), freeze: 'soft', softRate: \(rate)"), steps: 3)
    let other = try train(trainer("split", stages: "\(shape), freeze: '\(same)'"), steps: 3)
    #expect(soft.states.map(\.models) == other.states.map(\.models))
  }

  @Test("a soft freeze moves the role less than its own stage does, and moves it")
  func softer() throws {
    func moved(_ freeze: String) throws -> Float {
      let stages = "first: 'designer', count: 1, designerSteps: 1, executorSteps: 1, \(freeze)"
      let (states, _) = try train(trainer("split", stages: stages), steps: 1)
      let (before, after) = (states[0].models.weights(of: .executor), states[1].models.weights(of: .executor))
      return zip(before.values, after.values).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }
    let (hard, soft, none) = (
      try moved("freeze: 'hard'"), try moved("freeze: 'soft', softRate: 0.1"), try moved("freeze: 'none'")
    )
    #expect(hard == 0 && soft > 0 && soft < 0.2 * none)
  }

  @Test(
    "stages without steps are left out: one role is trained alone", arguments: Scenario.Stages.Role.allCases)
  func alone(role: Scenario.Stages.Role) throws {
    for first in Scenario.Stages.Role.allCases {
      let steps =
        role == .executor ? "executorSteps: 2, designerSteps: 0" : "executorSteps: 0, designerSteps: 2"
      let trainer = try trainer("split", stages: "first: '\(first)', count: 4, \(steps)")
      #expect(trainer.scenario.stages.steps == 4)
      let (states, taken) = try train(trainer, steps: 4)
      #expect(taken.allSatisfy { MetricsRow($0, of: trainer.scenario).role == role })
      #expect(states[0].models.weights(of: role.other) == states[4].models.weights(of: role.other))
      #expect(states[0].models.weights(of: role) != states[4].models.weights(of: role))
    }
  }

  @Test("stages of which none has a step are refused with their line")
  func none() throws {
    let error = #expect(throws: ScenarioError.self) {
      try Scenario(json5: "{ stages: {\nexecutorSteps: 0, designerSteps: 0 } }", file: "s")
    }
    #expect(
      error.map { "\($0)" }
        == "s:2:16: stages.executorSteps: no stage has a step: executorSteps or designerSteps must be above 0"
    )
    #expect(throws: Never.self) {
      try Scenario(json5: "{ stages: { count: 0, executorSteps: 0, designerSteps: 0 } }")
    }
  }

  @Test("a row of both roles is read back from its line")
  func rowOfBoth() throws {
    let table = MetricsTable(
      columns: ["drift"], rows: [MetricsRow(step: 0, stage: 0, role: nil, values: ["drift": 0.5])])
    #expect(table.csv == "step,stage,role,drift\n0,0,both,0.5\n")
    #expect(try MetricsTable(csv: table.csv) == table)
  }
}
