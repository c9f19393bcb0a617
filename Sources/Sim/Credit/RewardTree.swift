/// The rewards of a hierarchical rollout: tasks, the M designs of each, and the N executions of each design.
///
/// Rewards must be finite. Branches may differ in length. A design that never ran has a reward but no executions.
public struct RewardTree: Sendable, Hashable {
  /// The rewards of one design and of its executions.
  public struct Design: Sendable, Hashable {
    /// The designer's reward.
    public var reward: Double
    /// The executors' rewards: outcome, format and penalties of each execution.
    public var executions: [Double]

    public init(reward: Double, executions: [Double]) {
      self.reward = reward
      self.executions = executions
    }

    /// Makes a design whose reward is the mean of `worthToDesigner`, which has a value for each execution.
    /// - Precondition: there is at least one execution, and the two lists are equally long.
    public init(executions: [Double], worthToDesigner: [Double]) {
      precondition(!executions.isEmpty && executions.count == worthToDesigner.count, "one worth an execution")
      self.init(reward: RewardGroup.mean(of: worthToDesigner), executions: executions)
    }
  }

  /// The designs of one task.
  public struct Task: Sendable, Hashable {
    public var designs: [Design]

    public init(_ designs: [Design]) { self.designs = designs }
  }

  public var tasks: [Task]

  public init(_ tasks: [Task]) { self.tasks = tasks }
}

/// One advantage for each design and each execution, in the shape of the tree that they come from.
public struct Advantages: Sendable, Hashable {
  /// The advantages of one design and of its executions.
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

  /// The designs of each task.
  public var tasks: [[Design]]

  public init(_ tasks: [[Design]]) { self.tasks = tasks }
}

/// Which executions are compared with each other.
public enum ExecutorGrouping: String, Sendable, CaseIterable {
  /// All executions of a task are compared, across its designs.
  case question
  /// Only the executions of the same design are compared.
  case design
}
