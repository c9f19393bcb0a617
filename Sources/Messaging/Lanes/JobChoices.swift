import CTaskHooks

/// The jobs of an episode where their order is chosen, and the choice among them.
///
/// With gates, a job is a part of a task from one await to the next, also where the task enters a plain actor or the actor to
/// which it belongs. Without, which is how older logs were recorded, plain actors run what waits at them in one go.
// Only the thread that drives the episode uses it.
final class JobChoices {
  /// The way in which a job has to be run.
  enum Way {
    /// The job runs in the isolation of the lane's actor.
    case isolated
    /// On no actor, for a task that prefers the lane; so runs the queue of a plain actor, too.
    case part
    /// As `part`, for a task that left the lanes.
    case stray
    /// The task is at the gate of a plain actor, `nil` if it only rests, and goes on at `resume`.
    case entry(actor: UnsafeRawPointer?, resume: UnsafeRawPointer)
  }
  struct Job {
    var job: UnownedJob
    /// Retained until the job has run.
    var lane: Unmanaged<Lane>
    var way: Way
    /// Whether the job's task left the lanes, as a detached one does.
    var isStray = false
  }

  let gates: TaskGates?
  /// The jobs that are ready, the oldest first, and the task of each. Tasks are numbered in the order in which they come up.
  private(set) var ready: [Job] = []
  private(set) var tasks: [Int] = []
  /// The queue of the actor that a task enters now.
  private var opened: Job?
  /// Whether a plain actor ran something else than a task that came from the gate. What a `Task` of its own or a continuation puts into an
  /// actor's queue keeps its order, out of sight.
  private(set) var sawActorQueue = false
  /// How many tasks entered a plain actor, and how many jobs were chosen.
  private(set) var (entryCount, chosenCount) = (0, 0)
  private let choose: ([Int]) -> Int
  /// The number of the task that runs, or ran last.
  private var current = 0
  private var numbers: [UInt32: Int] = [:]
  private var memory: [UnsafeRawPointer: Int] = [:]
  /// The number of the first task, as the runtime counts them.
  private var firstTask: UInt32?

  /// Makes an empty list. `choose` gets the task of each job that is ready, the oldest first, and returns the place of the next.
  init(gates: TaskGates?, of queue: JobQueue, choose: @escaping ([Int]) -> Int) {
    (self.gates, self.choose) = (gates, choose)
    gates?.stray.queue.withLock { $0 = queue }
  }

  func add(_ job: Job) {
    let memory = JobMemory(job.job)
    if let gates, memory.isActorQueue {
      if memory.actor == gates.driver.pointee.admitted_actor {
        gates.driver.pointee.admitted_actor = nil
        opened = job
        return
      }
      sawActorQueue = true
    }
    guard let task = number(of: memory) else { return job.lane.release() }
    ready.append(job)
    tasks.append(task)
  }

  /// Returns the number of a job's task; `nil` for a task that an earlier episode left, whose job never runs.
  private func number(of job: JobMemory) -> Int? {
    guard gates != nil else { return 0 }
    guard job.isTask else {
      let first = job.isActorQueue ? JobMemory.queued(at: job.actor, among: memory) : nil
      return first.flatMap { numbers[$0.taskNumber] } ?? current
    }
    // The runtime numbers tasks in ascending order.
    let first = firstTask ?? job.taskNumber
    firstTask = first
    guard job.taskNumber &- first < 1 << 31 else { return nil }
    let number = numbers[job.taskNumber] ?? numbers.count
    numbers[job.taskNumber] = number
    memory[job.task] = number
    return number
  }

  /// Adds a task that is about to enter a plain actor, or that rests.
  func arrive(_ job: UnownedJob, on lane: Lane, isStray: Bool) {
    // The hook has set both before it let the task go to the gate.
    guard let driver = gates?.driver.pointee, let resume = driver.arriving_resume else { return }
    if driver.arriving_actor != nil { entryCount += 1 }
    add(
      Job(
        job: job, lane: .passRetained(lane), way: .entry(actor: driver.arriving_actor, resume: resume),
        isStray: isStray))
  }

  /// Takes the job that is chosen out of the list, which is not empty.
  func takeNext() -> Job {
    let index = choose(tasks)
    chosenCount += 1
    current = tasks.remove(at: index)
    return ready.remove(at: index)
  }

  func run(_ job: Job) {
    gates?.driver.pointee.runs = 0
    let isEntry = if case .entry(.some, _) = job.way { true } else { false }
    perform(job)
    // A task that enters an actor is let run twice: at the gate, and in the actor.
    if let gates, gates.driver.pointee.runs > (isEntry ? 2 : 1) { sawActorQueue = true }
  }

  private func perform(_ job: Job) {
    let lane = job.lane.takeUnretainedValue()
    let executor = (job.isStray ? gates?.stray.asUnownedTaskExecutor() : lane.parts?.asUnownedTaskExecutor())
    let preferred = executor ?? lane.asUnownedTaskExecutor()
    gates?.driver.pointee.awaits = 0
    switch job.way {
    case .isolated:
      job.job.runSynchronously(isolatedTo: lane.asUnownedSerialExecutor(), taskExecutor: preferred)
    case .part, .stray:
      job.job.runSynchronously(on: preferred)
    case .entry(let actor, let resume):
      guard let gates else { break }
      (gates.driver.pointee.admitted_actor, gates.driver.pointee.admitted_resume) = (actor, resume)
      job.job.runSynchronously(isolatedTo: gates.gate.asUnownedSerialExecutor(), taskExecutor: preferred)
      gates.driver.pointee.admitted_actor = nil
      if let queue = opened {
        opened = nil
        perform(queue)
      }
    }
    job.lane.release()
  }

  /// Forgets the remaining jobs.
  func abandon() {
    for job in ready { job.lane.release() }
    (ready, tasks) = ([], [])
  }

  func close() { gates?.giveBack() }
}
