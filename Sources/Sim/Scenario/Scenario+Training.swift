import Actors

extension ExecutorGrouping: SettingsWord {}

extension Scenario {
  /// The hierarchical rollout of one training step.
  public struct Rollout: SettingsSection {
    public var tasks = 32
    /// M, the number of designs of each task.
    public var designs = 4
    /// N, the number of executions of each design.
    public var executions = 4
    /// The number of the M designs that the cold start's designer makes while executors learn.
    ///
    /// They keep the executors fit for other designers than the one they train with.
    public var coldDesigns = 0
    /// The sampling temperature of both roles; 0 is greedy, at which nothing can be trained.
    public var temperature = 1.0
    /// Scripts by family. Every task of a family that is named gets its script, in training, in evaluations and in
    /// `troupe run`, and no designer is asked.
    package var scripts: [String: String] = [:]
    /// What an answer is whose code was ended at one of the sandbox's limits of time or output, so that nobody knows whether it is right:
    /// the `end` of the training or the evaluation, with an error, or a `failure`, which `exhausted` in metrics.csv counts.
    package var exhaustion = Exhaustion.end

    /// What an answer is whose code was ended at a limit.
    package enum Exhaustion: String, Sendable, CaseIterable, SettingsWord {
      case end, failure
    }

    package init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("tasks", &tasks, .within(1...4096))
      try table.field("designs", &designs, .within(1...256))
      try table.field("executions", &executions, .within(1...256))
      try table.field("coldDesigns", &coldDesigns, .within(0...256))
      try table.field("temperature", &temperature, .within(0...100))
      let families = table.catalogue.families.map(\.name)
      try table.field("scripts", &scripts, .entries("family", families, .notEmpty))
      try table.field("exhaustion", &exhaustion)
      table.require(
        coldDesigns <= designs, at: "coldDesigns",
        "\(coldDesigns) is more than the \(designs) designs of a task")
    }
  }

  /// The rules by which rewards become advantages.
  public struct Credit: SettingsSection {
    /// `grpo`, `rloo`, `metaagent`, `peragent`, `counterfactual`, `leaveoneout`, `shapley`, or an estimator that the
    /// program has registered.
    public var estimator = "grpo"
    /// What `counterfactual` compares a call with: a fresh draw of the same policy (`redraw`), the call's work handed on
    /// as it was given (`handOn`), or the same work done in another of the scenario's roles.
    package var baseline = "redraw"
    /// The number of fresh draws that `counterfactual` compares each call with.
    package var draws = 1
    /// The number of random orders from which `shapley` estimates the values of an execution of more than 8 calls.
    package var permutations = 16
    /// Whether `grpo` divides by the group's standard deviation. `rloo` never does, and the others always do.
    public var normalize = false
    public var executorGrouping = ExecutorGrouping.question
    /// Whether a success credits only the calls on whose results the answer depends.
    public var onPathOnly = true
    /// The factor on negative executor advantages.
    public var negativeScale = 0.5
    /// The share of a success that each executor call costs the designer.
    public var costPerCall = 0.03
    /// The weight of what each statement makes a design worth, in the advantages of the statement's own tokens; 0 leaves
    /// designers with the advantage of the whole design.
    package var spans = 0.0
    /// The cost of a malformed output for its executor, and of having no script for the designer.
    public var formatPenalty = 0.1

    package init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("estimator", &estimator, .known("estimator", table.catalogue.estimators))
      try table.field("baseline", &baseline, .notEmpty)
      try table.field("draws", &draws, .within(1...64))
      try table.field("permutations", &permutations, .within(2...4096))
      try table.field("normalize", &normalize)
      try table.field("executorGrouping", &executorGrouping)
      try table.field("onPathOnly", &onPathOnly)
      try table.field("negativeScale", &negativeScale, .within(0...1))
      try table.field("costPerCall", &costPerCall, .within(0...1))
      try table.field("spans", &spans, .within(0...10))
      try table.field("formatPenalty", &formatPenalty, .within(0...10))
      table.require(
        estimator != "rloo" || !normalize, at: "normalize",
        "rloo does not divide by a deviation, so that its update stays unbiased; grpo does")
      table.require(
        estimator != "metaagent" || executorGrouping == .question, at: "executorGrouping",
        "metaagent compares the executions of a question; grpo and peragent have other groupings")
      table.require(
        !forksCalls || !normalize, at: "normalize",
        "\(estimator) compares a call with its own forks, and divides by nothing")
      table.require(
        !forksCalls || executorGrouping == .question, at: "executorGrouping",
        "\(estimator) compares a call with its own forks, and has no groups of executions")
      table.require(
        draws == 1 || replacement == .redraw, at: "draws",
        "only fresh draws differ: baseline \"\(baseline)\" needs one fork of a call")
    }

    /// Whether it is an estimator of Troupe's that compares calls with their forks.
    private var forksCalls: Bool { ["counterfactual", "leaveoneout", "shapley"].contains(estimator) }

    /// What `baseline` says.
    var replacement: CreditForks.Replacement {
      switch baseline {
      case "redraw": .redraw
      case "handOn": .handOn
      default: .role(baseline)
      }
    }
  }

  /// The order in which the two roles learn.
  public struct Stages: SettingsSection {
    public var first = Role.executor
    /// The number of stages; 0 stops after the cold start.
    public var count = 6
    /// The number of training steps of an executor stage; 0 leaves these stages out, and the executors as they are.
    public var executorSteps = 30
    /// The number of training steps of a designer stage; 0 leaves these stages out, and the designer as it is.
    public var designerSteps = 30
    /// Whether a role learns while it is the other's stage.
    package var freeze = Freeze.hard
    /// With `soft`: the part of its learning rate at which a role learns in the other's stage.
    package var softRate = 0.1

    package init() {}

    public enum Role: String, Sendable, CaseIterable, SettingsWord {
      case executor, designer
      package var other: Role { self == .executor ? .designer : .executor }
    }
    package enum Freeze: String, Sendable, CaseIterable, SettingsWord {
      /// The role does not learn. If the roles share weights, it is anchored to what it was, and its drift is measured.
      case hard
      /// The role learns at a part of its rate.
      case soft
      /// Both roles learn alike in all stages.
      case none
    }

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("first", &first)
      try table.field("count", &count, .within(0...10_000))
      try table.field("executorSteps", &executorSteps, .within(0...1_000_000))
      try table.field("designerSteps", &designerSteps, .within(0...1_000_000))
      try table.field("freeze", &freeze)
      try table.field("softRate", &softRate, .within(0...1))
      table.require(
        count == 0 || executorSteps + designerSteps > 0, at: "executorSteps",
        "no stage has a step: executorSteps or designerSteps must be above 0")
    }

    /// The number of all training steps.
    public var steps: Int { (0..<count).reduce(0) { $0 + steps(ofStage: $1) } }

    public func steps(ofStage stage: Int) -> Int {
      role(ofStage: stage) == .executor ? executorSteps : designerSteps
    }

    /// Returns the stage (from 0) to which a training step (from 0) belongs.
    package func stage(ofStep step: Int) -> Int {
      let pair = max(1, executorSteps + designerSteps)
      return step / pair * 2 + (step % pair < steps(ofStage: 0) ? 0 : 1)
    }

    /// Whether a training step is the first of its stage.
    package func isStart(_ step: Int) -> Bool { step == 0 || stage(ofStep: step) != stage(ofStep: step - 1) }

    /// Returns the part of its learning rate at which a role learns in a stage; 0 if it is frozen.
    package func rate(of role: Role, inStage stage: Int) -> Double {
      guard role != self.role(ofStage: stage) else { return 1 }
      return switch freeze {
      case .hard: 0
      case .soft: softRate
      case .none: 1
      }
    }

    /// Returns the role whose stage it is.
    package func role(ofStage stage: Int) -> Role { stage.isMultiple(of: 2) ? first : first.other }
  }

  /// The settings of the clipped-surrogate update.
  package struct Optimizer: SettingsSection {
    package var executor = RoleOptimizer(learningRate: 2.5e-4, minibatches: 1, entropy: 0)
    package var designer = RoleOptimizer(learningRate: 7e-4, minibatches: 1, entropy: 0.01)
    /// The lower clip: the probability ratio is clipped to [1 - clipLow, 1 + clipHigh].
    package var clipLow = 0.2
    package var clipHigh = 0.2
    package var weightDecay = 0.0
    /// The number of steps over which each role's learning rate rises from 0.
    package var warmup = 0
    /// The fraction of the learning rates that is left at the end of the run, after a cosine; 1 keeps them.
    package var finalRate = 1.0
    /// The greatest norm of the gradient; `nil` means no clipping.
    package var clipNorm: Double? = 1
    /// The weight of the KL divergence from the stage's first policy, on the frozen role's tokens.
    package var anchor = 1.0
    /// The most calls of the frozen role that a step anchors.
    package var anchorCalls = 128

    package init() {}

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

  /// The settings of the update for one role.
  package struct RoleOptimizer: SettingsSection {
    package var learningRate: Double
    /// The number of updates into which a rollout batch is cut.
    package var minibatches: Int
    /// The weight of the entropy bonus.
    package var entropy: Double

    package init() { self.init(learningRate: 3e-4, minibatches: 1, entropy: 0) }

    package init(learningRate: Double, minibatches: Int, entropy: Double) {
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

  /// The evaluation on held-out tasks, with one sampled episode for each task.
  package struct Evaluation: SettingsSection {
    /// The number of training steps between two evaluations during training.
    package var every = 30
    /// The number of held-out tasks a family during training: the first of those on which the last evaluation runs.
    package var tasks = 64
    /// If it is given, the last evaluation also finds the best designs of at most so many calls for the cold executors, as
    /// `troupe ceiling` does.
    package var ceilingCalls: Int?
    /// If it is given, the last evaluation also searches for designs for the cold executors, by `tree` and by `archive`, each with
    /// so many episodes in all families together, as `troupe ceiling --method` does.
    package var searchEpisodes: Int?
    /// On how many problems a search tries each script, and how many of the best scripts it tries again, on so many times as many.
    static let (searchProblems, searchFinalists) = (32, 6)
    /// The fewest episodes with which a search can try a script in each of so many families.
    package static func fewestSearchEpisodes(families: Int) -> Int {
      families * searchProblems * (1 + searchFinalists * searchFinalists)
    }
    /// Whether the evaluations during training also play both crossings: the trained designer with the cold executors, and
    /// the cold designer with the trained executors. Each evaluation then plays three times as many episodes.
    package var crossings = false

    package init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("every", &every, .within(1...1_000_000))
      try table.field("tasks", &tasks, .within(1...100_000))
      try table.field("ceilingCalls", &ceilingCalls, .within(1...ScriptGrammar.greatestBudget))
      try table.field("searchEpisodes", &searchEpisodes, .within(1...100_000_000))
      try table.field("crossings", &crossings)
    }
  }

  /// The checkpoints from which a killed run can go on.
  package struct Checkpoints: SettingsSection {
    /// The number of training steps between two checkpoints. Cold-start steps are counted as training steps are if the run starts from a published model,
    /// whose steps take seconds, and by the hundred otherwise.
    package var every = 10

    package init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("every", &every, .within(1...1_000_000))
    }
  }
}
