extension ExecutorGrouping: SettingsWord {}

extension Scenario {
  /// Supervised fine-tuning on generated demonstrations, before any reinforcement learning.
  public struct ColdStart: SettingsSection {
    /// Optimizer steps; 0 skips the cold start.
    public var steps = 300
    public var learningRate = 4e-3
    /// Steps over which the rate rises from 0.
    public var warmup = 20
    /// The part of the rate that is left at the end of its cosine.
    public var finalRate = 0.1
    public var weightDecay = 0.01
    public var designer = Designs()
    public var executor = Demonstrations()

    public init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("steps", &steps, .within(0...1_000_000))
      try table.field("learningRate", &learningRate, .positive, .atMost(1))
      try table.field("warmup", &warmup, .within(0...1_000_000))
      try table.field("finalRate", &finalRate, .within(0...1))
      try table.field("weightDecay", &weightDecay, .within(0...1))
      try table.field("designer", &designer)
      try table.field("executor", &executor)
      table.require(
        steps == 0 || warmup <= steps, at: "warmup", "warmup is \(warmup), more than the \(steps) steps")
    }
  }

  /// The designs that the designer's demonstrations show, whatever the task.
  public struct Designs: SettingsSection {
    /// Sequences a step.
    public var batch = 10
    /// By family, weights of: solving at once, one step first, two steps first, and so on. A family that is not
    /// named is mostly solved at once.
    public var chains: [String: [Double]] = [:]
    /// The weight that all designs with an ensemble share, beside chains of weight 1 in all.
    public var ensembles = 0.03

    public init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("batch", &batch, .within(1...65_536))
      let families = table.catalogue.families.map(\.name)
      try table.field("chains", &chains, .entries("family", families, .weights))
      try table.field("ensembles", &ensembles, .within(0...1e6))
    }

    /// The chains' weights for a family, 1 in all.
    func chains(of family: String) -> [Double] {
      let weights = chains[family] ?? [0.55, 0.08, 0.1, 0.13, 0.14]
      let total = weights.reduce(0, +)
      return weights.map { $0 / total }
    }
  }

  /// What the executors' demonstrations show.
  public struct Demonstrations: SettingsSection {
    /// Sequences a step, by family; 32 of a family that is not named.
    public var batch: [String: Int] = [:]
    /// Weights of levels 1, 2, ... by family; a family that is not named is shown at all its levels alike.
    public var levels: [String: [Double]] = [:]
    /// Share of each role.
    public var shares = ["step": 0.6, "solve": 0.4]
    /// By family, the part of the draws that may show a state with nothing left to do; 0.15 of a family that is not
    /// named.
    public var finished: [String: Double] = [:]

    public init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      let catalogue = table.catalogue
      let families = catalogue.families.map(\.name)
      try table.field("batch", &batch, .entries("family", families, .within(0...65_536)))
      try table.field("levels", &levels, .entries("family", families, .weights))
      try table.field("shares", &shares, .entries("role", catalogue.roles, .within(0...1e6)))
      try table.field("finished", &finished, .entries("family", families, .within(0...1)))
      table.require(
        shares.values.contains { $0 > 0 }, at: "shares", kind: .impossibleValue, "no role has a share above 0"
      )
    }
  }

  /// The hierarchical rollout of one training step.
  public struct Rollout: SettingsSection {
    public var tasks = 32
    /// M: designs a task.
    public var designs = 4
    /// N: executions a design.
    public var executions = 4
    /// How many of the M designs the cold start's designer makes while executors learn, so that they stay fit for
    /// other designers than the one they train with.
    public var coldDesigns = 0
    /// Of both roles' sampling.
    public var temperature = 1.0

    public init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("tasks", &tasks, .within(1...4096))
      try table.field("designs", &designs, .within(1...256))
      try table.field("executions", &executions, .within(1...256))
      try table.field("coldDesigns", &coldDesigns, .within(0...256))
      try table.field("temperature", &temperature, .positive, .atMost(100))
      table.require(
        coldDesigns <= designs, at: "coldDesigns",
        "\(coldDesigns) is more than the \(designs) designs of a task")
    }
  }

  /// How rewards become advantages.
  public struct Credit: SettingsSection {
    /// `grpo`, or an estimator that the program has registered.
    public var estimator = "grpo"
    /// Divides advantages by the group's standard deviation.
    public var normalize = false
    public var executorGrouping = ExecutorGrouping.question
    /// On success, credits only the calls whose results the answer depends on.
    public var onPathOnly = true
    /// Factor on negative executor advantages.
    public var negativeScale = 0.5
    /// Share of a success that each executor call costs the designer.
    public var costPerCall = 0.03
    /// Taken from an executor's reward for each malformed output, and from a designer's for no script.
    public var formatPenalty = 0.1

    public init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("estimator", &estimator, .known("estimator", table.catalogue.estimators))
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
    /// How many stages there are; 0 stops after the cold start.
    public var count = 6
    /// Training steps of one stage.
    public var executorSteps = 30
    public var designerSteps = 30
    /// What a role does while the other learns: `hard` means not at all.
    public var freeze = Freeze.hard

    public init() {}

    public enum Role: String, Sendable, CaseIterable, SettingsWord {
      case executor, designer
      public var other: Role { self == .executor ? .designer : .executor }
    }
    public enum Freeze: String, Sendable, CaseIterable, SettingsWord { case hard }

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("first", &first)
      try table.field("count", &count, .within(0...10_000))
      try table.field("executorSteps", &executorSteps, .within(1...1_000_000))
      try table.field("designerSteps", &designerSteps, .within(1...1_000_000))
      try table.field("freeze", &freeze)
    }

    /// Training steps in all.
    public var steps: Int { (0..<count).reduce(0) { $0 + steps(ofStage: $1) } }

    public func steps(ofStage stage: Int) -> Int {
      role(ofStage: stage) == .executor ? executorSteps : designerSteps
    }

    /// The stage (from 0) that a training step (from 0) belongs to.
    public func stage(ofStep step: Int) -> Int {
      let pair = executorSteps + designerSteps
      return step / pair * 2 + (step % pair < steps(ofStage: 0) ? 0 : 1)
    }

    /// Whether a training step is the first of its stage.
    public func isStart(_ step: Int) -> Bool { step == 0 || stage(ofStep: step) != stage(ofStep: step - 1) }

    /// The role that learns in a stage.
    public func role(ofStage stage: Int) -> Role { stage.isMultiple(of: 2) ? first : first.other }
  }

  /// The clipped-surrogate update.
  public struct Optimizer: SettingsSection {
    public var executor = RoleOptimizer(learningRate: 2.5e-4, minibatches: 1, entropy: 0)
    public var designer = RoleOptimizer(learningRate: 7e-4, minibatches: 1, entropy: 0.01)
    /// The probability ratio is clipped to [1 - clipLow, 1 + clipHigh].
    public var clipLow = 0.2
    public var clipHigh = 0.2
    public var weightDecay = 0.0
    /// Steps over which each role's rate rises from 0.
    public var warmup = 0
    /// The part of the rates that is left at the end of the run, after a cosine; 1 keeps them.
    public var finalRate = 1.0
    /// The gradient's greatest norm; absent means no clipping.
    public var clipNorm: Double? = 1
    /// Weight of the KL to the stage's first policy on the frozen role's tokens.
    public var anchor = 1.0
    /// The most calls of the frozen role that a step anchors.
    public var anchorCalls = 128

    public init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("executor", &executor)
      try table.field("designer", &designer)
      try table.field("clipLow", &clipLow, .within(0...1))
      try table.field("clipHigh", &clipHigh, .within(0...10))
      try table.field("weightDecay", &weightDecay, .within(0...1))
      try table.field("warmup", &warmup, .within(0...1_000_000))
      try table.field("finalRate", &finalRate, .within(0...1))
      try table.field("clipNorm", &clipNorm, .positive)
      try table.field("anchor", &anchor, .within(0...1000))
      try table.field("anchorCalls", &anchorCalls, .within(1...100_000))
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

  /// Evaluation on held-out tasks, with one sampled episode a task.
  public struct Evaluation: SettingsSection {
    /// Training steps between two evaluations on the way.
    public var every = 30
    /// Held-out tasks a family on the way, the first of those that the last evaluation runs on.
    public var tasks = 64

    public init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("every", &every, .within(1...1_000_000))
      try table.field("tasks", &tasks, .within(1...100_000))
    }
  }

  /// What a run that is killed can go on from.
  public struct Checkpoints: SettingsSection {
    /// Training steps, or a hundred steps of the cold start, between two.
    public var every = 10

    public init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("every", &every, .within(1...1_000_000))
    }
  }
}
