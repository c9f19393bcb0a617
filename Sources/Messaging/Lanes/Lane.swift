/// The executor of one actor, which forwards the actor's jobs to the episode's queue.
///
/// Each actor has its own, because the runtime skips hops between actors that share an executor, and the scheduler
/// would not see a skipped hop.
package final class Lane: SerialExecutor, TaskExecutor {
  private let queue: JobQueue
  let path: String

  init(queue: JobQueue, path: String) {
    self.queue = queue
    self.path = path
  }

  package func enqueue(_ job: consuming ExecutorJob) { queue.enqueue(UnownedJob(job), on: self) }

  package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
}
