import CInterleaving

/// The parts of tasks that could run now, in one schedule.
///
/// Only the thread that plays the schedule uses it: the executors of the schedule put jobs in, and ``InterleavingPlayer``
/// takes them out in the order that a strategy chooses.
final class StepQueue {
  /// The way in which a job has to be run.
  private enum Kind {
    /// On no actor.
    case task
    /// The task enters a default actor, and goes on there at `resume`.
    case entry(actor: UnsafeRawPointer, resume: UnsafeRawPointer)
    /// What waits in an actor's own queue.
    case actorQueue
    case main
  }
  private struct Job {
    var job: UnownedJob
    var kind: Kind
    var place: UnsafeRawPointer?
    /// The part that made it ready, and the number of parts that had run then.
    var cause: Int?
    var since = 0
  }
  private struct Sleep {
    var job: UnownedJob
    var end: Int64
  }

  private let executors: ScheduleExecutors
  private var driver: UnsafeMutablePointer<troupe_driver> { executors.driver }
  private var lane: AwaitLane { executors.lane }

  /// The parts that could run now, in the order in which they became ready.
  private(set) var ready: [ReadyStep] = []
  /// The job of each part in `ready`.
  private var jobs: [Job] = []
  /// Jobs of the runtime, which carry no task's code. They run at once.
  private var internalJobs: [UnownedJob] = []
  private var sleeps: [Sleep] = []
  private(set) var tasks = TaskTable()
  private(set) var actors = ActorTable()
  /// The place of the task that runs, or ran last.
  private(set) var current = 0
  private var arrivals = 0
  /// The number of the first task, as the runtime counts them.
  private var firstTask: UInt32?
  /// The queue of the actor that a task enters now.
  private var opened: UnownedJob?
  /// What became ready during the running part: from its own task, and otherwise.
  private var (ownArrivals, otherArrivals) = (0, 0)
  /// The number of the part that runs; `nil` between two parts, where sleeps end.
  private var running: Int?
  private(set) var partCount = 0
  /// The number of each task's last part, and where its code is.
  private var lastParts: [(number: Int, place: UInt?)?] = []
  /// What the test said must hold.
  var properties = ScheduleProperties()
  /// How many sleeps were asked for, and how many tasks entered an actor.
  private(set) var (sleepCount, entryCount) = (0, 0)

  init(_ executors: ScheduleExecutors) {
    self.executors = executors
    driver.pointee.admitted_actor = nil
    driver.pointee.now = Self.beginning
    executors.intake.open(self)
  }

  /// The executor that the first task has to prefer.
  var executor: some TaskExecutor { lane }
  var hasForeign: Bool { executors.intake.hasForeign }
  /// The time at the beginning of a schedule, in nanoseconds. It is not 0, which some programs take for no time at all.
  private static let beginning: Int64 = 1_000_000_000_000

  // MARK: Jobs come in

  func take(_ job: UnownedJob) {
    let memory = JobMemory(job)
    if memory.isTask {
      guard let task = place(of: memory) else { return }
      add(Job(job: job, kind: .task, place: memory.resume), task, ReadyStep.nonisolated)
    } else if memory.isActorQueue {
      takeQueue(job, of: memory.actor)
    } else {
      internalJobs.append(job)
    }
  }

  /// Returns the place of a task; `nil` for a task that an earlier schedule left, whose job is dropped.
  ///
  /// The runtime numbers tasks in ascending order, so such a task has a smaller number than the first of this schedule.
  private func place(of memory: JobMemory) -> Int? {
    let number = memory.taskNumber
    if firstTask == nil { firstTask = number }
    guard let firstTask, number &- firstTask < 1 << 31 else { return nil }
    return tasks.place(of: memory, madeBy: current)
  }

  /// Takes a job that prefers no executor: one of the runtime, which ends a sleep, or of a library without our hook.
  func takeGlobal(_ job: UnownedJob) {
    let memory = JobMemory(job)
    if memory.isActorQueue { takeQueue(job, of: memory.actor) } else { internalJobs.append(job) }
  }

  private func takeQueue(_ job: UnownedJob, of actor: UnsafeRawPointer) {
    if actor == driver.pointee.admitted_actor {
      driver.pointee.admitted_actor = nil
      opened = job
      return
    }
    let number = actors.number(of: actor)
    let first = JobMemory.queued(at: actor, among: tasks.memory)
    let task = first.map { tasks.place(of: $0, madeBy: current) } ?? tasks.place(ofQueueOf: number)
    add(Job(job: job, kind: .actorQueue, place: first?.resume), task, number)
  }

  func arrive(_ job: UnownedJob) {
    // The hook has set both before it let the task go to the gate.
    guard let actor = driver.pointee.arriving_actor, let resume = driver.pointee.arriving_resume else {
      return internalJobs.append(job)
    }
    entryCount += 1
    guard let task = place(of: JobMemory(job)) else { return }
    add(
      Job(job: job, kind: .entry(actor: actor, resume: resume), place: resume), task, actors.number(of: actor)
    )
  }

  func takeMain(_ job: UnownedJob) {
    let memory = JobMemory(job)
    guard let task = place(of: memory) else { return }
    add(Job(job: job, kind: .main, place: memory.resume), task, ReadyStep.main)
  }

  func sleep(_ job: UnownedJob, for delay: Duration) {
    sleepCount += 1
    let (seconds, attoseconds) = max(delay, .zero).components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let end = driver.pointee.now.addingReportingOverflow(whole &+ attoseconds / 1_000_000_000)
    sleeps.append(Sleep(job: job, end: overflow || end.overflow ? .max : end.partialValue))
  }

  private func add(_ job: Job, _ task: Int, _ actor: Int) {
    if task == current { ownArrivals += 1 } else { otherArrivals += 1 }
    let entry = tasks.entries[task]
    ready.append(
      ReadyStep(
        task: task, key: entry.key, turn: entry.turns, actor: actor, number: arrivals,
        priority: job.job.priority.rawValue))
    jobs.append(job)
    (jobs[jobs.count - 1].cause, jobs[jobs.count - 1].since) = (running, partCount)
    arrivals += 1
  }

  // MARK: Jobs run

  /// Runs the part at `index` of `ready`, with what the runtime does at once. Returns where its code is.
  func run(_ index: Int) -> (place: UnsafeRawPointer?, effect: StepEffect) {
    let step = ready.remove(at: index)
    let job = jobs.remove(at: index)
    current = step.task
    tasks.countTurn(at: step.task)
    begin(step.task, at: job.place)
    defer { running = nil }
    (ownArrivals, otherArrivals) = (0, 0)
    let sleptBefore = sleepCount
    switch job.kind {
    case .task, .actorQueue: job.job.runSynchronously(on: lane.asUnownedTaskExecutor())
    case .main:
      job.job.runSynchronously(
        isolatedTo: executors.mainLane.asUnownedSerialExecutor(), taskExecutor: lane.asUnownedTaskExecutor())
    case .entry(let actor, let resume):
      (driver.pointee.admitted_actor, driver.pointee.admitted_resume) = (actor, resume)
      job.job.runSynchronously(
        isolatedTo: executors.gate.asUnownedSerialExecutor(), taskExecutor: lane.asUnownedTaskExecutor())
      driver.pointee.admitted_actor = nil
      if let queue = opened {
        opened = nil
        queue.runSynchronously(on: lane.asUnownedTaskExecutor())
      }
    }
    runInternalJobs()
    let isLocal = ownArrivals == 1 && otherArrivals == 0 && sleepCount == sleptBefore
    return (job.place, StepEffect(isLocal: isLocal))
  }

  private func begin(_ task: Int, at place: UnsafeRawPointer?) {
    (running, partCount) = (partCount, partCount + 1)
    while lastParts.count <= task { lastParts.append(nil) }
    lastParts[task] = (partCount - 1, place.map { UInt(bitPattern: $0) })
  }

  /// The number of the part that made the one at `index` of `ready` ready; `nil` if the end of a sleep or the beginning did.
  func cause(at index: Int) -> Int? { jobs[index].cause }
  /// The number of parts that have run since the one at `index` of `ready` became ready.
  func waited(at index: Int) -> Int { partCount - jobs[index].since }
  /// The number of a task's last part, and where its code is; `nil` if the task has not run.
  func lastPart(ofTask task: Int) -> (number: Int, place: UInt?)? {
    task < lastParts.count ? lastParts[task] : nil
  }
  /// How long the tasks that sleep still do, in nanoseconds.
  var remainingSleeps: [Int64] { sleeps.map { $0.end - driver.pointee.now } }

  private func runInternalJobs() {
    var next = 0
    while next < internalJobs.count {
      internalJobs[next].runSynchronously(on: lane.asUnownedTaskExecutor())
      next += 1
    }
    internalJobs.removeAll(keepingCapacity: true)
  }

  /// Goes on to the end of the earliest sleep, and ends every sleep of that instant. Returns false if nothing sleeps.
  func wakeNext() -> Bool {
    guard let end = sleeps.map(\.end).min(), end < .max else { return false }
    driver.pointee.now = max(driver.pointee.now, end)
    internalJobs.append(contentsOf: sleeps.filter { $0.end == end }.map(\.job))
    sleeps.removeAll { $0.end == end }
    runInternalJobs()
    return true
  }

  /// Lets the schedule go. Jobs of tasks that it leaves never run.
  func close() { executors.intake.close() }

  /// Returns a task's name, for a reader.
  func name(ofTask task: Int) -> String { String(decoding: tasks.entries[task].name, as: UTF8.self) }
}
