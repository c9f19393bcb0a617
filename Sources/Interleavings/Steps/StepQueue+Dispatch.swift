import CTaskHooks

/// Work that a test handed to a queue of Dispatch.
// Sendable unchecked: the thread that plays the schedule makes it and runs it.
struct DispatchedWork: @unchecked Sendable {
  let function: @convention(c) (UnsafeMutableRawPointer?) -> Void
  let context: UnsafeMutableRawPointer?

  func run() { function(context) }
}

/// The address of a queue of Dispatch, which is only compared.
// Sendable unchecked: nothing is read at the address.
private struct QueueAddress: @unchecked Sendable {
  let pointer: UnsafeRawPointer
}

extension StepQueue {
  private static let mainQueue = troupe_function("_dispatch_main_q").map { UInt(bitPattern: $0) }

  /// Makes a task of work for a queue of Dispatch, so that it is a part like others, and its delay virtual time.
  ///
  /// A queue does its work in the order in which it came, as a serial one does. So a task does what is first then, whichever task it is.
  func dispatch(_ work: DispatchedWork, on queue: UnsafeRawPointer, after delay: Duration) {
    let queue = QueueAddress(pointer: queue)
    let isAfter = delay > .zero
    if !isAfter { dispatched[queue.pointer, default: []].append(work) }
    let act: @Sendable () -> Void = {
      if isAfter { GlobalHook.queue?.dispatched[queue.pointer, default: []].append(work) }
      GlobalHook.queue?.nextDispatched(on: queue.pointer)?.run()
    }
    // Both tasks are made on the thread that plays, so the hooks give them its lane: they are parts of the schedule, and sleep in virtual time.
    if UInt(bitPattern: queue.pointer) == Self.mainQueue {
      Task { @MainActor in
        if isAfter { try? await Task.sleep(for: delay) }
        act()
      }
    } else {
      Task.detached {
        if isAfter { try? await Task.sleep(for: delay) }
        act()
      }
    }
  }

  /// Takes the work that is next on a queue; `nil` if there is none.
  func nextDispatched(on queue: UnsafeRawPointer) -> DispatchedWork? {
    guard let next = dispatched[queue]?.first else { return nil }
    dispatched[queue]?.removeFirst()
    return next
  }
}
