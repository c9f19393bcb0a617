import CInterleaving
import Messaging

/// The parts of tasks that could run now, in one schedule.
///
/// Only the thread that plays the schedule uses it: the executors of the schedule put jobs in, and ``InterleavingPlayer``
/// takes them out in the order that a strategy chooses.
final class StepQueue {
  /// The way in which a job has to be run.
  enum Kind {
    /// On no actor.
    case task
    /// The task enters a default actor, and goes on there at `resume`.
    case entry(actor: UnsafeRawPointer, resume: UnsafeRawPointer)
    /// The task rests at the gate, and goes on at `resume`.
    case rest(resume: UnsafeRawPointer)
    /// What waits in an actor's own queue.
    case actorQueue(UnsafeRawPointer)
    case main
  }
  struct Job {
    var job: UnownedJob
    var kind: Kind
    var place: UnsafeRawPointer?
    /// The part that made it ready, and the number of parts that had run then.
    var cause: Int?
    var since = 0
  }

  let executors: ScheduleExecutors
  var driver: UnsafeMutablePointer<troupe_driver> { executors.driver }
  var lane: AwaitLane { executors.lane }

  /// The parts that could run now, in the order in which they became ready.
  var ready: [ReadyStep] = []
  /// The job of each part in `ready`.
  var jobs: [Job] = []
  /// Jobs of the runtime, which carry no task's code. They run at once.
  var internalJobs: [UnownedJob] = []
  var sleeps = SleepList()
  var tasks: TaskTable
  let rules: ScheduleRules
  private(set) var actors = ActorTable()
  /// The place of the task that runs, or ran last.
  var current = 0
  var arrivals = 0
  /// The number of the first task, as the runtime counts them.
  private var firstTask: UInt32?
  /// The queue of the actor that a task enters now.
  var opened: UnownedJob?
  /// Whether a task that an earlier schedule left was resumed.
  private(set) var hasEarlier = false
  /// The task that ran last, if it rests: then another one has to run before it.
  var resting: Int?
  /// How many tasks entered an actor.
  private(set) var entryCount = 0
  /// How many tasks the schedule has cancelled.
  var cancellationCount = 0
  /// The number of the step that is carried out; `nil` between two steps, where sleeps end that are no steps.
  var running: Int?
  /// How many steps were carried out.
  var partCount = 0
  /// The number of each task's last part, and where its code is.
  var lastParts: [(number: Int, place: UInt?)?] = []
  /// The work that waits for each queue of Dispatch, in its order.
  var dispatched: [UnsafeRawPointer: [DispatchedWork]] = [:]
  /// What the test said must hold.
  var properties = ScheduleProperties()

  /// Where the failures of the test are put.
  let sink: IssueSink

  init(_ executors: ScheduleExecutors, _ rules: ScheduleRules, sink: IssueSink) {
    self.sink = sink
    self.executors = executors
    self.rules = rules
    tasks = TaskTable(followsEnds: rules.followsEnds)
    driver.pointee.tasks.created_name = nil
    driver.pointee.actor_made = { actor in
      // The runtime passes the actor that it has just made.
      if let actor { GlobalHook.queue?.noteActor(actor) }
    }
    driver.pointee.child_ends = rules.followsEnds ? { GlobalHook.queue?.endChild($0) } : nil
    driver.pointee.dispatched = { queue, delay, function, context in
      guard let queue, let function else { return }
      GlobalHook.queue?.dispatch(
        DispatchedWork(function: function, context: context), on: queue, after: .nanoseconds(delay))
    }
    driver.pointee.catches_up = { queue in
      while let queue, let work = GlobalHook.queue?.nextDispatched(on: queue) { work.run() }
    }
    driver.pointee.tasks.admitted_actor = nil
    (driver.pointee.random, driver.pointee.on_main) = (0, 0)
    (driver.pointee.now, driver.pointee.beginning) = (Self.beginning, Self.beginning)
    executors.intake.open(self)
  }

  /// The executor that the first task has to prefer.
  var executor: some TaskExecutor { lane }
  /// Whether a task sleeps.
  var hasSleeps: Bool { sleeps.nextEnd != nil }
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
    if firstTask == nil {
      firstTask = number
      executors.intake.begin(with: number)
    }
    guard let firstTask, number &- firstTask < 1 << 31 else {
      hasEarlier = true
      return nil
    }
    return tasks.place(
      of: memory, madeBy: current, label: driver.pointee.tasks.created_name.map { String(cString: $0) })
  }

  /// Takes a job that prefers no executor: one of the runtime, which ends a sleep, or of a library without our hook.
  func takeGlobal(_ job: UnownedJob) {
    let memory = JobMemory(job)
    if memory.isActorQueue { takeQueue(job, of: memory.actor) } else { internalJobs.append(job) }
  }

  private func takeQueue(_ job: UnownedJob, of actor: UnsafeRawPointer) {
    if actor == driver.pointee.tasks.admitted_actor {
      driver.pointee.tasks.admitted_actor = nil
      opened = job
      return
    }
    let number = actors.number(of: actor)
    let first = JobMemory.queued(at: actor, among: tasks.memory)
    let task =
      first.map { tasks.place(of: $0, madeBy: current, label: nil) } ?? tasks.place(ofQueueOf: number)
    add(Job(job: job, kind: .actorQueue(actor), place: first?.resume), task, number)
  }

  func arrive(_ job: UnownedJob) {
    // The hook has set both before it let the task go to the gate.
    guard let resume = driver.pointee.tasks.arriving_resume else { return internalJobs.append(job) }
    guard let task = place(of: JobMemory(job)) else { return }
    guard let actor = driver.pointee.tasks.arriving_actor else {
      resting = task
      return add(Job(job: job, kind: .rest(resume: resume), place: resume), task, ReadyStep.nonisolated)
    }
    entryCount += 1
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
    sleeps.add(job, for: delay, now: driver.pointee.now)
  }

  private func add(_ job: Job, _ task: Int, _ actor: Int) {
    let entry = tasks.entries[task]
    ready.append(
      ReadyStep(
        task: task, key: entry.key, turn: entry.turns, actor: actor, actorKey: actors.key(of: actor),
        number: arrivals, priority: job.job.priority.rawValue))
    jobs.append(job)
    (jobs[jobs.count - 1].cause, jobs[jobs.count - 1].since) = (running, partCount)
    arrivals += 1
  }

  /// Lets the schedule go. Jobs of tasks that it leaves never run.
  func close() {
    executors.intake.close()
    for task in tasks.close() { task.release() }
  }

  private func noteActor(_ actor: UnsafeRawPointer) {
    let name = tasks.entries.isEmpty ? [] : tasks.entries[current].name
    actors.note(actor, madeBy: current, named: name)
  }

  /// Notes that the memory of an `async let` task is about to be gone.
  func endChild(_ memory: UnsafeMutableRawPointer?) {
    if let memory { tasks.noteEnd(ofMemory: memory) }
  }

  /// Returns the name of a step in a plan.
  func name(of step: ReadyStep) -> String {
    (step.kind == .cancellation ? Self.cancellationMark : "") + name(ofTask: step.task)
  }

  /// Returns a task's name, for a reader.
  func name(ofTask task: Int) -> String { String(decoding: tasks.entries[task].name, as: UTF8.self) }
}
