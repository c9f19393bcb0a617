import CInterleaving
import CTaskHooks
import Messaging

/// The hook that catches jobs on their way to the global executor, in front of the one that episodes use.
enum GlobalHook {
  private typealias Original = @convention(thin) (UnownedJob) -> Void
  private typealias Hook = @convention(thin) (UnownedJob, Original) -> Void

  /// The hook of episodes, to which this one passes what no schedule takes.
  // Unsafe: it is set once, below, before this hook can be called.
  nonisolated(unsafe) private static var previous: Hook?
  /// The queue of the schedule that the thread plays. It is not retained: whoever drives the thread keeps it alive.
  static var queue: StepQueue? {
    troupe_driving()?.pointee.queue.map { Unmanaged<StepQueue>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Whether the runtime has the hook.
  static let isInstalled: Bool = {
    EscapeHook.install()
    guard let hook = troupe_enqueue_global_hook() else { return false }
    let place = hook.assumingMemoryBound(to: Hook?.self)
    previous = place.pointee
    place.pointee = { job, original in
      if let queue = GlobalHook.queue {
        queue.takeGlobal(job)
      } else if let previous = GlobalHook.previous {
        previous(job, original)
      } else {
        original(job)
      }
    }
    return true
  }()
}
