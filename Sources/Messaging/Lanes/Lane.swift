/// The executor of one actor, which forwards the actor's jobs to the episode's queue.
///
/// Each actor has its own, because the runtime skips hops between actors that share an executor, and the scheduler
/// would not see a skipped hop.
// Sendable unchecked: `parts` is set before the first job, and taken away after the last.
package final class Lane: SerialExecutor, TaskExecutor, @unchecked Sendable {
  private let queue: JobQueue
  let path: String
  /// The executor of what the actor's tasks do outside of any actor; `nil` if it is the lane itself. Then a task that enters the
  /// actor from there goes on at once.
  @exclusivity(unchecked) var parts: PartLane?

  init(queue: JobQueue, path: String, hasParts: Bool) {
    self.queue = queue
    self.path = path
    if hasParts { parts = PartLane(queue: queue, lane: self) }
  }

  package func enqueue(_ job: consuming ExecutorJob) { queue.enqueue(UnownedJob(job), on: self) }

  package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

  /// The executor that the actor's tasks prefer.
  var preference: any TaskExecutor { parts ?? self }
}

/// The executor of what an actor's tasks do outside of any actor, where that is a choice.
final class PartLane: TaskExecutor {
  private let queue: JobQueue
  private let lane: Lane

  fileprivate init(queue: JobQueue, lane: Lane) { (self.queue, self.lane) = (queue, lane) }

  func enqueue(_ job: consuming ExecutorJob) { queue.enqueue(UnownedJob(job), on: lane, isPart: true) }
}
