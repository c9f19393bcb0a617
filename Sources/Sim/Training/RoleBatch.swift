import Actors
import Policy

/// The generations of a rollout as the trainer sees them.
struct RoleBatch {
  private let tree: RolloutTree
  private let scenario: Scenario
  private let mask: ScriptMask

  init(_ tree: RolloutTree, _ scenario: Scenario, mask: ScriptMask) {
    self.tree = tree
    self.scenario = scenario
    self.mask = mask
  }

  /// Every generation of a role by the policy in training, each once, without an objective.
  func calls(of role: Scenario.Stages.Role) -> [TrainingSequence] {
    (role == .designer ? designerTurns : executorTurns).filter { !$0.generation.tokens.isEmpty }.map {
      sequence($0, role)
    }
  }

  /// What `role` learns from: its generations with their advantages, those of zero left out.
  ///
  /// A failure is every call's; a success, if the scenario says so, only that of the calls the answer rests on.
  func sequences(of role: Scenario.Stages.Role, advantages: Advantages) -> [TrainingSequence] {
    var result: [TrainingSequence] = []
    for (task, credits) in zip(tree.tasks, advantages.tasks) {
      for (design, credit) in zip(task.designs, credits) {
        if role == .designer, !design.isEarlier, let turn = design.turn {
          add(turn, role, credit.designer, to: &result)
        }
        guard role == .executor else { continue }
        for (execution, advantage) in zip(design.executions, credit.executions) {
          let outcome = execution.transcript.outcome
          let scaled = advantage < 0 ? advantage * scenario.credit.negativeScale : advantage
          for (call, turn) in zip(outcome.calls, execution.transcript.turns) {
            let counts = !scenario.credit.onPathOnly || !outcome.success || call.onPath
            if counts, let turn { add(turn, role, scaled, to: &result) }
          }
        }
      }
    }
    return result
  }

  private func add(
    _ turn: Transcript.Turn, _ role: Scenario.Stages.Role, _ advantage: Double,
    to result: inout [TrainingSequence]
  ) {
    guard advantage != 0, !turn.generation.tokens.isEmpty else { return }
    let settings = scenario.optimizer
    let entropy = role == .executor ? settings.executor.entropy : settings.designer.entropy
    var sequence = sequence(turn, role)
    sequence.objective = .clippedSurrogate(
      advantage: Float(advantage), clipLow: Float(settings.clipLow), clipHigh: Float(settings.clipHigh),
      entropy: Float(entropy))
    result.append(sequence)
  }

  private var designerTurns: [Transcript.Turn] {
    tree.tasks.flatMap { $0.designs.filter { !$0.isEarlier }.compactMap(\.turn) }
  }

  private var executorTurns: [Transcript.Turn] {
    tree.executions.flatMap { $0.transcript.turns.compactMap(\.self) }
  }

  private func sequence(_ turn: Transcript.Turn, _ role: Scenario.Stages.Role) -> TrainingSequence {
    TrainingSequence(
      tokens: turn.call.prompt + turn.generation.tokens, promptCount: turn.call.prompt.count,
      constraint: role == .designer ? mask : nil, temperature: turn.call.temperature,
      recorded: turn.generation.logProbabilities)
  }
}
