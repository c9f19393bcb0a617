import Actors
import Messaging
import Policy
import Testing

@testable import Sim

/// The laws between the sequences that a role learns from and the weights after the step.
@Suite("The laws of a trainer's step")
struct TrainerLawTests {
  private typealias Begun = TrainerTests.Begun

  /// As in ``TrainerTests``, with weights a role and neither anchors nor clipping unless `change` says otherwise.
  private func begun(
    _ role: Scenario.Stages.Role = .executor, _ change: (inout Scenario) -> Void = { _ in }
  ) throws -> Begun {
    try Begun(
      TrainerTests.scenario {
        $0.weights.kind = .split
        $0.stages.first = role
        ($0.optimizer.anchor, $0.optimizer.clipNorm) = (0, nil)
        change(&$0)
      })
  }

  private func norm(_ values: some Sequence<Float>) -> Double {
    values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
  }

  private func optimizer(_ role: Scenario.Stages.Role, _ state: TrainerState) -> AdamW {
    role == .executor ? state.executor : state.designer
  }

  @Test(
    "P9: the gradient is that of the mean over tokens of what executors learn from, and over scripts of what designers do",
    arguments: Scenario.Stages.Role.allCases)
  func means(role: Scenario.Stages.Role) throws {
    let begun = try begun(role)
    let (metrics, state) = try begun.learn(from: begun.tree)
    let credit = begun.trainer.scenario.credit
    var sequences = RoleBatch(begun.tree, begun.trainer.scenario, mask: begun.trainer.agents.mask).sequences(
      of: role, advantages: GRPO().advantages(of: begun.tree.rewards(credit)))
    let tokens = sequences.reduce(0) { $0 + $1.completionCount }
    let weight = 1 / Float(role == .executor ? tokens : sequences.count)
    for index in sequences.indices { sequences[index].weight = weight }
    let model = begun.trainer.model(begun.state.models.weights(of: role))
    let gradient = try begun.trainer.engine.gradient(of: sequences, model: model).gradient
    let expected = norm(gradient)
    #expect(abs(try #require(metrics.values["gradient_norm"]) - expected) < 1e-4 * expected)
    // The first moment after one update is a tenth of what was learned from.
    let worst = zip(optimizer(role, state).firstMoment, gradient).map { abs($0 - 0.1 * $1) }.max() ?? 1
    #expect(worst < 1e-5 * (gradient.map(abs).max() ?? 0))
  }

  @Test(
    "a step moves its role at most by the rate of that step, with moments of its own",
    arguments: Scenario.Stages.Role.allCases)
  func rates(role: Scenario.Stages.Role) throws {
    let begun = try begun(role) {
      ($0.optimizer.executor.learningRate, $0.optimizer.designer.learningRate) = (1e-2, 1e-3)
      $0.optimizer.warmup = 8
    }
    var state = begun.state
    state.steps = 3
    _ = try begun.trainer.learn(from: begun.tree, &state)
    #expect(state.steps == 4)
    #expect((optimizer(role, state).step, optimizer(role.other, state).step) == (1, 0))
    let (before, after) = (begun.state.models.weights(of: role), state.models.weights(of: role))
    let moved = zip(before.values, after.values).map { abs($0 - $1) }.max() ?? 0
    // The first update of Adam moves a weight by the rate, unless its slope is as small as ε.
    let rate: Float = (role == .executor ? 1e-2 : 1e-3) / 2
    #expect(abs(moved - rate) < 0.01 * rate)
    #expect(state.models.weights(of: role.other) == begun.state.models.weights(of: role.other))
  }

  @Test("a gradient longer than `clipNorm` is shortened to it, and a shorter one is left alone")
  func clipping() throws {
    for (clip, isShortened) in [(1e-3, true), (1e3, false)] {
      let begun = try begun { $0.optimizer.clipNorm = clip }
      let (metrics, state) = try begun.learn(from: begun.tree)
      let long = try #require(metrics.values["gradient_norm"])
      let used = 10 * norm(state.executor.firstMoment)
      #expect(long > 1e-2)
      #expect(abs(used - (isShortened ? clip : long)) < 0.01 * used)
    }
  }

  @Test("P9: each sequence is learned from in one of the minibatches")
  func minibatches() throws {
    let begun = try begun { $0.optimizer.executor.minibatches = 3 }
    let (metrics, learned) = try begun.learn(from: begun.tree)
    #expect(learned.executor.step == 3)
    var count = 0.0
    for place in begun.places(of: .executor) {
      var tree = begun.tree
      for index in tree[keyPath: place]?.generation.logProbabilities.indices ?? 0..<0 {
        tree[keyPath: place]?.generation.logProbabilities[index] -= 0.1
      }
      do {
        if try begun.learn(from: tree).1 != learned { count += 1 }
      } catch is OffPolicyError {
        count += 1
      }
    }
    #expect(count == metrics.values["sequences"])
  }

  @Test("executions that are there twice change no gradient: neither of what is learned nor of anchors")
  func twice() throws {
    for anchor in [0.0, 10] {
      let begun = try begun {
        $0.weights.kind = .shared
        ($0.optimizer.anchor, $0.optimizer.anchorCalls) = (anchor, 1000)
      }
      var tree = begun.tree
      tree.tasks += tree.tasks
      // The anchor has a slope only where the policy has left its reference.
      var state = begun.state
      state.reference = .random(begun.trainer.configuration, seed: 99)
      var other = state
      let once = try begun.trainer.learn(from: begun.tree, &state).norm
      let twice = try begun.trainer.learn(from: tree, &other).norm
      #expect(abs(once - twice) < 1e-3 * once)
    }
  }

  @Test("an anchor draws the frozen role towards the reference, on as many calls as the scenario says")
  func anchor() throws {
    let begun = try begun {
      $0.weights.kind = .shared
      ($0.optimizer.anchor, $0.optimizer.anchorCalls) = (1000, 3)
      $0.optimizer.executor.learningRate = 1e-3
    }
    #expect(try begun.caught(begun.places(of: .designer)).count == 3)
    let trainer = begun.trainer
    var state = begun.state
    state.reference = .random(trainer.configuration, seed: 99)
    let calls = RoleBatch(begun.tree, trainer.scenario, mask: trainer.agents.mask).calls(of: .designer)
    let targets = trainer.engine.distributions(of: calls, model: trainer.model(state.reference))
    /// How far the designer is from the reference.
    func distance() throws -> Double {
      let anchored = zip(calls, targets).map { call, target in
        var call = call
        call.objective = .anchor(reference: target)
        return call
      }
      return try trainer.engine.gradient(of: anchored, model: trainer.model(state.models.shared)).statistics
        .loss
    }
    let before = try distance()
    _ = try trainer.learn(from: begun.tree, &state)
    #expect(try distance() < before)
  }

  @Test("the reference is the policy at the beginning of a stage, and stays while the stage lasts")
  func reference() throws {
    let scenario = TrainerTests.scenario {
      ($0.stages.executorSteps, $0.stages.designerSteps) = (2, 2)
      // Every execution has a reward, so each step learns.
      ($0.optimizer.executor.entropy, $0.credit.formatPenalty) = (0.1, 1)
    }
    let trainer = try Trainer(scenario, threads: 2)
    var state = TrainerState(scenario, trainer.configuration)
    var expected = state.reference
    for step in 0..<4 {
      // Any other weights will do for what an earlier step has learned.
      state.models = RoleWeights(.random(trainer.configuration, seed: UInt64(step + 100)))
      if step % 2 == 0 { expected = state.models.shared }
      _ = try trainer.step(&state)
      #expect(state.reference == expected, "step \(step)")
    }
  }

  @Test("a cold start ends with its policy kept, and with what each role gets being made of it")
  func coldStart() throws {
    let scenario = TrainerTests.scenario {
      ($0.coldStart.steps, $0.coldStart.warmup, $0.weights.kind) = (2, 0, .split)
    }
    let trainer = try Trainer(scenario, threads: 2)
    var state = TrainerState(scenario, trainer.configuration)
    let first = state.models.shared
    #expect(state.models.areShared)
    for _ in 0..<2 { _ = try trainer.coldStep(&state) }
    #expect(
      state.models.shared != first && state.cold == RoleWeights(state.models.shared)
        && !state.models.areShared)
    #expect(Scenario.Stages.Role.allCases.allSatisfy { state.models.weights(of: $0) == state.cold.shared })
  }

  @Test(
    "the cold start's policy makes some designs while executors learn, and each step has tasks of its own")
  func coldDesigns() throws {
    for role in Scenario.Stages.Role.allCases {
      let scenario = TrainerTests.scenario {
        ($0.stages.first, $0.rollout.coldDesigns) = (role, 1)
      }
      let trainer = try Trainer(scenario, threads: 2)
      var state = TrainerState(scenario, trainer.configuration)
      let present = try trainer.rollOut(state)
      state.cold = RoleWeights(.random(trainer.configuration, seed: 99))
      let mixed = try trainer.rollOut(state)
      state.models = state.cold
      let cold = try trainer.rollOut(state)
      for (task, designs) in mixed.tasks.map(\.designs).enumerated() {
        #expect(designs.map(\.isEarlier) == [false, role == .executor])
        #expect(designs[0].turn == present.tasks[task].designs[0].turn)
        let author = role == .executor ? cold : present
        #expect(designs[1].turn == author.tasks[task].designs[1].turn)
      }
      state.steps = 1
      #expect(try trainer.rollOut(state).tasks.map(\.instance) != mixed.tasks.map(\.instance))
    }
  }

  @Test("a scenario's estimator has its settings")
  func estimator() throws {
    var scenario = Scenario()
    for grouping in ExecutorGrouping.allCases {
      for normalize in [false, true] {
        (scenario.credit.executorGrouping, scenario.credit.normalize) = (grouping, normalize)
        let estimator = try Registry().estimator(of: scenario) as? GRPO
        #expect(estimator == GRPO(normalize: normalize, executorGrouping: grouping))
      }
    }
  }
}
