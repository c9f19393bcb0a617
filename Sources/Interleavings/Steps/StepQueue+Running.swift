import CInterleaving
import Messaging

extension StepQueue {
  /// Does what was chosen among ``options()``, with what the runtime does at once. Returns where the code of a part is.
  func perform(_ step: ReadyStep) -> (place: UnsafeRawPointer?, effect: StepEffect) {
    let before = arrivals
    (running, partCount) = (partCount, partCount + 1)
    defer { running = nil }
    switch step.kind {
    case .part:
      guard let index = ready.firstIndex(where: { $0.number == step.number }) else { break }
      return run(index)
    case .wakeUp:
      resting = nil
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
    return (nil, StepEffect(arrivals: before..<arrivals))
  }

  private func run(_ index: Int) -> (place: UnsafeRawPointer?, effect: StepEffect) {
    let step = ready.remove(at: index)
    let job = jobs.remove(at: index)
    current = step.task
    resting = nil
    driver.pointee.tasks.awaits = 0
    tasks.countTurn(at: step.task)
    noteLastPart(of: step.task, at: job.place)
    let before = (arrivals: arrivals, sleeps: sleeps.count, queues: rules.followsEnds ? queueStates() : [])
    switch job.kind {
    case .task, .actorQueue: job.job.runSynchronously(on: lane.asUnownedTaskExecutor())
    case .main:
      job.job.runSynchronously(
        isolatedTo: executors.mainLane.asUnownedSerialExecutor(), taskExecutor: lane.asUnownedTaskExecutor())
    case .rest(let resume):
      (driver.pointee.tasks.admitted_actor, driver.pointee.tasks.admitted_resume) = (nil, resume)
      job.job.runSynchronously(
        isolatedTo: executors.gate.asUnownedSerialExecutor(), taskExecutor: lane.asUnownedTaskExecutor())
    case .entry(let actor, let resume):
      (driver.pointee.tasks.admitted_actor, driver.pointee.tasks.admitted_resume) = (actor, resume)
      job.job.runSynchronously(
        isolatedTo: executors.gate.asUnownedSerialExecutor(), taskExecutor: lane.asUnownedTaskExecutor())
      driver.pointee.tasks.admitted_actor = nil
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
}
