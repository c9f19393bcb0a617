import Runtime

/// The state of one episode.
///
/// One thread at a time touches it, and no access spans a call out of Messaging: so the checks for exclusive access
/// at run time, which took 5 % of a replay, are off; the debug tests run with them on for everything else.
// Sendable unchecked: only the thread that drives the episode touches it; actors' jobs run on that thread too.
final class EpisodeCore: @unchecked Sendable {
  /// What belongs to an address: what every message touches, in as little memory as can be.
  struct Seat {
    var receiver: any AnyReceiver
    /// Of the messages it receives.
    var messageType = ObjectIdentifier(Never.self)
    var held: [Held] = []
    var lane: Lane
    var waitingMessages: Int32 = 0
    var runningHandlers: Int32 = 0
    /// How often it has crashed.
    var incarnation: Int32 = 0
    /// The number of its path among the names of the trail; negative until it has one.
    var name: Int32 = -1
    var isStopped = false
    /// Whether it has crashed and was not started again.
    var isDown = false
    /// Whether messages wait until the handler has returned.
    var isSerial = false
  }

  /// What else belongs to an address.
  struct SeatDetails {
    var path: String
    /// Starts another incarnation; kept only where actors can crash.
    var revive: ((EpisodeCore) -> any AnyReceiver)?
    var persisted: (any Sendable)?
    var streams: [(name: String, stream: SeededStream)] = []
    /// The tasks that run its handlers; compared only.
    var handlers: [UInt] = []
  }

  /// A message that waits until the handler has returned, and who sent it.
  struct Held {
    var parcel: Parcel
    var sender: Int
  }

  let limits: EpisodeLimits
  let rules: EpisodeRules
  let jobs: JobQueue
  /// Whether messages are encoded for a record.
  let isRecorded: Bool

  // What was and will be.
  /// Of the segment that runs; a fork changes it.
  @exclusivity(unchecked) var seed: UInt64
  @exclusivity(unchecked) var strategy: any Strategy
  /// Whether the strategy is `fifo`, which need not be asked.
  let takesFirst: Bool
  /// Whether the strategy is told of every candidate.
  let isWatched: Bool
  @exclusivity(unchecked) var queue: EventQueue
  @exclusivity(unchecked) var trail = TrailWriter()
  /// How many events have happened.
  @exclusivity(unchecked) var eventCount = 0
  @exclusivity(unchecked) var choices: [EpisodeRecord.Choice] = []
  @exclusivity(unchecked) var faults: FaultInjector
  /// Of each channel with a delayed message: no later one arrives before.
  @exclusivity(unchecked) var channelReleases: [Int: Duration] = [:]
  @exclusivity(unchecked) var outcome: EpisodeStatus?
  @exclusivity(unchecked) var isClosed = false
  /// Whether nothing that happens counts any more: it has an outcome or is closed.
  @exclusivity(unchecked) var isOver = false

  // Who is there and what waits.
  @exclusivity(unchecked) var seats: [Seat] = []
  @exclusivity(unchecked) var details: [SeatDetails] = []
  @exclusivity(unchecked) var paths: Set<String> = ["root"]
  @exclusivity(unchecked) var waits = Waits()
  @exclusivity(unchecked) var reachedMark: Int?
  /// The type of the parcels of each type of message: the runtime takes ten times as long to find it.
  @exclusivity(unchecked) private var parcelTypes = IntegerTable<Parcel.Type>()
  /// For payloads.
  @exclusivity(unchecked) var scratch = CBORWriter()

  /// What crashed incarnations draw from.
  @exclusivity(unchecked) var ghosts: SeededStream
  /// Old incarnations, which nobody should hold any more.
  @exclusivity(unchecked) var crashed: [(path: String, actor: WeakActor)] = []
  /// Where a task left the lanes, if one did.
  @exclusivity(unchecked) var escapeBacktrace: Backtrace?

  // What is repeated.
  /// What is followed where it is free to choose, from the beginning to the end; `nil` for one that chooses.
  let plan: EpisodePlan?
  /// `nil` for an episode that is no replay or fork.
  let history: EpisodeHistory?
  /// How many events of the history are repeated.
  let sharedEvents: Int
  /// How many of those need no full comparison.
  let provenEvents: Int
  /// Whether there is a record or a plan to follow.
  let mayFollow: Bool
  /// Whether the episode ends where its history does.
  let isReplay: Bool
  /// The choice of the history that comes next.
  @exclusivity(unchecked) var nextChoice = 0
  /// The segment of the history that comes next; the last is the fork's own.
  @exclusivity(unchecked) var nextSegment = 1
  let segments: [EpisodeHistory.Segment]
  /// Messages that take the place of others, as JSON, by event.
  let replacements: [Int: String]
  /// Answers of the outside that take the place of the history's.
  @exclusivity(unchecked) var replacedResults: [Int: ExternalResult] = [:]

  init(
    seed: UInt64, strategy: any Strategy, limits: EpisodeLimits, faults: FaultPlan, plan: EpisodePlan?,
    escapes: EscapeRule, isRecorded: Bool
  ) {
    self.seed = seed
    self.strategy = plan == nil ? strategy : RecordedStrategy()
    takesFirst = plan == nil && strategy is FIFOStrategy
    isWatched = plan == nil && strategy.watchesCandidates
    queue = EventQueue(
      takesFirst: takesFirst, isRanked: isRecorded || plan != nil || strategy.choosesByRank,
      isWatched: isWatched)
    self.limits = limits
    rules = .current
    self.plan = plan
    self.faults = FaultInjector(faults, seed: seed, recorded: plan?.faults)
    self.isRecorded = isRecorded
    jobs = JobQueue(escapes: escapes)
    history = nil
    mayFollow = plan != nil
    sharedEvents = 0
    provenEvents = 0
    isReplay = false
    ghosts = SeededStream(seed: seed, name: "ghosts")
    segments = [.init(start: 0, seed: seed)]
    replacements = [:]
    watchForEscapes()
  }

  /// Repeats `history` to its end, or, as a fork, up to an event and then goes on under another seed.
  init(history: EpisodeHistory, fork: (event: Int, seed: UInt64, replacement: String?)?, escapes: EscapeRule)
  {
    let end = fork?.event ?? history.trail.count
    var segments = history.segments.filter { $0.start < end || $0.start == 0 }
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
    strategy = RecordedStrategy.named(history.strategy, seed: seed)
    takesFirst = strategy is FIFOStrategy
    isWatched = strategy.watchesCandidates
    queue = EventQueue(takesFirst: takesFirst, isRanked: true, isWatched: isWatched)
    limits = history.limits
    rules = history.rules
    plan = nil
    faults = FaultInjector(history.faults, seed: seed, recorded: history.plan.faults)
    jobs = JobQueue(escapes: escapes)
    trail.reserve(like: history.trail)
    enterSegments()
    watchForEscapes()
  }

  private func watchForEscapes() {
    // Not weak, as a weak reference makes every other one slow to count; the handler goes when the episode is closed.
    jobs.onStray { [unowned self] path, rule in
      switch rule {
      case .adopt: adopt(path)
      case .fail:
        escapeBacktrace = try? Backtrace.capture()
        fail(.escapedTask(path: path))
      }
    }
  }

  /// Notes that a task which left the lanes was taken back.
  private func adopt(_ path: String) { record(.adoption, details.firstIndex { $0.path == path } ?? 0, "") }

  var now: Duration { queue.now }
  /// Whether what happens has happened before.
  var isRepeating: Bool { eventCount < sharedEvents }

  /// Changes the seed where a fork begins; every stream goes on where it stands.
  func enterSegments() {
    while nextSegment < segments.count, segments[nextSegment].start == eventCount {
      seed = segments[nextSegment].seed
      strategy.reseed(seed)
      faults.reseed(seed)
      for seat in seats.indices {
        for index in details[seat].streams.indices {
          details[seat].streams[index].stream = details[seat].streams[index].stream.reseeded(seed)
        }
      }
      nextSegment += 1
    }
  }

  /// Adds an actor's address, whose messages go nowhere yet.
  func addSeat(_ path: String) -> Int {
    seats.append(Seat(receiver: NoReceiver.shared, lane: Lane(queue: jobs, path: path)))
    details.append(SeatDetails(path: path))
    return seats.count - 1
  }

  /// Which task runs now; 0 if none does.
  private var runningTask: UInt {
    // A reference is all there is of an `UnsafeCurrentTask`; to compare two of those takes twice as long.
    withUnsafeCurrentTask { unsafeBitCast($0, to: UInt.self) }
  }

  /// Notes that the task that runs now runs handlers of an actor.
  func begin(handlerOf seat: Int) -> UInt {
    let task = runningTask
    details[seat].handlers.append(task)
    return task
  }

  /// Notes that it no longer does.
  func end(_ task: UInt, handlerOf seat: Int) {
    details[seat].handlers.removeAll { $0 == task }
  }

  /// Whether the task that runs now is a handler's own of this actor, and is not cancelled.
  func isHandler(of seat: Int) -> Bool {
    // In older logs, the cancellations of a crash were events that the record's choices count.
    guard rules == .current, !Task.isCancelled else { return false }
    let task = runningTask
    return details[seat].handlers.contains(task)
  }

  /// Has a wait end with the next event, because its task was cancelled.
  func requestCancellation(of wait: Int, _ seat: Int) {
    guard !isOver, DrivingThread.queue === jobs else { return }
    queue.add(PendingEvent(.cancellation, from: seat, to: seat, wait: wait))
  }

  /// A parcel with `message` in it.
  func parcel<M: Message>(_ message: M) -> Parcel {
    let key = Int(bitPattern: ObjectIdentifier(M.self))
    if let type = parcelTypes[key] {
      // What was inserted at this key.
      return unsafeBitCast(type, to: MessageParcel<M>.Type.self).make(message)
    }
    parcelTypes.insert(MessageParcel<M>.self, at: key)
    return MessageParcel(message)
  }

  /// The next draw of the stream `name` of an actor.
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

  /// Lets an actor handle a message now.
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

  /// Sets the outcome, if there is none yet.
  func end(_ status: EpisodeStatus) {
    guard !isOver else { return }
    outcome = status
    isOver = true
  }

  /// What it means that no event is left.
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

  /// The actor to which most has happened.
  var busiest: String {
    var counts: [String: Int] = [:]
    for event in trail.trail.events { counts[event.subject, default: 0] += 1 }
    return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? "root"
  }

  /// Releases everything that waits, and lets it run out, unlogged.
  func close() {
    guard !isClosed else { return }
    isClosed = true
    isOver = true
    jobs.drive(release)
  }

  private func release() {
    for seat in seats { seat.receiver.dismiss() }
    if jobs.runUntilQuiet() != nil { jobs.abandon() }
    // A released handler may wait again, which then fails at once; so one round is enough, the loop is for marks.
    while !waits.isEmpty {
      for wait in waits.drain() { wait.resume(throwing: EpisodeEnded()) }
      if jobs.runUntilQuiet() != nil { jobs.abandon() }
    }
    queue = EventQueue(takesFirst: true)
    // Lanes hold the queue of jobs.
    jobs.strayLane = nil
    jobs.onStray { _, _ in }
    // Actors hold the core through their contexts: let go of them.
    for seat in seats.indices {
      seats[seat].receiver = NoReceiver.shared
      details[seat].revive = nil
      seats[seat].held = []
    }
  }
}
