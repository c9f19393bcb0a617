import CInterleaving
import Foundation
import Synchronization

/// A thread that ends the process when a part of a task does not come to an end.
///
/// A task that spins without an await, or blocks its thread, cannot be stopped from outside. What can be done is to say
/// which schedule it was, instead of hanging.
final class StallWatch: Sendable {
  private final class State: Sendable {
    let parts = Atomic(0)
    let isStopped = Atomic(false)
    let limit: Int
    /// The address of the driver, which is never freed.
    let driver: UInt

    init(limit: Int, driver: UInt) { (self.limit, self.driver) = (limit, driver) }
  }
  private let state: State

  init(_ driver: UnsafeMutablePointer<troupe_driver>, limit: Duration) {
    state = State(limit: max(1, Int(limit.components.seconds)), driver: UInt(bitPattern: driver))
    Thread.detachNewThread { [state] in StallWatch.watch(state) }
  }

  func count() { state.parts.wrappingAdd(1, ordering: .relaxed) }
  func stop() { state.isStopped.store(true, ordering: .releasing) }

  private static func watch(_ state: State) {
    let ticks = 10
    var (last, quiet) = (-1, 0)
    while !state.isStopped.load(ordering: .acquiring) {
      // Real time on a thread of its own: it can only end the process, and decides nothing within a schedule.
      Thread.sleep(forTimeInterval: 1 / Double(ticks))
      let parts = state.parts.load(ordering: .relaxed)
      (last, quiet) = (parts, parts == last ? quiet + 1 : 0)
      guard quiet >= state.limit * ticks, !state.isStopped.load(ordering: .acquiring) else { continue }
      let text =
        "\na part of a task has run for \(state.limit) seconds without an await: it spins, or it blocks its thread"
      FileHandle.standardError.write(Data(text.utf8))
      if let driver = UnsafePointer<troupe_driver>(bitPattern: state.driver) { troupe_print_note(driver) }
      abort()
    }
  }
}
