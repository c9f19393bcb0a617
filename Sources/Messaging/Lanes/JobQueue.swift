import Synchronization

/// The queue of an episode's jobs, in the order in which they were enqueued.
///
/// The thread that drives the episode enqueues and runs jobs. A job from another thread was resumed by something
/// outside the simulation: it is run, so that nothing leaks, and it is reported.
// Sendable unchecked: a mutex guards what other threads touch; `DrivingThread` tells the driving thread from others.
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
  /// The lane on which a task that left the lanes goes on when an event resumes it.
  var strayLane: Lane?
  /// Whether the running job belongs to a task that left the lanes. Its next hop is not reported.
  @exclusivity(unchecked) private var isStrayRunning = false
  /// The lane whose job runs. The entry of the job retains it.
  @exclusivity(unchecked) private var running: Unmanaged<Lane>?
  /// Chooses the place of the next job among those that are ready, of which there is at least one; `nil` if jobs run in their order.
  var chooser: ((Int) -> Int)?
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

  /// Takes in a job that was on its way to the global executor; false if there is no lane for it.
  ///
  /// It is called on the driving thread. A task is reported only when it leaves a lane, because the number of its later
  /// hops depends on the build.
  func takeStray(_ job: UnownedJob) -> Bool {
    guard let lane = running?.takeUnretainedValue() ?? strayLane else { return false }
    if running != nil, !isStrayRunning { strayHandler?(lane.path, rule) }
    jobs.append(Entry(job, on: lane, isStray: true))
    return true
  }

  /// Sets a handler that gets the actor of each task that leaves its lane, at once and on the driving thread.
  func onStray(_ handler: @escaping (String, EscapeRule) -> Void) { strayHandler = handler }

  /// Returns the actor of the first job that another thread enqueued since the last call; `nil` if there is none.
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

  /// Runs jobs until there are none. Only the driving thread calls it.
  ///
  /// Returns `nil`, or, if the jobs did not end within ``EpisodeLimits/jobs``, the path of an actor that has some. The
  /// remaining jobs stay in the queue.
  @discardableResult
  func runUntilQuiet() -> String? {
    if let chooser { return runUntilQuiet(choosing: chooser) }
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
      for index in batch.indices { run(batch[index]) }
      batch.removeAll(keepingCapacity: true)
    }
    return nil
  }

  /// Does what ``runUntilQuiet()`` does, in the order that `choose` says.
  private func runUntilQuiet(choosing choose: (Int) -> Int) -> String? {
    var count = 0
    defer {
      running = nil
      isStrayRunning = false
    }
    while true {
      if hasForeign.load(ordering: .acquiring) { takeInForeign() }
      guard !jobs.isEmpty else { return nil }
      count += 1
      guard count <= EpisodeLimits.jobs else { return jobs[0].lane.takeUnretainedValue().path }
      run(jobs.remove(at: choose(jobs.count)))
    }
  }

  @inline(__always)
  private func run(_ entry: Entry) {
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

  /// Forgets the remaining jobs. Their tasks never go on, and what these hold is never freed.
  func abandon() {
    for entry in jobs { entry.lane.release() }
    jobs.removeAll()
  }

  /// Calls `body` in the isolation of the actor, whose lane is `lane`. The driving thread calls it outside of any job.
  func isolated<A: Actor>(to actor: A, on lane: Lane, _ body: (isolated A) -> Void) {
    let outer = running
    running = Unmanaged.passUnretained(lane)
    // This is `assumeIsolated` without its check, which takes as long as everything else. It is safe because the
    // driving thread runs one job or handler at a time.
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
