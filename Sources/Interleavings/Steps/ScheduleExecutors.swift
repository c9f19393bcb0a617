import CInterleaving
import Synchronization

/// The executors of one thread's schedules, with the state by which the C hooks find them.
///
/// A task refers to its executor without keeping it alive, and a task that a schedule left may be resumed at any later
/// time. So executors live as long as the process. They are used again by later explorations, and there are as many as
/// explorations have run at the same time.
// Sendable unchecked: whoever borrowed it has it alone, and `pool` hands it from one thread to another.
final class ScheduleExecutors: @unchecked Sendable {
  let driver: UnsafeMutablePointer<troupe_driver>
  let intake: StepIntake
  let lane: AwaitLane
  let gate: ActorGate
  let mainLane: MainLane
  /// The most bytes of the note that is printed when the process dies.
  static let mostOfNote = 1 << 16

  private static let pool = Mutex<[ScheduleExecutors]>([])

  static func borrow() -> ScheduleExecutors { pool.withLock { $0.popLast() } ?? ScheduleExecutors() }
  func giveBack() { Self.pool.withLock { $0.append(self) } }

  private init() {
    driver = .allocate(capacity: 1)
    driver.initialize(to: troupe_driver())
    driver.pointee.note = .allocate(capacity: Self.mostOfNote)
    intake = StepIntake(driver)
    (lane, gate, mainLane) = (AwaitLane(intake), ActorGate(intake), MainLane(intake))
    // A reference to an executor is two words: the object and its witness table. `RuntimeCheck` plays a schedule by these before any other.
    driver.pointee.tasks.lane = unsafeBitCast(lane.asUnownedTaskExecutor(), to: troupe_executor.self)
    driver.pointee.tasks.gate = unsafeBitCast(gate.asUnownedSerialExecutor(), to: troupe_executor.self)
    driver.pointee.main = unsafeBitCast(mainLane.asUnownedSerialExecutor(), to: troupe_executor.self)
  }
}
