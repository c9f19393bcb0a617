import Actors
import Policy
import Testing

@testable import Sim

@Suite("A step of the trainer")
struct TrainerTests {
  /// A very small policy, with random weights.
  static func scenario(_ change: (inout Scenario) -> Void = { _ in }) -> Scenario {
    var scenario = HierarchicalRolloutTests.scenario
    scenario.policy.hiddenSize = 16
    scenario.policy.layers = 1
    scenario.policy.heads = 2
    scenario.policy.keyValueHeads = 1
    scenario.policy.headDimension = 8
    scenario.policy.intermediateSize = 24
    scenario.coldStart.steps = 0
    (scenario.rollout.tasks, scenario.rollout.designs, scenario.rollout.executions) = (2, 2, 2)
    change(&scenario)
    return scenario
  }

  /// A trainer with the episodes of its first step, before it has learned from them.
  struct Begun {
    let trainer: Trainer
    let state: TrainerState
    let tree: RolloutTree

    init(_ scenario: Scenario) throws {
      trainer = try Trainer(scenario, threads: 2)
      state = TrainerState(scenario, trainer.configuration)
      var tree = try trainer.rollOut(state)
      // This policy solves nothing yet. One execution of each task is counted as a success, so that there is credit
      // to give.
      for task in tree.tasks.indices {
        tree.tasks[task].designs[0].executions[0].transcript.outcome.success = true
      }
      self.tree = tree
    }

    /// Returns the sequences that are learned from `tree`, and the state after it.
    func learn(from tree: RolloutTree) throws -> (MetricsRow, TrainerState) {
      var state = state
      let number = state.steps
      let update = try trainer.learn(from: tree, &state)
      let step = Trainer.Step(number: number, tree: tree, update: update)
      return (MetricsRow(step, of: trainer.scenario), state)
    }

    typealias Place = WritableKeyPath<RolloutTree, Transcript.Turn?>

    /// Returns the places of a role's generations.
    func places(of role: Scenario.Stages.Role) -> [Place] {
      var places: [Place] = []
      for (task, designs) in tree.tasks.map(\.designs).enumerated() {
        for (design, executions) in designs.map(\.executions).enumerated() {
          if role == .designer { places.append(\.tasks[task].designs[design].turn) }
          guard role == .executor else { continue }
          for (execution, turns) in executions.map(\.transcript.turns).enumerated() {
            places += turns.indices.map { turn in
              \RolloutTree.tasks[task].designs[design].executions[execution].transcript.turns[turn]
            }
          }
        }
      }
      return places.filter { tree[keyPath: $0].map { !$0.generation.tokens.isEmpty } == true }
    }

    func tokenCount(_ places: [Place]) -> Int {
      places.reduce(0) { $0 + (tree[keyPath: $1]?.generation.tokens.count ?? 0) }
    }

    /// Returns those of `places` at which the step is refused if one recorded log-probability is changed by one bit.
    /// The state is then unchanged.
    func caught(_ places: [Place]) throws -> [Place] {
      try places.filter { place in
        var changed = tree
        let middle = try #require(tree[keyPath: place]).generation.tokens.count / 2
        let recorded = try #require(tree[keyPath: place]).generation.logProbabilities[middle]
        changed[keyPath: place]?.generation.logProbabilities[middle] = recorded.nextDown
        var state = state
        do {
          _ = try trainer.learn(from: changed, &state)
          return false
        } catch let error as OffPolicyError {
          #expect(error.gap > 0 && error.gap <= recorded - recorded.nextDown)
          #expect(state == self.state, "nothing was updated")
          return true
        }
      }
    }
  }

  @Test(
    "P5: one bit of one recorded log-probability refuses the step, for each call that is learned from and each that is anchored",
    arguments: Scenario.Stages.Role.allCases)
  func onPolicy(role: Scenario.Stages.Role) throws {
    let begun = try Begun(Self.scenario { $0.stages.first = role })
    let (metrics, state) = try begun.learn(from: begun.tree)
    #expect(state != begun.state && metrics.role == role)
    #expect(metrics.values[MetricsTable.Column.gap] == 0)
    let learned = try begun.caught(begun.places(of: role))
    #expect(!learned.isEmpty && Double(learned.count) == metrics.values["sequences"])
    let frozen = begun.places(of: role.other)
    #expect(try begun.caught(frozen) == frozen)
    let checked = begun.tokenCount(learned) + begun.tokenCount(frozen)
    #expect(metrics.values[MetricsTable.Column.checkedTokens] == Double(checked))
  }

  @Test(
    "P5, P10: with weights a role and two minibatches, the first minibatch is checked, and nothing else counts"
  )
  func firstMinibatch() throws {
    let begun = try Begun(
      Self.scenario {
        $0.weights.kind = .split
        $0.optimizer.executor.minibatches = 2
      })
    let (metrics, _) = try begun.learn(from: begun.tree)
    let learned = try begun.caught(begun.places(of: .executor))
    let sequences = try #require(metrics.values["sequences"])
    #expect(sequences > 2 && Double(learned.count) == (sequences / 2).rounded(.up))
    #expect(try begun.caught(begun.places(of: .designer)).isEmpty)
    #expect(metrics.values[MetricsTable.Column.checkedTokens] == Double(begun.tokenCount(learned)))
  }

  @Test("P10: a step that learns from nothing compares nothing, and says no gap")
  func nothingLearned() throws {
    let begun = try Begun(Self.scenario { ($0.rollout.designs, $0.rollout.executions) = (1, 1) })
    let (metrics, state) = try begun.learn(from: begun.tree)
    #expect(metrics.values["sequences"] == 0 && state.models == begun.state.models && state.steps == 1)
    #expect(metrics.values[MetricsTable.Column.gap] == nil)
    #expect(metrics.values[MetricsTable.Column.checkedTokens] == 0)
  }

  @Test("it says which part begins, and leaves the parts of a rollout to the rollout")
  func parts() throws {
    let scenario = Self.scenario { ($0.coldStart.steps, $0.coldStart.warmup) = (1, 0) }
    let trainer = try Trainer(scenario, threads: 2)
    var state = TrainerState(scenario, trainer.configuration)
    var parts: [StepPart?] = []
    _ = try trainer.coldStep(&state) { parts.append($0) }
    #expect(parts == [.demonstrations, .gradient, .optimizer])
    parts = []
    // This policy earns nothing, and so learns nothing: no gradient is computed.
    let step = try trainer.step(&state) { parts.append($0) }
    #expect(parts.prefix(3) == [.credit, nil, .credit])
    #expect(step.tree.time.threads == 2 && step.tree.time.wall > .zero)
    parts = []
    let begun = try Begun(Self.scenario())
    state = begun.state
    _ = try begun.trainer.learn(from: begun.tree, &state) { parts.append($0) }
    #expect(parts == [.credit, .anchors, .gradient, .optimizer])
  }
}
