/// Something that a schedule could do next: nearly always a part of a task, from one await to the next.
package struct ReadyStep: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    /// A part of a task.
    case part
    /// The end of the sleep that ends first. Its task is the clock.
    case wakeUp
    /// The cancellation of the task.
    case cancellation
  }

  /// The task, by its place in the schedule's table of tasks.
  package var task: Int
  /// The task's name, hashed. It is the same in every schedule in which the same tasks made the task. A cancellation has a
  /// key of its own.
  package var key: UInt64
  /// The number of parts that the task has run before.
  package var turn: Int
  /// The actor on which the part runs, numbered in the order in which they were first entered; `nonisolated` if on none.
  package var actor: Int
  /// The key of this actor, which is the same in all orders of tasks; 0 for none.
  package var actorKey: UInt64 = 0
  /// The number of the part, in the order in which parts became ready. It is negative if the step is no part.
  package var number: Int
  package var priority: UInt8
  package var kind = Kind.part

  /// The actor of a part that runs on none.
  package static let nonisolated = -1
  /// The number of the main actor.
  package static let main = 0
}
