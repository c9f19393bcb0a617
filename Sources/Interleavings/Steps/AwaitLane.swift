import CInterleaving
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

  init(_ driver: UnsafeMutablePointer<troupe_driver>) { self.driver = driver }

  /// Lets jobs go to the queue of the next schedule.
  func open(_ queue: StepQueue) {
    self.queue = queue
    sawForeign.store(false, ordering: .releasing)
  }

  var hasForeign: Bool { sawForeign.load(ordering: .acquiring) }

  /// Lets the schedule go. A job that comes later never runs.
  func close() { queue = nil }

  /// Calls `body` with the queue on the thread that plays the schedule. From another thread the job is not run: the
  /// schedule ends, because it could not be played again.
  func take(_ body: (StepQueue) -> Void) {
    guard troupe_driving() == driver else { return sawForeign.store(true, ordering: .releasing) }
    if let queue { body(queue) }
  }
}

/// The executor that every task of a schedule prefers.
final class AwaitLane: TaskExecutor {
  let intake: StepIntake
  init(_ intake: StepIntake) { self.intake = intake }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    intake.take { $0.take(job) }
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
      intake.take { $0.sleep(job, for: delay as? Duration ?? .zero) }
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
    intake.take { $0.arrive(job) }
  }
}

/// The executor of the main actor while the schedule is played.
final class MainLane: SerialExecutor {
  let intake: StepIntake
  init(_ intake: StepIntake) { self.intake = intake }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    intake.take { $0.takeMain(job) }
  }

  // A task elsewhere may do the main queue's work, for which it waits.
  func isIsolatingCurrentContext() -> Bool? { (troupe_driving()?.pointee.on_main ?? 0) > 0 }
  func checkIsolated() {
    precondition(isIsolatingCurrentContext() == true, "this needs the main actor, and runs elsewhere")
  }
}
