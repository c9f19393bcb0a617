import CTaskHooks

/// A hook that catches the jobs that are on their way to the global executor.
///
/// The Swift runtime exports `swift_task_enqueueGlobal_hook`, which is not an API. Only this file depends on it, and a
/// test fails if a toolchain changes it. The hook passes on the jobs of threads that drive no episode.
package enum EscapeHook {
  private typealias Original = @convention(thin) (UnownedJob) -> Void
  private typealias Hook = @convention(thin) (UnownedJob, Original) -> Void

  /// Whether the runtime has the hook. Without it, tasks that escape are not seen.
  static let isInstalled: Bool = {
    guard let hook = troupe_enqueue_global_hook() else { return false }
    hook.assumingMemoryBound(to: Hook?.self).pointee = { job, original in
      if DrivingThread.queue?.takeStray(job) != true { original(job) }
    }
    return true
  }()

  package static func install() { _ = isInstalled }
}
