/// What the Swift runtime keeps in a job, as it lies in memory.
///
/// The layout is no API. `TaskGates.areAvailable` and `RuntimeCheck` compare it with what the runtime does, and a toolchain that
/// changes it is a named error.
package struct JobMemory {
  private let address: UnsafeRawPointer

  package init(_ job: UnownedJob) {
    // An unowned job is a pointer to the job.
    address = unsafeBitCast(job, to: UnsafeRawPointer.self)
  }

  package init(_ address: UnsafeRawPointer) { self.address = address }

  private var kind: UInt8 { address.load(fromByteOffset: 32, as: UInt8.self) }
  /// Whether the job is a part of a task.
  package var isTask: Bool { kind == 0 }
  /// Whether the job runs what waits in the queue of a default actor.
  package var isActorQueue: Bool { kind == 193 }
  /// The lower half of the task's number, which the runtime gives to no other task.
  package var taskNumber: UInt32 { address.load(fromByteOffset: 36, as: UInt32.self) }
  /// The code with which the task goes on.
  package var resume: UnsafeRawPointer? { address.load(fromByteOffset: 56, as: UnsafeRawPointer?.self) }
  /// The actor of a job that runs an actor's queue.
  package var actor: UnsafeRawPointer { address.load(fromByteOffset: 64, as: UnsafeRawPointer.self) }
  /// The memory of the task.
  package var task: UnsafeRawPointer { address }

  private var flags: UInt32 { address.load(fromByteOffset: 32, as: UInt32.self) }
  /// Whether the task is an `async let`, whose memory belongs to the task that made it.
  package var isAsyncLet: Bool { flags & 1 << 28 != 0 }
  /// Whether the task is one of a group.
  package var isInGroup: Bool { flags & 1 << 26 != 0 }
  private var status: UInt { address.load(fromByteOffset: 96, as: UInt.self) }
  package var isCancelled: Bool { status & 0x100 != 0 }
  /// Whether the task has ended.
  package var isComplete: Bool { status & 0x2000 != 0 }

  /// Returns a number that changes when something is put into the queue of a default actor.
  package static func stateOfQueue(at actor: UnsafeRawPointer) -> UInt {
    (2..<14).reduce(0) { ($0 &* 31) ^ actor.load(fromByteOffset: 8 * $1, as: UInt.self) }
  }

  /// Returns the first task in the queue of a default actor that is one of `tasks`.
  ///
  /// An actor keeps its state, with a pointer to the job that came last, in the fourteen words at its beginning.
  package static func queued(at actor: UnsafeRawPointer, among tasks: [UnsafeRawPointer: Int]) -> JobMemory? {
    for word in 2..<14 {
      let bits = actor.load(fromByteOffset: 8 * word, as: UInt.self) & ~7
      guard let pointer = UnsafeRawPointer(bitPattern: bits), tasks[pointer] != nil else { continue }
      return JobMemory(pointer)
    }
    return nil
  }
}
