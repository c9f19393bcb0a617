import CTaskHooks
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
  /// The jobs, if their order is chosen; `nil` if they run in the order in which they came.
  var choices: JobChoices?
  private var strayHandler: ((String, EscapeRule) -> Void)?
  private let foreign = Mutex(Foreign())
  private let hasForeign = Atomic(false)
  private let rule: EscapeRule

  init(escapes rule: EscapeRule) { self.rule = rule }

  /// Adds a job of the lane's actor; `isPart` says that it runs outside of any actor.
  func enqueue(_ job: UnownedJob, on lane: Lane, isPart: Bool = false) {
    if DrivingThread.queue === self {
      if let choices {
        choices.add(.init(job: job, lane: .passRetained(lane), way: isPart ? .part : .isolated))
      } else {
        jobs.append(Entry(job, on: lane))
      }
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
    if let choices {
      choices.add(.init(job: job, lane: .passRetained(lane), way: .stray, isStray: true))
    } else {
      jobs.append(Entry(job, on: lane, isStray: true))
    }
    return true
  }

  /// Takes in a task that is about to enter a plain actor. It is called on the driving thread, by the running job.
  func arrive(_ job: UnownedJob) {
    guard let lane = running?.takeUnretainedValue() ?? strayLane else { return }
    choices?.arrive(job, on: lane, isStray: isStrayRunning)
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
    let outer = (queue: DrivingThread.queue, tasks: troupe_drive_tasks(choices?.gates?.driver))
    DrivingThread.queue = self
    defer {
      DrivingThread.queue = outer.queue
      _ = troupe_drive_tasks(outer.tasks)
    }
    return body()
  }

  /// Runs jobs until there are none. Only the driving thread calls it.
  ///
  /// Returns `nil`, or, if the jobs did not end within ``EpisodeLimits/jobs``, the path of an actor that has some. The
  /// remaining jobs stay in the queue.
  @discardableResult
  func runUntilQuiet() -> String? {
    if let choices { return runUntilQuiet(choices) }
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

  /// Does what ``runUntilQuiet()`` does, in the order that is chosen.
  private func runUntilQuiet(_ choices: JobChoices) -> String? {
    var count = 0
    defer {
      running = nil
      isStrayRunning = false
    }
    while true {
      if hasForeign.load(ordering: .acquiring) { takeInForeign() }
      guard let first = choices.ready.first else { return nil }
      count += 1
      guard count <= EpisodeLimits.jobs else { return first.lane.takeUnretainedValue().path }
      let job = choices.takeNext()
      // A task that rests has awaited for very long what was there already. So it comes to the limit in less than a second.
      if case .entry(nil, _) = job.way { count += EpisodeLimits.jobs / 100 }
      running = job.lane
      isStrayRunning = job.isStray
      choices.run(job)
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
    choices?.abandon()
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
      for (job, lane) in foreign.jobs { enqueue(job, on: lane) }
      foreign.jobs = []
    }
  }
}
