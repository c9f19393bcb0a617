import Actors
import Messaging
import Policy

/// What became of a hierarchical rollout: tasks, M designs each, N executions each.
public struct RolloutTree: Sendable {
  public struct Execution: Sendable {
    /// `step-12/task-3/design-0/execution-1`, its id in the log.
    public var id: String
    public var transcript: Transcript
    /// Virtual time at which the episode answered.
    public var duration: Duration
    /// Its record, encoded; only what came after the design.
    public var record: [UInt8]
  }

  public struct Design: Sendable {
    /// `nil` when the scenario gave the script.
    public var turn: Transcript.Turn?
    /// Whether an earlier designer made it, which learns nothing from it.
    public var isEarlier = false
    /// The record of the episode up to the end of the design, encoded.
    public var record: [UInt8]
    public var executions: [Execution]
  }

  public struct Task: Sendable {
    public var instance: TaskInstance
    public var designs: [Design]
  }

  public var tasks: [Task]
  /// What the policies did for it.
  public var generation = Decoder.Statistics()
  /// How long it took; nothing that is learned or logged depends on it (P1).
  public var time = RolloutTime(threads: 1)

  /// Every record, in the order (task, design, execution), a design's before those of its executions.
  public var records: [[UInt8]] {
    tasks.flatMap { $0.designs.flatMap { [$0.record] + $0.executions.map(\.record) } }
  }

  /// The tree without the designs of an earlier designer.
  var current: RolloutTree {
    var tree = self
    for index in tree.tasks.indices { tree.tasks[index].designs.removeAll(where: \.isEarlier) }
    return tree
  }

  var executions: [Execution] { tasks.flatMap { $0.designs.flatMap(\.executions) } }
}

extension RolloutTree {
  /// The rewards of the tree under a scenario's rules.
  ///
  /// An execution earns its executors 1 for a verified answer, less `formatPenalty` for each malformed output. It is
  /// worth to its designer 1 less `costPerCall` for each executor call if the answer verified, and costs
  /// `formatPenalty` if there was no script to run.
  public func rewards(_ credit: Scenario.Credit) -> RewardTree {
    RewardTree(
      tasks.map { task in
        RewardTree.Task(
          task.designs.map { design in
            let outcomes = design.executions.map(\.transcript.outcome)
            return RewardTree.Design(
              executions: outcomes.map { outcome in
                (outcome.success ? 1 : 0) - credit.formatPenalty * Double(outcome.formatErrors)
              },
              worthToDesigner: outcomes.map { outcome in
                guard outcome.designFault == nil else { return -credit.formatPenalty }
                return outcome.success ? 1 - credit.costPerCall * Double(outcome.calls.count) : 0
              })
          })
      })
  }

  /// The part of all executions whose answer verified, by family.
  public var successByFamily: [String: Double] {
    Dictionary(grouping: tasks, by: \.instance.family).mapValues { tasks in
      let outcomes = tasks.flatMap { $0.designs.flatMap { $0.executions.map(\.transcript.outcome.success) } }
      return outcomes.isEmpty ? 0 : Double(outcomes.count(where: \.self)) / Double(outcomes.count)
    }
  }
}
