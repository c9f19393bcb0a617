extension Scenario {
  /// How the designer explores over whole scripts; `optimizer.designer.entropy` does it token by token.
  package struct Exploration: SettingsSection {
    /// What a nat of log π(script) - log π₀(script) costs the designer in the first step in which it learns. π is the
    /// designer that wrote the script, and π₀ that of the cold start; 0 leaves the reward as it is.
    package var prior = 0.0
    /// The same in the last step in which the designer learns. The cost changes evenly in between; `nil` keeps `prior`.
    package var finalPrior: Double?
    /// M in the steps in which only the designer learns; `nil` for that of the rollout.
    package var designs: Int?
    /// N in the steps in which only the designer learns; `nil` for that of the rollout.
    package var executions: Int?

    package init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("prior", &prior, .within(0...100))
      try table.field("finalPrior", &finalPrior, .within(0...100))
      try table.field("designs", &designs, .within(1...256))
      try table.field("executions", &executions, .within(1...256))
    }

    /// Whether the designer's reward depends on the prior in any step.
    var hasPrior: Bool { prior > 0 || (finalPrior ?? 0) > 0 }

    /// The cost of a nat in the step before which the designer has learned in `done` of `all` steps.
    func prior(after done: Int, of all: Int) -> Double {
      let last = finalPrior ?? prior
      guard all > 1 else { return prior }
      return prior + (last - prior) * Double(done) / Double(all - 1)
    }
  }
}

extension Scenario.Stages {
  /// The number of the first `count` training steps in which `role` learns.
  /// - Complexity: O(stages).
  func learningSteps(of role: Role, before count: Int) -> Int {
    var (left, learning) = (count, 0)
    for stage in 0..<self.count where left > 0 {
      let steps = min(left, steps(ofStage: stage))
      if rate(of: role, inStage: stage) > 0 { learning += steps }
      left -= steps
    }
    return learning
  }
}

extension Scenario {
  private func onlyDesignerLearns(inStep step: Int) -> Bool {
    stages.rate(of: .executor, inStage: stages.stage(ofStep: step)) == 0
  }

  /// M in a training step.
  func designs(ofStep step: Int) -> Int {
    onlyDesignerLearns(inStep: step) ? exploration.designs ?? rollout.designs : rollout.designs
  }

  /// N in a training step.
  func executions(ofStep step: Int) -> Int {
    onlyDesignerLearns(inStep: step) ? exploration.executions ?? rollout.executions : rollout.executions
  }
}
