/// One actor's executor: forwards its jobs to the episode's queue.
///
/// Each actor has its own, because the runtime elides hops between actors that share one, which would hide them
/// from the schedule.
public final class Lane: SerialExecutor, TaskExecutor {
  private let queue: JobQueue
  let path: String

  init(queue: JobQueue, path: String) {
    self.queue = queue
    self.path = path
  }

  public func enqueue(_ job: consuming ExecutorJob) { queue.enqueue(UnownedJob(job), on: self) }

  public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
}
