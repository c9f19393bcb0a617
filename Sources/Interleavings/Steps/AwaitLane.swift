import CInterleaving
import Messaging
import Synchronization

// Elsewhere no schedule is played, and a toolchain may not have this.
#if os(Linux)
  @_spi(ExperimentalScheduling) import _Concurrency
#endif

/// What the executors of a schedule hand their jobs to.
///
/// They may be called from any thread. Only the thread that plays the schedule reaches the queue.
// Sendable unchecked: `queue` is touched only by the thread whose driver is `driver`, or before any job exists.
final class StepIntake: @unchecked Sendable {
  private let driver: UnsafeMutablePointer<troupe_driver>
  private var queue: StepQueue?
  /// Whether another thread has resumed a task of the schedule.
  private let sawForeign = Atomic(false)
  /// The number of the schedule's first task, as the runtime counts them; 2^32 while there is none.
  private let firstTask = Atomic(StepIntake.noTask)
  private static let noTask = UInt64(1) << 32

  init(_ driver: UnsafeMutablePointer<troupe_driver>) { self.driver = driver }

  /// Lets jobs go to the queue of the next schedule.
  func open(_ queue: StepQueue) {
    self.queue = queue
    firstTask.store(Self.noTask, ordering: .releasing)
    sawForeign.store(false, ordering: .releasing)
  }

  /// Notes the number of the schedule's first task.
  func begin(with task: UInt32) { firstTask.store(UInt64(task), ordering: .releasing) }

  var hasForeign: Bool { sawForeign.load(ordering: .acquiring) }

  /// Lets the schedule go. A job that comes later never runs.
  func close() { queue = nil }

  /// Calls `body` with the queue on the thread that plays the schedule. From another thread the job is not run: the
  /// schedule ends, because it could not be played again. The job of a task that an earlier schedule left is no business of this one.
  func take(_ job: UnownedJob, _ body: (StepQueue) -> Void) {
    guard troupe_driving() == driver else {
      if isOfSchedule(job) { sawForeign.store(true, ordering: .releasing) }
      return
    }
    if let queue { body(queue) }
  }

  private func isOfSchedule(_ job: UnownedJob) -> Bool {
    let (memory, first) = (JobMemory(job), firstTask.load(ordering: .acquiring))
    // The runtime numbers tasks in ascending order.
    return !memory.isTask
      || (first != Self.noTask && memory.taskNumber &- UInt32(truncatingIfNeeded: first) < 1 << 31)
  }
}

/// The executor that every task of a schedule prefers.
final class AwaitLane: TaskExecutor {
  let intake: StepIntake
  init(_ intake: StepIntake) { self.intake = intake }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    intake.take(job) { $0.take(job) }
  }

  #if os(Linux)
    var asSchedulingExecutor: (any SchedulingExecutor)? { self }
  #endif
}

#if os(Linux)
  /// The lane takes the sleeps of tasks, too, with their delay.
  extension AwaitLane: SchedulingExecutor {
    func enqueue<C: Clock>(
      _ job: consuming ExecutorJob, after delay: C.Duration, tolerance: C.Duration?, clock: C
    ) {
      let job = UnownedJob(job)
      intake.take(job) { $0.sleep(job, for: delay as? Duration ?? .zero) }
    }

    func enqueue<C: Clock>(
      _ job: consuming ExecutorJob, at instant: C.Instant, tolerance: C.Duration?, clock: C
    ) {
      enqueue(job, after: clock.now.duration(to: instant), tolerance: tolerance, clock: clock)
    }
  }
#endif

/// The executor on which a task waits until it may enter a default actor.
final class ActorGate: SerialExecutor {
  let intake: StepIntake
  init(_ intake: StepIntake) { self.intake = intake }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    intake.take(job) { $0.arrive(job) }
  }
}

/// The executor of the main actor while the schedule is played.
final class MainLane: SerialExecutor {
  let intake: StepIntake
  init(_ intake: StepIntake) { self.intake = intake }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    intake.take(job) { $0.takeMain(job) }
  }

  // A task elsewhere may do the main queue's work, for which it waits.
  func isIsolatingCurrentContext() -> Bool? { (troupe_driving()?.pointee.on_main ?? 0) > 0 }
  func checkIsolated() {
    precondition(isIsolatingCurrentContext() == true, "this needs the main actor, and runs elsewhere")
  }
}
