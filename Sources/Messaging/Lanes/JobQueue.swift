import Synchronization

/// The jobs of one episode, in the order in which they were enqueued.
///
/// The thread that drives the episode enqueues and runs them. What another thread enqueues was resumed by
/// something outside the simulation: it is run, so that nothing leaks, and reported.
// Sendable unchecked: only the driving thread touches what no mutex guards; others are told apart by `DrivingThread`.
final class JobQueue: @unchecked Sendable {
  private struct Entry {
    var job: UnownedJob
    /// Retained until the job has run; counted by hand, as an array of references counts each several times a job.
    var lane: Unmanaged<Lane>
    var isStray = false

    init(_ job: UnownedJob, on lane: Lane, isStray: Bool = false) {
      (self.job, self.lane, self.isStray) = (job, Unmanaged.passRetained(lane), isStray)
    }
  }
  private struct Foreign: Sendable {
    var jobs: [(job: UnownedJob, lane: Lane)] = []
    /// The actor of the first job that another thread enqueued.
    var first: String?
  }
  @exclusivity(unchecked) private var jobs: [Entry] = []
  @exclusivity(unchecked) private var batch: [Entry] = []
  /// Where a task that left the lanes goes on when an event resumes it.
  var strayLane: Lane?
  /// Whether the job that runs left the lanes: where it goes from there is no news.
  @exclusivity(unchecked) private var isStrayRunning = false
  /// Whose job runs; kept by the job's entry.
  @exclusivity(unchecked) private var running: Unmanaged<Lane>?
  private var strayHandler: ((String, EscapeRule) -> Void)?
  private let foreign = Mutex(Foreign())
  private let hasForeign = Atomic(false)
  private let rule: EscapeRule

  init(escapes rule: EscapeRule) { self.rule = rule }

  func enqueue(_ job: UnownedJob, on lane: Lane) {
    if DrivingThread.queue === self {
      jobs.append(Entry(job, on: lane))
    } else {
      foreign.withLock {
        $0.jobs.append((job, lane))
        if $0.first == nil { $0.first = lane.path }
      }
      hasForeign.store(true, ordering: .releasing)
    }
  }

  /// Takes in a job that was on its way to the global executor; false if there is no lane it could belong to.
  ///
  /// Called on the driving thread. Only a task that leaves a lane is reported: how often one that has left hops from
  /// there depends on the build.
  func takeStray(_ job: UnownedJob) -> Bool {
    guard let lane = running?.takeUnretainedValue() ?? strayLane else { return false }
    if running != nil, !isStrayRunning { strayHandler?(lane.path, rule) }
    jobs.append(Entry(job, on: lane, isStray: true))
    return true
  }

  /// `handler` is told the actor of each task that leaves its lane, as it happens, on the driving thread.
  func onStray(_ handler: @escaping (String, EscapeRule) -> Void) { strayHandler = handler }

  /// An actor whose job another thread enqueued since this was last asked.
  func takeForeign() -> String? {
    guard hasForeign.load(ordering: .acquiring) else { return nil }
    return foreign.withLock { foreign in
      defer { foreign.first = nil }
      hasForeign.store(!foreign.jobs.isEmpty, ordering: .releasing)
      return foreign.first
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
  ///
  /// Returns `nil`, or the path of an actor whose jobs did not end within ``EpisodeLimits/jobs``; those that are left stay.
  @discardableResult
  func runUntilQuiet() -> String? {
    var count = 0
    defer {
      running = nil
      isStrayRunning = false
    }
    while true {
      if hasForeign.load(ordering: .acquiring) { takeInForeign() }
      guard !jobs.isEmpty else { break }
      count += jobs.count
      guard count <= EpisodeLimits.jobs else { return jobs[0].lane.takeUnretainedValue().path }
      swap(&jobs, &batch)
      for index in batch.indices {
        let entry = batch[index]
        running = entry.lane
        isStrayRunning = entry.isStray
        let lane = entry.lane.takeUnretainedValue()
        if entry.isStray {
          entry.job.runSynchronously(on: lane.asUnownedTaskExecutor())
        } else {
          entry.job.runSynchronously(
            isolatedTo: lane.asUnownedSerialExecutor(), taskExecutor: lane.asUnownedTaskExecutor())
        }
        entry.lane.release()
      }
      batch.removeAll(keepingCapacity: true)
    }
    return nil
  }

  /// Forgets the jobs that are left: their tasks never go on, and what they hold is never given back.
  func abandon() {
    for entry in jobs { entry.lane.release() }
    jobs.removeAll()
  }

  /// Calls `body` as the actor, whose lane is `lane`. Called by the driving thread, outside of any job.
  func isolated<A: Actor>(to actor: A, on lane: Lane, _ body: (isolated A) -> Void) {
    let outer = running
    running = Unmanaged.passUnretained(lane)
    // What `assumeIsolated` does, but for its check, which takes as long as everything else: the driving thread
    // runs one job or handler at a time.
    withoutActuallyEscaping(body) { unsafeBitCast($0, to: ((A) -> Void).self)(actor) }
    running = outer
  }

  private func takeInForeign() {
    foreign.withLock { foreign in
      for (job, lane) in foreign.jobs { jobs.append(Entry(job, on: lane)) }
      foreign.jobs = []
    }
  }
}
