import CInterleaving
import Glibc
import Messaging

/// The hook that catches jobs on their way to the global executor, in front of the one that episodes use.
enum GlobalHook {
  private typealias Original = @convention(thin) (UnownedJob) -> Void
  private typealias Hook = @convention(thin) (UnownedJob, Original) -> Void

  /// The hook of episodes, to which this one passes what no schedule takes.
  // Unsafe: it is set once, below, before this hook can be called.
  nonisolated(unsafe) private static var previous: Hook?
  /// The queue of the schedule that the thread plays.
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    let status = pthread_key_create(&key, nil)
    precondition(status == 0, "no key for thread-local storage is left")
    return key
  }()

  static var queue: StepQueue? {
    get { pthread_getspecific(key).map { Unmanaged<StepQueue>.fromOpaque($0).takeUnretainedValue() } }
    set {
      pthread_setspecific(key, newValue.map { UnsafeRawPointer(Unmanaged.passUnretained($0).toOpaque()) })
    }
  }

  /// Whether the runtime has the hook.
  static let isInstalled: Bool = {
    EscapeHook.install()
    guard let symbol = dlsym(nil, "swift_task_enqueueGlobal_hook") else { return false }
    let place = symbol.assumingMemoryBound(to: Hook?.self)
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
