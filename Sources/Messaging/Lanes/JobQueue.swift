import Synchronization

/// The jobs of one episode, in the order in which they were enqueued.
///
/// The thread that drives the episode enqueues and runs them. What another thread enqueues was resumed by
/// something outside the simulation: it is run, so that nothing leaks, and reported.
// Sendable unchecked: only the driving thread touches what no mutex guards; others are told apart by `DrivingThread`.
final class JobQueue: @unchecked Sendable {
  private struct Entry {
    var job: UnownedJob
    var lane: Lane
    var isStray = false
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
  /// Whose job runs.
  @exclusivity(unchecked) private var running: Lane?
  private var strayHandler: ((String, EscapeRule) -> Void)?
  private let foreign = Mutex(Foreign())
  private let hasForeign = Atomic(false)
  private let rule: EscapeRule

  init(escapes rule: EscapeRule) { self.rule = rule }

  func enqueue(_ job: UnownedJob, on lane: Lane) {
    if DrivingThread.queue === self {
      jobs.append(Entry(job: job, lane: lane))
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
    guard let lane = running ?? strayLane else { return false }
    if running != nil, !isStrayRunning { strayHandler?(lane.path, rule) }
    jobs.append(Entry(job: job, lane: lane, isStray: true))
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
      guard count <= EpisodeLimits.jobs else { return jobs[0].lane.path }
      swap(&jobs, &batch)
      for index in batch.indices {
        let entry = batch[index]
        running = entry.lane
        isStrayRunning = entry.isStray
        if entry.isStray {
          entry.job.runSynchronously(on: entry.lane.asUnownedTaskExecutor())
        } else {
          entry.job.runSynchronously(
            isolatedTo: entry.lane.asUnownedSerialExecutor(),
            taskExecutor: entry.lane.asUnownedTaskExecutor())
        }
      }
      batch.removeAll(keepingCapacity: true)
    }
    return nil
  }

  /// Forgets the jobs that are left: their tasks never go on, and what they hold is never given back.
  func abandon() { jobs.removeAll() }

  /// Calls `body` as the actor, whose lane is `lane`. Called by the driving thread, outside of any job.
  func isolated<A: Actor>(to actor: A, on lane: Lane, _ body: (isolated A) -> Void) {
    let outer = running
    running = lane
    // What `assumeIsolated` does, but for its check, which takes as long as everything else: the driving thread
    // runs one job or handler at a time.
    withoutActuallyEscaping(body) { unsafeBitCast($0, to: ((A) -> Void).self)(actor) }
    running = outer
  }

  private func takeInForeign() {
    foreign.withLock { foreign in
      for (job, lane) in foreign.jobs { jobs.append(Entry(job: job, lane: lane)) }
      foreign.jobs = []
    }
  }
}
