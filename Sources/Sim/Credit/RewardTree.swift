import Actors

/// The rewards of a hierarchical rollout: tasks, the M designs of each, and the N executions of each design.
///
/// Rewards must be finite. Branches may differ in length. A design that never ran has a reward but no executions.
public struct RewardTree: Sendable, Hashable {
  /// An executor call: who acted, and where in the script.
  public struct Call: Sendable, Hashable {
    public var role: String
    /// The place in the design's script. A place occurs once in an execution.
    public var place: CallID

    public init(role: String, place: CallID) {
      self.role = role
      self.place = place
    }
  }

  /// What the executors of one execution's forks earned, for estimators that ask for forks (``CreditForks``).
  public struct Forks: Sendable, Hashable {
    /// An execution that was run again with some of its calls replaced.
    public struct Fork: Sendable, Hashable {
      /// The indices of the replaced calls in the execution's list, in ascending order.
      public var replaced: [Int]
      /// The executors' reward.
      public var reward: Double

      public init(replaced: [Int], reward: Double) {
        self.replaced = replaced
        self.reward = reward
      }
    }

    /// The forks. Those with the same calls replaced are different draws.
    public var played: [Fork]
    /// The orders in which the calls came in, if coalitions were sampled; otherwise none.
    public var orders: [[Int]]

    public init(played: [Fork] = [], orders: [[Int]] = []) {
      self.played = played
      self.orders = orders
    }
  }

  /// The rewards of one design and of its executions.
  public struct Design: Sendable, Hashable {
    /// The designer's reward.
    public var reward: Double
    /// The executors' rewards: outcome, format and penalties of each execution.
    public var executions: [Double]
    /// The calls of each execution, for estimators that compare calls. It is empty if nobody said who acted; an
    /// execution then counts as one call.
    public var calls: [[Call]]
    /// The forks of each execution. It is empty if nobody forked them: if the estimator asks for no forks, or if the
    /// executors do not learn in this step.
    public var forks: [Forks]

    /// - Precondition: `calls` and `forks` are empty, or have an element for each execution.
    public init(reward: Double, executions: [Double], calls: [[Call]] = [], forks: [Forks] = []) {
      precondition(calls.isEmpty || calls.count == executions.count, "one list of calls an execution")
      precondition(forks.isEmpty || forks.count == executions.count, "forks of each execution")
      self.reward = reward
      self.executions = executions
      self.calls = calls
      self.forks = forks
    }

    /// Makes a design whose reward is the mean of `worthToDesigner`, which has a value for each execution.
    /// - Precondition: there is at least one execution, and the lists are equally long; `calls` and `forks` may be
    ///   empty.
    package init(
      executions: [Double], worthToDesigner: [Double], calls: [[Call]] = [], forks: [Forks] = []
    ) {
      precondition(!executions.isEmpty && executions.count == worthToDesigner.count, "one worth an execution")
      self.init(
        reward: RewardGroup.mean(of: worthToDesigner), executions: executions, calls: calls, forks: forks)
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
    /// One for each call of each execution. It is empty if every call has its execution's advantage.
    public var calls: [[Double]]

    public init(designer: Double, executions: [Double], calls: [[Double]] = []) {
      self.designer = designer
      self.executions = executions
      self.calls = calls
    }

    /// The advantage of a call.
    package subscript(execution execution: Int, call call: Int) -> Double {
      calls.isEmpty ? executions[execution] : calls[execution][call]
    }
  }

  /// The designs of each task.
  public var tasks: [[Design]]

  public init(_ tasks: [[Design]]) { self.tasks = tasks }
}

/// Which executions, or calls of them, are compared with each other.
public enum ExecutorGrouping: String, Sendable, CaseIterable {
  /// All executions of a task are compared, across its designs.
  case question
  /// Only the executions of the same design are compared.
  case design
  /// Only the calls at the same place of the same design's script are compared, so that a call is not measured by
  /// executions that never came to its place.
  case turn
}
