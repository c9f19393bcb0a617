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
    /// The task rests at the gate, and goes on at `resume`.
    case rest(resume: UnsafeRawPointer)
    /// What waits in an actor's own queue.
    case actorQueue(UnsafeRawPointer)
    case main
  }
  private struct Job {
    var job: UnownedJob
    var kind: Kind
    var place: UnsafeRawPointer?
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
  private var sleeps = SleepList()
  private(set) var tasks: TaskTable
  private let rules: ScheduleRules
  private(set) var actors = ActorTable()
  /// The place of the task that runs, or ran last.
  private(set) var current = 0
  private var arrivals = 0
  /// The number of the first task, as the runtime counts them.
  private var firstTask: UInt32?
  /// The queue of the actor that a task enters now.
  private var opened: UnownedJob?
  /// Whether a task that an earlier schedule left was resumed.
  private(set) var hasEarlier = false
  /// The task that ran last, if it rests: then another one has to run before it.
  private var resting: Int?
  /// How many tasks entered an actor.
  private(set) var entryCount = 0
  /// How many tasks the schedule has cancelled.
  private(set) var cancellationCount = 0

  /// Where the failures of the test are put.
  let sink: IssueSink

  init(_ executors: ScheduleExecutors, _ rules: ScheduleRules, sink: IssueSink) {
    self.sink = sink
    self.executors = executors
    self.rules = rules
    tasks = TaskTable(followsEnds: rules.followsEnds)
    driver.pointee.created_name = nil
    driver.pointee.actor_made = { actor in
      // The runtime passes the actor that it has just made.
      if let actor { GlobalHook.queue?.noteActor(actor) }
    }
    driver.pointee.child_ends = rules.followsEnds ? { GlobalHook.queue?.endChild($0) } : nil
    driver.pointee.admitted_actor = nil
    (driver.pointee.now, driver.pointee.beginning) = (Self.beginning, Self.beginning)
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
    guard let firstTask, number &- firstTask < 1 << 31 else {
      hasEarlier = true
      return nil
    }
    return tasks.place(
      of: memory, madeBy: current, label: driver.pointee.created_name.map { String(cString: $0) })
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
    let task =
      first.map { tasks.place(of: $0, madeBy: current, label: nil) } ?? tasks.place(ofQueueOf: number)
    add(Job(job: job, kind: .actorQueue(actor), place: first?.resume), task, number)
  }

  func arrive(_ job: UnownedJob) {
    // The hook has set both before it let the task go to the gate.
    guard let resume = driver.pointee.arriving_resume else { return internalJobs.append(job) }
    guard let task = place(of: JobMemory(job)) else { return }
    guard let actor = driver.pointee.arriving_actor else {
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
    arrivals += 1
  }

  /// Everything that could be done next: the parts in `ready`, and then what the rules let be a choice beside them. Without
  /// parts, the end of the next sleep comes first.
  func options() -> [ReadyStep] {
    var options = ready
    if rules.respectsPriorities, let highest = ready.map(\.priority).max() {
      options.removeAll { $0.priority < highest }
    }
    if let resting, options.contains(where: { $0.task != resting }) {
      options.removeAll { $0.task == resting }
    }
    if sleeps.nextEnd != nil, ready.isEmpty || rules.timersRace {
      let clock = tasks.placeOfClock()
      options.append(step(.wakeUp, clock, key: tasks.entries[clock].key))
    }
    if !options.isEmpty, cancellationCount < rules.cancels.most {
      for task in tasks.cancellable(rules.cancels) {
        let name = Self.cancellationMark + self.name(ofTask: task)
        options.append(step(.cancellation, task, key: TaskTable.key(of: name.utf8)))
      }
    }
    return options
  }

  /// What stands before the name of a task in the name of its cancellation.
  static let cancellationMark = "!"

  private func step(_ kind: ReadyStep.Kind, _ task: Int, key: UInt64) -> ReadyStep {
    let turn = tasks.entries[task].turns
    return ReadyStep(
      task: task, key: key, turn: turn, actor: ReadyStep.nonisolated, number: -1 - turn, priority: 0,
      kind: kind
    )
  }

  // MARK: Jobs run

  /// Does what was chosen among ``options()``, with what the runtime does at once. Returns where the code of a part is.
  func perform(_ step: ReadyStep) -> (place: UnsafeRawPointer?, effect: StepEffect) {
    switch step.kind {
    case .part:
      guard let index = ready.firstIndex(where: { $0.number == step.number }) else { break }
      return run(index)
    case .wakeUp:
      tasks.countTurn(at: step.task)
      wakeNext()
    case .cancellation:
      // What a cancellation handler makes belongs to the task that is cancelled.
      current = step.task
      cancellationCount += 1
      if let task = tasks.entries[step.task].living { troupe_cancel_task(task) }
      runInternalJobs()
      noteEnds()
    }
    return (nil, StepEffect())
  }

  private func run(_ index: Int) -> (place: UnsafeRawPointer?, effect: StepEffect) {
    let step = ready.remove(at: index)
    let job = jobs.remove(at: index)
    current = step.task
    resting = nil
    driver.pointee.awaits = 0
    tasks.countTurn(at: step.task)
    let before = (arrivals: arrivals, sleeps: sleeps.count, queues: rules.followsEnds ? queueStates() : [])
    switch job.kind {
    case .task, .actorQueue: job.job.runSynchronously(on: lane.asUnownedTaskExecutor())
    case .main:
      job.job.runSynchronously(
        isolatedTo: executors.mainLane.asUnownedSerialExecutor(), taskExecutor: lane.asUnownedTaskExecutor())
    case .rest(let resume):
      (driver.pointee.admitted_actor, driver.pointee.admitted_resume) = (nil, resume)
      job.job.runSynchronously(
        isolatedTo: executors.gate.asUnownedSerialExecutor(), taskExecutor: lane.asUnownedTaskExecutor())
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
    guard rules.followsEnds else { return (job.place, StepEffect()) }
    var effect = StepEffect(arrivals: before.arrivals..<arrivals, isGlobal: sleeps.count > before.sleeps)
    if case .actorQueue = job.kind { effect.isGlobal = true }
    let entry = tasks.entries[step.task]
    let ended = noteEnds()
    if ended == [step.task], let maker = entry.maker, entry.isInGroup || entry.isAsyncLet {
      (effect.endsChildOf, effect.endsInGroup) = (tasks.entries[maker].key, entry.isInGroup)
    } else if !ended.isEmpty {
      effect.isGlobal = true
    }
    effect.queues = queueStates().filter { state in !before.queues.contains { $0 == state } }.map(\.key)
    return (job.place, effect)
  }

  /// The actors in whose queues something waits, by their keys, with a number that changes when more is put there.
  private func queueStates() -> [(key: UInt64, state: UInt)] {
    zip(ready, jobs).compactMap { step, job in
      guard case .actorQueue(let actor) = job.kind else { return nil }
      return (step.actorKey, JobMemory.stateOfQueue(at: actor))
    }
  }

  /// Returns the places of the tasks that have ended.
  @discardableResult
  private func noteEnds() -> [Int] {
    let (places, released) = tasks.noteEnds()
    for task in released { task.release() }
    return places
  }

  private func runInternalJobs() {
    var next = 0
    while next < internalJobs.count {
      internalJobs[next].runSynchronously(on: lane.asUnownedTaskExecutor())
      next += 1
    }
    internalJobs.removeAll(keepingCapacity: true)
  }

  /// Goes on to the end of the earliest sleep, and ends every sleep of that instant. Returns false if nothing sleeps.
  @discardableResult
  func wakeNext() -> Bool {
    guard let end = sleeps.nextEnd else { return false }
    driver.pointee.now = max(driver.pointee.now, end)
    internalJobs.append(contentsOf: sleeps.take(endingAt: end))
    runInternalJobs()
    return true
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
