/// The rewards of a hierarchical rollout: tasks, each with M designs, each with N executions.
///
/// Rewards must be finite. Branches may differ in length; a design that never ran has a reward and no
/// executions.
public struct RewardTree: Sendable, Hashable {
  public struct Design: Sendable, Hashable {
    /// The designer's reward.
    public var reward: Double
    /// The executors' rewards: outcome, format and penalties of each execution.
    public var executions: [Double]

    public init(reward: Double, executions: [Double]) {
      self.reward = reward
      self.executions = executions
    }

    /// A design whose reward is the mean over what its executions are worth to the designer; at least one.
    public init(executions: [Double], worthToDesigner: [Double]) {
      precondition(!executions.isEmpty && executions.count == worthToDesigner.count, "one worth an execution")
      self.init(reward: RewardGroup.mean(of: worthToDesigner), executions: executions)
    }
  }

  public struct Task: Sendable, Hashable {
    public var designs: [Design]

    public init(_ designs: [Design]) { self.designs = designs }
  }

  public var tasks: [Task]

  public init(_ tasks: [Task]) { self.tasks = tasks }
}

/// One advantage for each design and each execution, addressed as in the tree they came from.
public struct Advantages: Sendable, Hashable {
  public struct Design: Sendable, Hashable {
    /// The designer's advantage.
    public var designer: Double
    /// One for each execution.
    public var executions: [Double]

    public init(designer: Double, executions: [Double]) {
      self.designer = designer
      self.executions = executions
    }
  }

  /// By task, then design.
  public var tasks: [[Design]]

  public init(_ tasks: [[Design]]) { self.tasks = tasks }
}

/// Which executions are compared with each other.
public enum ExecutorGrouping: String, Sendable, CaseIterable {
  /// All executions of one task, whatever the design.
  case question
  /// The executions of one design.
  case design
}
