import CTaskHooks
import Synchronization

/// The executors by which an episode sees every part of a task, with the state by which the C hooks find them.
///
/// A task refers to its executor without keeping it alive, and a task that an episode left may be resumed at any later time. So
/// gates live as long as the process. Later episodes use them again, and there are as many as episodes have been open at the
/// same time.
// Sendable unchecked: an episode that borrowed it has it alone, and `pool` hands it from one episode to another.
final class TaskGates: @unchecked Sendable {
  let driver: UnsafeMutablePointer<troupe_task_driver>
  let gate = ActorGate()
  let stray = StrayLane()

  private static let pool = Mutex<[TaskGates]>([])

  static func borrow() -> TaskGates { pool.withLock { $0.popLast() } ?? TaskGates() }

  func giveBack() {
    stray.queue.withLock { $0 = nil }
    Self.pool.withLock { $0.append(self) }
  }

  private init() {
    driver = .allocate(capacity: 1)
    driver.initialize(to: troupe_task_driver())
    // A reference to an executor is two words: the object and its witness table.
    driver.pointee.gate = unsafeBitCast(gate.asUnownedSerialExecutor(), to: troupe_executor.self)
    driver.pointee.lane = unsafeBitCast(stray.asUnownedTaskExecutor(), to: troupe_executor.self)
  }
}

/// The executor on which a task waits until it may enter a default actor.
final class ActorGate: SerialExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    // The hook that sends a task here has effect only on a thread that drives an episode with gates.
    DrivingThread.queue?.arrive(UnownedJob(job))
  }
}

/// The executor that a task prefers which is nobody's child: `Task.detached`, or `Task {}`. It is no lane, so the task is reported when it
/// goes on here.
final class StrayLane: TaskExecutor {
  let queue = Mutex<JobQueue?>(nil)

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    // The job of a task that an episode left, and which something resumes later, never runs.
    guard let queue = queue.withLock({ $0 }) else { return }
    if DrivingThread.queue === queue {
      _ = queue.takeStray(job)
    } else if let lane = queue.strayLane {
      queue.enqueue(job, on: lane)
    }
  }
}

extension TaskGates {
  /// Whether this program can show every part of a task. It is asked once in a process, by a small episode of jobs.
  static let areAvailable = troupe_has_task_hooks() && isPassed()

  private actor Probe {
    nonisolated let callers = Mutex<[Int]>([])
    func call(_ caller: Int) { callers.withLock { $0.append(caller) } }
  }

  /// Lets three tasks call an actor, and the first one of them last.
  private static func isPassed() -> Bool {
    let queue = JobQueue(escapes: .fail)
    let choices = JobChoices(gates: .borrow(), of: queue) { tasks in tasks.count == 3 ? 1 : 0 }
    queue.choices = choices
    defer { choices.close() }
    let lane = Lane(queue: queue, path: "probe", hasParts: true)
    defer { lane.parts = nil }
    let probe = Probe()
    let spinning = queue.drive {
      for caller in 0..<3 { Task(executorPreference: lane.preference) { await probe.call(caller) } }
      return queue.runUntilQuiet()
    }
    // Each task starts and enters, which are two parts.
    return spinning == nil && probe.callers.withLock(\.self) == [1, 2, 0] && choices.entryCount == 3
      && choices.chosenCount >= 6 && !choices.sawActorQueue
  }
}
