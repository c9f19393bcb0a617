import Actors
import Messaging
import Policy

/// The result of a hierarchical rollout: tasks, M designs of each, and N executions of each design.
public struct RolloutTree: Sendable {
  public struct Execution: Sendable {
    /// The id of the execution in the log, such as `step-12/task-3/design-0/execution-1`.
    public var id: String
    public var transcript: Transcript
    /// The virtual time at which the episode answered.
    package var duration: Duration
    /// The record of the execution, encoded. It holds only what came after the design.
    package var record: [UInt8]
    /// The forks that the estimator asked for; `nil` if nobody forked the execution.
    package var forks: Forks?
    /// The execution with a statement of its script deleted, for each statement that made calls; empty if nobody asked.
    package var deletions: [Deletion] = []
  }

  /// An execution whose script lacks a statement, and in which the readers of that statement read what it read.
  package struct Deletion: Sendable, Hashable {
    package var statement: Int
    /// The calls of the deleted statement are in it, with a fault, because their places stay.
    package var outcome: Outcome
  }

  /// The forks of one execution, which are not logged.
  package struct Forks: Sendable, Hashable {
    package struct Fork: Sendable, Hashable {
      /// The indices of the replaced calls in the execution's list, in ascending order.
      package var replaced: [Int]
      package var outcome: Outcome
    }
    package var played: [Fork] = []
    /// The orders in which calls came in, if coalitions were sampled.
    package var orders: [[Int]] = []
  }

  /// What the forks of a rollout cost beyond their executions.
  package struct ForkCost: Sendable, Hashable {
    package var forks = 0
    /// The calls of the policy that the forks made, and those that had to be generated.
    package var calls = 0
    package var generations = 0
    /// The tokens of those generations.
    package var tokens = 0

    mutating func add(_ other: ForkCost) {
      forks += other.forks
      calls += other.calls
      generations += other.generations
      tokens += other.tokens
    }
  }

  public struct Design: Sendable {
    /// The designer's turn; `nil` if the scenario gave the script.
    public var turn: Transcript.Turn?
    /// Whether an earlier designer made the design. Nobody learns from its turn.
    package var isEarlier = false
    /// The record of the episode up to the end of the design, encoded.
    package var record: [UInt8]
    public var executions: [Execution]
  }

  public struct Task: Sendable {
    public var instance: TaskInstance
    public var designs: [Design]
  }

  public var tasks: [Task]
  /// The statistics of the policies.
  package var generation = Decoder.Statistics()
  package var forkCost = ForkCost()
  /// The time that the rollout took. Nothing that is learned or logged depends on it (P1).
  package var time = RolloutTime(threads: 1)

  /// Every record, in the order (task, design, execution). A design's record comes before those of its executions.
  package var records: [[UInt8]] {
    tasks.flatMap { $0.designs.flatMap { [$0.record] + $0.executions.map(\.record) } }
  }

  /// The tree without the designs of an earlier designer.
  var current: RolloutTree {
    var tree = self
    for index in tree.tasks.indices { tree.tasks[index].designs.removeAll(where: \.isEarlier) }
    return tree
  }

  /// The number of all tokens of the designs and their executions, without those of forks.
  var generatedTokens: Int {
    func count(_ turns: [Transcript.Turn?]) -> Int {
      turns.reduce(0) { $0 + ($1?.generation.sampledCount ?? 0) }
    }
    return tasks.flatMap(\.designs).reduce(0) { sum, design in
      sum + count([design.turn]) + design.executions.reduce(0) { $0 + count($1.transcript.turns) }
    }
  }

  var executions: [Execution] { tasks.flatMap { $0.designs.flatMap(\.executions) } }
}

extension RolloutTree {
  /// Returns the rewards of the tree under a scenario's rules.
  ///
  /// An execution gives its executors 1 for a verified answer, less `formatPenalty` for each malformed output. It
  /// gives its designer 1 for a verified answer, less `costPerCall` for each executor call, and minus `formatPenalty`
  /// if there was no script to run. A fork gives the executors what an execution would.
  public func rewards(_ credit: Scenario.Credit) -> RewardTree {
    RewardTree(
      tasks.map { task in
        RewardTree.Task(
          task.designs.map { design in
            let outcomes = design.executions.map(\.transcript.outcome)
            let forks = design.executions.compactMap(\.forks)
            return RewardTree.Design(
              executions: outcomes.map { $0.executorReward(credit) },
              worthToDesigner: outcomes.map { $0.worthToDesigner(credit) },
              calls: outcomes.map { $0.calls.map { RewardTree.Call(role: $0.role, place: $0.id) } },
              forks: forks.count < outcomes.count
                ? []
                : forks.map { forks in
                  RewardTree.Forks(
                    played: forks.played.map {
                      .init(replaced: $0.replaced, reward: $0.outcome.executorReward(credit))
                    }, orders: forks.orders)
                })
          })
      })
  }

  /// The share of executions whose answer verified, by family.
  public var successByFamily: [String: Double] {
    Dictionary(grouping: tasks, by: \.instance.family).mapValues { tasks in
      let outcomes = tasks.flatMap { $0.designs.flatMap { $0.executions.map(\.transcript.outcome.success) } }
      return outcomes.isEmpty ? 0 : Double(outcomes.count(where: \.self)) / Double(outcomes.count)
    }
  }
}

extension RolloutTree.Design {
  /// For each statement that made calls, the mean over the executions of what the design is worth to its designer more
  /// than without the statement.
  func statementCredit(_ credit: Scenario.Credit) -> [Int: Double] {
    var differences: [Int: [Double]] = [:]
    for execution in executions {
      let outcome = execution.transcript.outcome
      for deletion in execution.deletions {
        let left = deletion.outcome.calls.count { $0.id.statement != deletion.statement }
        differences[deletion.statement, default: []].append(
          outcome.worthToDesigner(credit) - deletion.outcome.worthToDesigner(credit, calls: left))
      }
    }
    return differences.mapValues { RewardGroup.mean(of: $0) }
  }
}

extension Outcome {
  /// What the outcome gives the executors.
  func executorReward(_ credit: Scenario.Credit) -> Double {
    (success ? 1 : 0) - credit.formatPenalty * Double(formatErrors)
  }

  /// What the outcome is worth to the designer, if it cost some executor calls; those that were made, unless they are given.
  func worthToDesigner(_ credit: Scenario.Credit, calls: Int? = nil) -> Double {
    guard designFault == nil else { return -credit.formatPenalty }
    return success ? 1 - credit.costPerCall * Double(calls ?? self.calls.count) : 0
  }
}
