#if canImport(Runtime)
  import Runtime
#endif

/// The state of one episode.
///
/// One thread at a time uses it, and no access spans a call out of Messaging. So the run-time checks for exclusive
/// access, which took 5 % of a replay, are off here. The debug tests run with these checks on everywhere else.
// Sendable unchecked: only the thread that drives the episode touches it; actors' jobs run on that thread too.
final class EpisodeCore: @unchecked Sendable {
  /// The part of an actor's state that every message touches, kept as small as possible.
  struct Seat {
    var receiver: any AnyReceiver
    /// The type of the messages that the actor receives.
    var messageType = ObjectIdentifier(Never.self)
    var held: [Held] = []
    var lane: Lane
    var waitingMessages: Int32 = 0
    var runningHandlers: Int32 = 0
    /// The number of times the actor has crashed.
    var incarnation: Int32 = 0
    /// The number of the actor's path among the names of the trail; negative until it has one.
    var name: Int32 = -1
    var isStopped = false
    /// Whether the actor has crashed and has not been started again.
    var isDown = false
    /// Whether messages wait until the handler has returned.
    var isSerial = false
  }

  /// The rest of an actor's state.
  struct SeatDetails {
    var path: String
    /// Starts another incarnation; `nil` if actors cannot crash.
    var revive: ((EpisodeCore) -> any AnyReceiver)?
    var persisted: (any Sendable)?
    var streams: [(name: String, stream: SeededStream)] = []
    /// The tasks that run the actor's handlers. They are only compared.
    var handlers: [UInt] = []
  }

  /// A message that waits until the handler has returned, with its sender.
  struct Held {
    var parcel: Parcel
    var sender: Int
  }

  let limits: EpisodeLimits
  let rules: EpisodeRules
  let jobs: JobQueue
  /// Whether messages are encoded for a record.
  let isRecorded: Bool

  // The past, and what is scheduled.
  /// The seed of the current segment. A fork changes it.
  @exclusivity(unchecked) var seed: UInt64
  @exclusivity(unchecked) var strategy: any Strategy
  /// Whether the strategy is `fifo`, so that the oldest event is taken without asking the strategy.
  let takesFirst: Bool
  /// Whether the strategy is told of every candidate.
  let isWatched: Bool
  @exclusivity(unchecked) var queue: EventQueue
  @exclusivity(unchecked) var trail = TrailWriter()
  /// How many events have happened.
  @exclusivity(unchecked) var eventCount = 0
  @exclusivity(unchecked) var choices: [EpisodePlan.Choice] = []
  @exclusivity(unchecked) var jobOrder: JobOrder
  @exclusivity(unchecked) var faults: FaultInjector
  /// The earliest time for later messages of each channel that has a delayed message.
  @exclusivity(unchecked) var channelReleases: [Int: Duration] = [:]
  @exclusivity(unchecked) var outcome: EpisodeStatus?
  @exclusivity(unchecked) var isClosed = false
  /// Is told what was ready before every event; `nil` if nobody wants to know.
  @exclusivity(unchecked) var observer: ((ReadyChoice) -> Void)?
  /// Whether later events have no effect, because the episode has an outcome or is closed.
  @exclusivity(unchecked) var isOver = false

  // The actors, and everything that waits.
  @exclusivity(unchecked) var seats: [Seat] = []
  @exclusivity(unchecked) var details: [SeatDetails] = []
  @exclusivity(unchecked) var paths: Set<String> = ["root"]
  @exclusivity(unchecked) var waits = Waits()
  @exclusivity(unchecked) var reachedMark: Int?
  /// The parcel type of each message type. The runtime would take ten times as long to find it.
  @exclusivity(unchecked) private var parcelTypes = IntegerTable<Parcel.Type>()
  /// The buffer in which payloads are encoded.
  @exclusivity(unchecked) var scratch = CBORWriter()

  /// The stream from which crashed incarnations draw.
  @exclusivity(unchecked) var ghosts: SeededStream
  /// Old incarnations, to which there should be no references any more.
  @exclusivity(unchecked) var crashed: [(path: String, actor: WeakActor)] = []
  /// The stack of the code where a task left the lanes, if one did and the platform can tell; it makes its text when asked.
  @exclusivity(unchecked) var escapeBacktrace: (() -> String?)?

  // What the episode repeats.
  /// The plan that decides from the beginning to the end; `nil` if the strategy decides.
  let plan: EpisodePlan?
  /// The history that a replay or fork repeats; `nil` for other episodes.
  let history: EpisodeHistory?
  /// The number of events that are repeated from the history.
  let sharedEvents: Int
  /// The number of repeated events that need no full comparison.
  let provenEvents: Int
  /// Whether there is a record or a plan to follow.
  let mayFollow: Bool
  /// Whether a fork follows the decisions of its history to the end. It does so if a plan made them, and if the fork keeps
  /// the seed: then it goes on as its history did, without chance (P3).
  let followsPlan: Bool
  /// Whether the episode ends where its history does.
  let isReplay: Bool
  /// The index of the history's next choice.
  @exclusivity(unchecked) var nextChoice = 0
  /// The index of the next segment. The last segment is the fork's own.
  @exclusivity(unchecked) var nextSegment = 1
  let segments: [EpisodeHistory.Segment]
  /// Messages that replace those of the history, as JSON, by event number.
  let replacements: [Int: String]
  /// Answers of the outside that replace those of the history.
  @exclusivity(unchecked) var replacedResults: [Int: ExternalResult] = [:]

  init(
    seed: UInt64, strategy: any Strategy, limits: EpisodeLimits, faults: FaultPlan, plan: EpisodePlan?,
    escapes: EscapeRule, isRecorded: Bool, granularity: Granularity
  ) {
    self.seed = seed
    self.strategy = plan == nil ? strategy : RecordedStrategy()
    takesFirst = plan == nil && strategy is FIFOStrategy
    isWatched = plan == nil && strategy.watchesCandidates
    queue = EventQueue(
      takesFirst: takesFirst, isRanked: isRecorded || plan != nil || strategy.choosesByRank,
      isWatched: isWatched)
    self.limits = limits
    // A plan with jobs says what is meant, whatever the caller says.
    rules = granularity == .awaits || plan?.jobs.isEmpty == false ? .awaits : .current
    jobOrder = JobOrder(seed: seed)
    self.plan = plan
    self.faults = FaultInjector(faults, seed: seed, recorded: plan?.faults)
    self.isRecorded = isRecorded
    jobs = JobQueue(escapes: escapes)
    history = nil
    mayFollow = plan != nil
    followsPlan = plan != nil
    sharedEvents = 0
    provenEvents = 0
    isReplay = false
    ghosts = SeededStream(seed: seed, name: "ghosts")
    segments = [.init(start: 0, seed: seed)]
    replacements = [:]
    watchForEscapes()
  }

  /// Repeats `history` to its end; a fork repeats it up to an event, and goes on under another seed.
  init(history: EpisodeHistory, fork: (event: Int, seed: UInt64, replacement: String?)?, escapes: EscapeRule)
  {
    let end = fork?.event ?? history.trail.count
    var segments = history.segments.filter { $0.start < end || $0.start == 0 }
    followsPlan = history.strategy == RecordedStrategy().name && segments.last?.seed == fork?.seed
    if let fork { segments.append(.init(start: fork.event, seed: fork.seed)) }
    self.segments = segments
    var replacements = history.replacements.filter { $0.key < end }
    if let fork { replacements[fork.event] = fork.replacement }
    self.replacements = replacements
    self.history = history
    mayFollow = true
    sharedEvents = end
    provenEvents = min(end, history.provenEvents)
    isReplay = fork == nil
    isRecorded = true
    seed = segments[0].seed
    ghosts = SeededStream(seed: seed, name: "ghosts")
    jobOrder = JobOrder(seed: seed)
    rules = history.rules
    strategy = RecordedStrategy.named(history.strategy, seed: seed, rules)
    takesFirst = strategy is FIFOStrategy
    isWatched = strategy.watchesCandidates
    queue = EventQueue(takesFirst: takesFirst, isRanked: true, isWatched: isWatched)
    limits = history.limits
    plan = nil
    faults = FaultInjector(history.faults, seed: seed, recorded: history.plan.faults)
    jobs = JobQueue(escapes: escapes)
    trail.reserve(like: history.trail)
    enterSegments()
    watchForEscapes()
  }

  private func watchForEscapes() {
    // The reference is not weak for the same reason as below. `close` removes the closure.
    if rules.choosesJobs {
      let gates = rules == .awaits && TaskGates.areAvailable ? TaskGates.borrow() : nil
      jobs.choices = JobChoices(gates: gates, of: jobs) { [unowned self] in chooseJob(among: $0) }
    }
    // The reference is not weak, because a weak one slows all reference counting. `close` removes the handler.
    jobs.onStray { [unowned self] path, rule in
      switch rule {
      case .adopt: adopt(path)
      case .fail:
        #if canImport(Runtime)
          let backtrace = try? Backtrace.capture()
          escapeBacktrace = { backtrace?.symbolicated()?.description }
        #endif
        fail(.escapedTask(path: path))
      }
    }
  }

  /// Records that a task which left the lanes was taken back.
  private func adopt(_ path: String) { record(.adoption, details.firstIndex { $0.path == path } ?? 0, "") }

  var now: Duration { queue.now }
  /// Whether the next event is one that the history holds.
  var isRepeating: Bool { eventCount < sharedEvents }

  /// Changes the seed at the event where a fork begins. Every stream goes on from its present position.
  func enterSegments() {
    while nextSegment < segments.count, segments[nextSegment].start == eventCount {
      seed = segments[nextSegment].seed
      strategy.reseed(seed)
      jobOrder.stream = jobOrder.stream.reseeded(seed)
      faults.reseed(seed)
      for seat in seats.indices {
        for index in details[seat].streams.indices {
          details[seat].streams[index].stream = details[seat].streams[index].stream.reseeded(seed)
        }
      }
      nextSegment += 1
    }
  }

  /// Adds an address for an actor. Its messages go nowhere until it has a receiver.
  func addSeat(_ path: String) -> Int {
    seats.append(Seat(receiver: NoReceiver.shared, lane: newLane(path)))
    details.append(SeatDetails(path: path))
    return seats.count - 1
  }

  /// Makes the lane of an actor.
  func newLane(_ path: String) -> Lane {
    Lane(queue: jobs, path: path, hasParts: jobs.choices?.gates != nil)
  }

  /// The reference of the running task; 0 if no task runs.
  private var runningTask: UInt {
    // An `UnsafeCurrentTask` is one reference, and comparing two of them takes twice as long as comparing references.
    withUnsafeCurrentTask { unsafeBitCast($0, to: UInt.self) }
  }

  /// Notes that the current task runs handlers of an actor.
  func begin(handlerOf seat: Int) -> UInt {
    let task = runningTask
    details[seat].handlers.append(task)
    return task
  }

  /// Notes that a task no longer runs handlers of an actor.
  func end(_ task: UInt, handlerOf seat: Int) {
    details[seat].handlers.removeAll { $0 == task }
  }

  /// Whether the current task runs a handler of this actor and is not cancelled.
  func isHandler(of seat: Int) -> Bool {
    // In older logs a crash's cancellations were events, and the record's choices count them.
    guard rules != .beforeVersion4, !Task.isCancelled else { return false }
    let task = runningTask
    return details[seat].handlers.contains(task)
  }

  /// Ends a wait with the next event, because its task was cancelled.
  func requestCancellation(of wait: Int, _ seat: Int) {
    guard !isOver, DrivingThread.queue === jobs else { return }
    queue.add(PendingEvent(.cancellation, from: seat, to: seat, wait: wait))
  }

  /// Makes a parcel that holds `message`.
  func parcel<M: Message>(_ message: M) -> Parcel {
    // An address, which differs between processes. It is only looked up, so that no order depends on it (P1).
    let key = Int(bitPattern: ObjectIdentifier(M.self))
    if let type = parcelTypes[key] {
      // The type that was inserted at this key, below.
      return unsafeBitCast(type, to: MessageParcel<M>.Type.self).make(message)
    }
    parcelTypes.insert(MessageParcel<M>.self, at: key)
    return MessageParcel(message)
  }

  /// Draws the next number of an actor's stream `name`.
  func draw(_ name: String, for seat: Int) -> UInt64 {
    let place =
      details[seat].streams.firstIndex { $0.name == name }
      ?? {
        let stream = SeededStream(seed: seed, path: details[seat].path, name: name)
        details[seat].streams.append((name, stream))
        return details[seat].streams.count - 1
      }()
    return details[seat].streams[place].stream.next()
  }

  /// Notes that a handler of an actor has returned.
  func handlerEnded(_ seat: Int, incarnation: Int32) {
    guard seats[seat].incarnation == incarnation else { return }
    seats[seat].runningHandlers -= 1
    guard !seats[seat].held.isEmpty, !isOver else { return }
    start(seats[seat].held.removeFirst().parcel, at: seat)
  }

  /// Gives a message to an actor's handler now.
  func start(_ parcel: Parcel, at seat: Int) {
    seats[seat].waitingMessages -= 1
    seats[seat].runningHandlers += 1
    parcel.deliver(to: seats[seat].receiver)
  }

  // MARK: The end

  func fail(_ error: EpisodeError) {
    guard !isOver else { return }
    record(.failure, 0, "\(error)")
    end(.failed(error))
  }

  /// Sets the outcome, unless there is one.
  func end(_ status: EpisodeStatus) {
    guard !isOver else { return }
    outcome = status
    isOver = true
  }

  /// The error that an episode has when no event is left.
  var diagnosis: EpisodeError {
    let asks = waits.openAsks
    guard asks.isEmpty else {
      return .deadlock(
        asks.map { .init(waiter: details[$0.asker].path, awaited: details[$0.awaited].path) })
    }
    if let seat = seats.firstIndex(where: { $0.runningHandlers > 0 }) {
      return .waitsOutsideSimulation(path: details[seat].path)
    }
    return .nothingLeftToHappen
  }

  /// The path of the actor to which most events happened.
  var busiest: String {
    var counts: [String: Int] = [:]
    for event in trail.trail.events { counts[event.subject, default: 0] += 1 }
    return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? "root"
  }

  /// Ends everything that waits, and runs the remaining jobs without recording.
  func close() {
    guard !isClosed else { return }
    isClosed = true
    isOver = true
    jobs.drive(release)
    jobs.choices?.close()
    jobs.choices = nil
  }

  private func release() {
    for seat in seats { seat.receiver.dismiss() }
    if jobs.runUntilQuiet() != nil { jobs.abandon() }
    // A handler that was released may wait again, which fails at once. Only marks need more than one round.
    while !waits.isEmpty {
      for wait in waits.drain() { wait.resume(throwing: EpisodeEnded()) }
      if jobs.runUntilQuiet() != nil { jobs.abandon() }
    }
    queue = EventQueue(takesFirst: true)
    // A lane holds a reference to the queue of jobs.
    jobs.strayLane = nil
    jobs.onStray { _, _ in }
    // Actors hold the core through their contexts, so their references are dropped.
    for seat in seats.indices {
      seats[seat].receiver = NoReceiver.shared
      seats[seat].lane.parts = nil
      details[seat].revive = nil
      seats[seat].held = []
    }
  }
}
