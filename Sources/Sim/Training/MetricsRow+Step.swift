extension MetricsRow {
  /// The row of one step in the run of `scenario`; `evaluated` has the success on held-out tasks by column, where the step
  /// ended with an evaluation.
  init(_ step: Trainer.Step, of scenario: Scenario, evaluated: [String: Double] = [:]) {
    let stage = scenario.stages.stage(ofStep: step.number)
    let role = scenario.stages.freeze == .none ? nil : scenario.stages.role(ofStage: stage)
    self.init(step: step.number, stage: stage, role: role, values: [:])
    for (column, value) in Self.cells(step, scenario, evaluated) { values[column] = value }
  }

  /// The columns that rows of `scenario` have, in their order.
  static func columns(of scenario: Scenario) -> [String] {
    let nothing = Trainer.Step(number: 0, tree: RolloutTree(tasks: []), update: .init())
    return cells(nothing, scenario, [:]).map(\.column)
  }

  /// Every column of `metrics.csv` but step, stage and role, with what it says of `step`; `nil` for what was not
  /// measured.
  private static func cells(
    _ step: Trainer.Step, _ scenario: Scenario, _ evaluated: [String: Double]
  ) -> [(column: String, value: Double?)] {
    typealias Column = MetricsTable.Column
    let (current, update) = (step.tree.current, step.update)
    let designs = current.rewards(scenario.credit).tasks.flatMap(\.designs)
    let success = current.successByFamily
    let families = scenario.tasks.families.map(\.name)
    let tokens = Double(max(1, update.tokens))
    var cells: [(column: String, value: Double?)] = [
      (Column.executorReward, mean(designs.flatMap(\.executions))),
      (Column.designerReward, mean(designs.map(\.reward))),
    ]
    cells += families.map { ("train.\($0)", success[$0]) }
    var columns = families.map(Column.heldOut)
    if scenario.evaluation.crossings {
      columns += Crossing.allCases.flatMap { families.map($0.column) }
    }
    cells += columns.map { ($0, evaluated[$0]) }
    cells += [
      (Column.gap, update.checkedTokens > 0 ? Double(update.gap) : nil),
      (Column.checkedTokens, Double(update.checkedTokens)),
      (Column.executions, Double(step.tree.executions.count)),
      (
        Column.executorCalls,
        Double(step.tree.executions.reduce(0) { $0 + $1.transcript.outcome.calls.count })
      ),
      ("calls", mean(current.executions.map { Double($0.transcript.outcome.calls.count) })),
      (Column.virtualTime, mean(current.executions.map(\.duration.inSeconds))),
      (Column.generatedTokens, Double(step.tree.generatedTokens)),
      (Column.forkTokens, Double(step.tree.forkCost.tokens)), ("forks", Double(step.tree.forkCost.forks)),
      ("credit_error", step.tree.rewards(scenario.credit).sampledCreditError),
      ("format_errors", Double(step.tree.executions.reduce(0) { $0 + $1.transcript.outcome.formatErrors })),
      ("sequences", Double(update.sequences)), ("rows", Double(update.rows)),
      ("shared_rows", Double(update.sharedRows)), ("entropy", update.entropy / tokens),
      ("kl", update.kl / tokens), ("gradient_norm", update.norm), ("drift", update.drift),
    ]
    if scenario.rollout.exhaustion == .failure {
      let exhausted = step.tree.executions.count { $0.transcript.outcome.isExhausted }
      cells.append(("exhausted", Double(exhausted)))
    }
    if scenario.exploration.hasPrior {
      cells += [("prior", update.prior?.weight), ("prior_kl", update.prior?.meanDivergence)]
    }
    return cells
  }

  private static func mean(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
  }
}
