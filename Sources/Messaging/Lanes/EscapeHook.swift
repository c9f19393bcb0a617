import Glibc

/// Catches the jobs that are on their way to the global executor.
///
/// `swift_task_enqueueGlobal_hook` is exported by the Swift runtime and is no API: the one place that depends on it
/// is here, and a test fails when a toolchain changes it. Threads that drive no episode are not touched.
enum EscapeHook {
  private typealias Original = @convention(thin) (UnownedJob) -> Void
  private typealias Hook = @convention(thin) (UnownedJob, Original) -> Void

  /// Whether the runtime has the hook; without it tasks that escape are not seen.
  static let isInstalled: Bool = {
    guard let symbol = dlsym(nil, "swift_task_enqueueGlobal_hook") else { return false }
    symbol.assumingMemoryBound(to: Hook?.self).pointee = { job, original in
      if DrivingThread.queue?.takeStray(job) != true { original(job) }
    }
    return true
  }()

  static func install() { _ = isInstalled }
}
