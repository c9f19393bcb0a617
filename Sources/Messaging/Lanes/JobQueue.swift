import Synchronization

/// The jobs of one episode, in the order in which they were enqueued.
///
/// The thread that drives the episode enqueues and runs them. What another thread enqueues was resumed by
/// something outside the simulation: it is run, so that nothing leaks, and reported.
final class JobQueue: Sendable {
  private struct State: Sendable {
    var jobs: [(job: UnownedJob, lane: Lane, isStray: Bool)] = []
    /// The actor of a job that another thread enqueued.
    var foreign: String?
    var strayHandler: (@Sendable (String, EscapeRule) -> Void)?
    /// Whose job runs.
    var running: Lane?
  }
  private let state = Mutex(State())
  private let rule: EscapeRule

  init(escapes rule: EscapeRule) { self.rule = rule }

  func enqueue(_ job: UnownedJob, on lane: Lane) {
    let isForeign = DrivingThread.queue !== self
    state.withLock {
      $0.jobs.append((job, lane, false))
      if isForeign, $0.foreign == nil { $0.foreign = lane.path }
    }
  }

  /// Takes in a job that was on its way to the global executor; false if no lane is running it could belong to.
  func takeStray(_ job: UnownedJob) -> Bool {
    let (lane, handler) = state.withLock { ($0.running, $0.strayHandler) }
    guard let lane else { return false }
    handler?(lane.path, rule)
    state.withLock { $0.jobs.append((job, lane, true)) }
    return true
  }

  /// `handler` is told the actor of each task that leaves its lane, as it happens, on the driving thread.
  func onStray(_ handler: @escaping @Sendable (String, EscapeRule) -> Void) {
    state.withLock { $0.strayHandler = handler }
  }

  /// An actor whose job another thread enqueued since this was last asked.
  func takeForeign() -> String? {
    state.withLock { state in
      defer { state.foreign = nil }
      return state.foreign
    }
  }

  /// Makes this thread the one that drives the episode while `body` runs.
  func drive<Result>(_ body: () -> Result) -> Result {
    EscapeHook.install()
    let outer = DrivingThread.queue
    DrivingThread.queue = self
    defer { DrivingThread.queue = outer }
    return body()
  }

  /// Runs jobs until there are none. Called by the driving thread only.
  func runUntilQuiet() {
    while true {
      let batch = state.withLock { state in
        defer { state.jobs.removeAll(keepingCapacity: true) }
        return state.jobs
      }
      guard !batch.isEmpty else { break }
      for (job, lane, isStray) in batch {
        state.withLock { $0.running = lane }
        if isStray {
          job.runSynchronously(on: lane.asUnownedTaskExecutor())
        } else {
          job.runSynchronously(
            isolatedTo: lane.asUnownedSerialExecutor(), taskExecutor: lane.asUnownedTaskExecutor())
        }
      }
    }
    state.withLock { $0.running = nil }
  }
}
