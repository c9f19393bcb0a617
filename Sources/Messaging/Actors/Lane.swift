import Synchronization

/// The jobs of one episode, in the order in which they were enqueued.
///
/// Jobs are enqueued by whatever thread resumes a task, and run by the one thread that drives the episode.
final class JobQueue: Sendable {
  private let jobs = Mutex<[(job: UnownedJob, lane: Lane)]>([])

  func enqueue(_ job: UnownedJob, on lane: Lane) {
    jobs.withLock { $0.append((job, lane)) }
  }

  /// Runs jobs until there are none. Called by the driving thread only.
  func runUntilQuiet() {
    while true {
      let batch = jobs.withLock { pending in
        defer { pending.removeAll(keepingCapacity: true) }
        return pending
      }
      guard !batch.isEmpty else { return }
      for (job, lane) in batch {
        job.runSynchronously(
          isolatedTo: lane.asUnownedSerialExecutor(), taskExecutor: lane.asUnownedTaskExecutor())
      }
    }
  }
}

/// One actor's executor: forwards its jobs to the episode's queue.
///
/// Each actor has its own, because the runtime elides hops between actors that share one, which would hide them
/// from the schedule.
public final class Lane: SerialExecutor, TaskExecutor {
  private let queue: JobQueue

  init(queue: JobQueue) { self.queue = queue }

  public func enqueue(_ job: consuming ExecutorJob) { queue.enqueue(UnownedJob(job), on: self) }

  public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
}
