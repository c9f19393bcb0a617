import Actors
import Policy

/// Makes training sequences from the generations of a rollout, in the tokens that the policy sampled.
///
/// The mask is the grammar of scripts over these tokens; `nil` if designers are held to none.
struct RoleBatch {
  private let tree: RolloutTree
  private let scenario: Scenario
  private let mask: (any TokenConstraint)?
  /// Finds the statements that designers' tokens belong to; `nil` if the scenario gives spans no credit of their own.
  private let spans: StatementSpans?

  init(_ tree: RolloutTree, _ scenario: Scenario, mask: (any TokenConstraint)?, spans: StatementSpans? = nil)
  {
    self.tree = tree
    self.scenario = scenario
    self.mask = mask
    self.spans = scenario.credit.spans > 0 ? spans : nil
  }

  /// Every generation of `role` by the policy in training, without an objective.
  func calls(of role: Scenario.Stages.Role) -> [TrainingSequence] {
    (role == .designer ? designerTurns : executorTurns).filter(\.isOwn).map {
      sequence($0, role)
    }
  }

  /// The sequences that `role` learns from: its generations, each with its advantage. Those with advantage zero are
  /// left out.
  ///
  /// If an execution failed, all its calls are included. If it succeeded and the scenario says `onPathOnly`, only the
  /// calls that the answer depends on are.
  func sequences(of role: Scenario.Stages.Role, advantages: Advantages) -> [TrainingSequence] {
    var result: [TrainingSequence] = []
    for (task, credits) in zip(tree.tasks, advantages.tasks) {
      for (design, credit) in zip(task.designs, credits) {
        if role == .designer, !design.isEarlier, let turn = design.turn {
          add(turn, role, credit.designer, tokenAdvantages(turn, design, credit.designer), to: &result)
        }
        guard role == .executor else { continue }
        for (index, execution) in design.executions.enumerated() {
          let outcome = execution.transcript.outcome
          for (place, (call, turn)) in zip(outcome.calls, execution.transcript.turns).enumerated() {
            let advantage = credit[execution: index, call: place]
            let scaled = advantage < 0 ? advantage * scenario.credit.negativeScale : advantage
            let counts = !scenario.credit.onPathOnly || !outcome.success || call.onPath
            if counts, let turn { add(turn, role, scaled, to: &result) }
          }
        }
      }
    }
    return result
  }

  private func add(
    _ turn: Transcript.Turn, _ role: Scenario.Stages.Role, _ advantage: Double, _ advantages: [Float]? = nil,
    to result: inout [TrainingSequence]
  ) {
    guard advantage != 0 || advantages?.contains(where: { $0 != 0 }) == true, turn.isOwn
    else {
      return
    }
    let settings = scenario.optimizer
    let entropy = role == .executor ? settings.executor.entropy : settings.designer.entropy
    var sequence = sequence(turn, role)
    sequence.objective = .clippedSurrogate(
      advantage: Float(advantage), clipLow: Float(settings.clipLow), clipHigh: Float(settings.clipHigh),
      entropy: Float(entropy))
    sequence.advantages = advantages
    result.append(sequence)
  }

  /// The advantage of each token of a design: that of the design, and for the tokens of a statement also what the
  /// statement makes the design worth; `nil` if all are the design's.
  private func tokenAdvantages(
    _ turn: Transcript.Turn, _ design: RolloutTree.Design, _ whole: Double
  ) -> [Float]? {
    guard let spans else { return nil }
    let credit = design.statementCredit(scenario.credit)
    guard credit.values.contains(where: { $0 != 0 }) else { return nil }
    return spans.statements(of: turn.generation.tokens).map { statement in
      let difference = statement.flatMap { credit[$0] } ?? 0
      return Float(whole + scenario.credit.spans * difference)
    }
  }

  /// Every script that the policy in training wrote, without an objective, with its place in the tree.
  var designs: [(task: Int, design: Int, sequence: TrainingSequence)] {
    tree.tasks.enumerated().flatMap { task, branches in
      branches.designs.enumerated().compactMap { place, design in
        guard !design.isEarlier, let turn = design.turn, turn.isOwn else { return nil }
        return (task, place, sequence(turn, .designer))
      }
    }
  }

  private var designerTurns: [Transcript.Turn] {
    tree.tasks.flatMap { $0.designs.filter { !$0.isEarlier }.compactMap(\.turn) }
  }

  private var executorTurns: [Transcript.Turn] {
    tree.executions.flatMap { $0.transcript.turns.compactMap(\.self) }
  }

  private func sequence(_ turn: Transcript.Turn, _ role: Scenario.Stages.Role) -> TrainingSequence {
    let sampled = turn.sampled
    return TrainingSequence(
      tokens: sampled.prompt + sampled.tokens, promptCount: sampled.prompt.count,
      constraint: role == .designer ? mask : nil, temperature: turn.call.temperature,
      recorded: sampled.logProbabilities)
  }
}

extension Transcript.Turn {
  /// Whether a policy in process sampled tokens, from which it can learn. Those of a server behind a network are another model's.
  fileprivate var isOwn: Bool { !sampled.tokens.isEmpty && generation.served == nil }
}
