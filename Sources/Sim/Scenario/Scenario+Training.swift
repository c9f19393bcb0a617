extension ExecutorGrouping: SettingsWord {}

extension Scenario {
  /// Supervised fine-tuning on generated demonstrations, before any reinforcement learning.
  public struct ColdStart: SettingsSection {
    /// Optimizer steps; 0 skips the cold start.
    public var steps = 300
    /// Sequences a step.
    public var batch = 64
    public var learningRate = 1e-3
    /// Steps over which the rate rises from 0.
    public var warmup = 20
    /// Share of each script template among the designer's demonstrations; empty means equal shares of all.
    public var designer: [String: Double] = [:]
    public var executor = Demonstrations()

    public init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("steps", &steps, .within(0...1_000_000))
      try table.field("batch", &batch, .within(1...65_536))
      try table.field("learningRate", &learningRate, .positive, .atMost(1))
      try table.field("warmup", &warmup, .within(0...1_000_000))
      try table.field(
        "designer", &designer, .entries("template", table.catalogue.templates, .within(0...1e6)))
      try table.field("executor", &executor)
      try table.require(
        steps == 0 || warmup <= steps, at: "warmup", "warmup is \(warmup), more than the \(steps) steps")
      try table.require(
        designer.isEmpty || designer.values.contains { $0 > 0 }, at: "designer", kind: .impossibleValue,
        "no template has a weight above 0")
    }
  }

  /// What the executors' demonstrations cover.
  public struct Demonstrations: SettingsSection {
    /// Levels shown, by family; a family not named here is shown at all its levels.
    public var levels: [String: ClosedRange<Int>] = [:]
    /// Share of each role; empty means equal shares.
    public var shares: [String: Double] = [:]

    public init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      let catalogue = table.catalogue
      try table.field("levels", &levels, .entries("family", catalogue.families.map(\.name), .atLeast(1)))
      try table.field("shares", &shares, .entries("role", catalogue.roles, .within(0...1e6)))
      try table.require(
        shares.isEmpty || shares.values.contains { $0 > 0 }, at: "shares", kind: .impossibleValue,
        "no role has a share above 0")
    }
  }

  /// The hierarchical rollout of one training step.
  public struct Rollout: SettingsSection {
    public var tasks = 32
    /// M: designs a task.
    public var designs = 4
    /// N: executions a design.
    public var executions = 4
    /// Of both roles' sampling.
    public var temperature = 1.0

    public init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("tasks", &tasks, .within(1...4096))
      try table.field("designs", &designs, .within(1...256))
      try table.field("executions", &executions, .within(1...256))
      try table.field("temperature", &temperature, .positive, .atMost(100))
    }
  }

  /// How rewards become advantages.
  public struct Credit: SettingsSection {
    public var estimator = Estimator.grpo
    /// Divides advantages by the group's standard deviation.
    public var normalize = false
    public var executorGrouping = ExecutorGrouping.question
    /// On success, credits only the calls whose results the answer depends on.
    public var onPathOnly = true
    /// Factor on negative executor advantages.
    public var negativeScale = 0.5
    /// Share of a success's reward that each executor call costs.
    public var costPerCall = 0.03
    /// Taken from the reward for malformed output.
    public var formatPenalty = 0.1

    public init() {}

    public enum Estimator: String, Sendable, CaseIterable, SettingsWord { case grpo }

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("estimator", &estimator)
      try table.field("normalize", &normalize)
      try table.field("executorGrouping", &executorGrouping)
      try table.field("onPathOnly", &onPathOnly)
      try table.field("negativeScale", &negativeScale, .within(0...1))
      try table.field("costPerCall", &costPerCall, .within(0...1))
      try table.field("formatPenalty", &formatPenalty, .within(0...10))
    }
  }

  /// The order in which the two roles learn.
  public struct Stages: SettingsSection {
    public var first = Role.executor
    public var stepsPerStage = 30
    /// Training steps in all; 0 stops after the cold start.
    public var steps = 180
    /// What a role does while the other learns: `hard` means not at all.
    public var freeze = Freeze.hard

    public init() {}

    public enum Role: String, Sendable, CaseIterable, SettingsWord { case executor, designer }
    public enum Freeze: String, Sendable, CaseIterable, SettingsWord { case hard }

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("first", &first)
      try table.field("stepsPerStage", &stepsPerStage, .within(1...1_000_000))
      try table.field("steps", &steps, .within(0...1_000_000))
      try table.field("freeze", &freeze)
    }

    /// The stage (from 0) that a training step (from 0) belongs to.
    public func stage(ofStep step: Int) -> Int { step / stepsPerStage }

    /// The role that learns in a stage.
    public func role(ofStage stage: Int) -> Role {
      stage.isMultiple(of: 2) ? first : (first == .executor ? .designer : .executor)
    }
  }

  /// The clipped-surrogate update.
  public struct Optimizer: SettingsSection {
    public var executor = RoleOptimizer(learningRate: 3e-4, minibatches: 3, entropy: 0)
    public var designer = RoleOptimizer(learningRate: 5e-4, minibatches: 2, entropy: 0.02)
    /// The probability ratio is clipped to [1 - clipLow, 1 + clipHigh].
    public var clipLow = 0.2
    public var clipHigh = 0.2
    public var weightDecay = 0.0
    /// The gradient's greatest norm; absent means no clipping.
    public var clipNorm: Double? = 1
    /// Weight of the KL to the stage's first policy on the frozen role's tokens.
    public var anchor = 1.0

    public init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("executor", &executor)
      try table.field("designer", &designer)
      try table.field("clipLow", &clipLow, .within(0...1))
      try table.field("clipHigh", &clipHigh, .within(0...10))
      try table.field("weightDecay", &weightDecay, .within(0...1))
      try table.field("clipNorm", &clipNorm, .positive)
      try table.field("anchor", &anchor, .within(0...1000))
    }
  }

  /// What the optimizer does for one role.
  public struct RoleOptimizer: SettingsSection {
    public var learningRate: Double
    /// Updates a rollout batch is cut into.
    public var minibatches: Int
    /// Weight of the entropy bonus.
    public var entropy: Double

    public init() { self.init(learningRate: 3e-4, minibatches: 1, entropy: 0) }

    public init(learningRate: Double, minibatches: Int, entropy: Double) {
      self.learningRate = learningRate
      self.minibatches = minibatches
      self.entropy = entropy
    }

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("learningRate", &learningRate, .positive, .atMost(1))
      try table.field("minibatches", &minibatches, .within(1...4096))
      try table.field("entropy", &entropy, .within(0...10))
    }
  }

  /// Evaluation on held-out tasks.
  public struct Evaluation: SettingsSection {
    /// Training steps between two evaluations.
    public var every = 30
    /// Episodes a family.
    public var episodes = 64
    /// 0 is greedy.
    public var temperature = 1.0

    public init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("every", &every, .within(1...1_000_000))
      try table.field("episodes", &episodes, .within(1...100_000))
      try table.field("temperature", &temperature, .within(0...100))
    }
  }
}
