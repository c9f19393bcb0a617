/// The state of one episode, and what each event does to it.
// Sendable unchecked: only the thread that drives the episode touches it; actors' jobs run on that thread too.
final class EpisodeCore: @unchecked Sendable {
  enum Occurrence: Sendable {
    case delivery(from: Int, seat: Int, any AnyDelivery)
    case reply(from: Int, ask: Int, value: any Message)
    case deadline(ask: Int)
    case timer(Int)
    case completion(external: Int, ExternalResult)
    case mark(Int, name: String)
  }

  struct Seat {
    var path: String
    var lane: Lane
    var isStopped = false
    var waitingMessages = 0
    var runningHandlers = 0
  }

  struct AskWait {
    var asker: Int
    var awaited: Int
    var continuation: UnsafeContinuation<any Message, any Error>
  }

  struct ExternalWait {
    var seat: Int
    var start: Duration
    var call: ExternalCall
    /// `nil` until the driver first says.
    var unitsSoFar: Int?
    /// The place of its completion among events of equal time.
    var number: Int
    var isServed = false
    var continuation: UnsafeContinuation<ExternalResult, any Error>
  }

  /// Of the segment that runs; a fork changes it.
  private(set) var seed: UInt64
  let limits: EpisodeLimits
  let jobs: JobQueue
  /// What is repeated before the episode goes its own way; `nil` for one that is not a replay or fork.
  let history: EpisodeHistory?
  /// How many events of the history are repeated.
  let sharedEvents: Int
  /// Whether the episode ends where its history does.
  let isReplay: Bool
  /// Whether messages are encoded for a record.
  let isRecorded: Bool
  private(set) var strategy: any Strategy
  /// Whether the strategy is `fifo`, which need not be asked.
  private let takesFirst: Bool
  var queue = EventQueue<Occurrence>()
  var now = Duration.zero
  var seats: [Seat] = []
  /// One for each seat.
  var receivers: [any AnyReceiver] = []
  var streams: [String: SeededStream] = [:]
  var events: [EventRecord] = []
  /// Still to happen.
  var drops: [Drop]
  /// As they were given.
  let scriptedDrops: [Drop]
  private(set) var outcome: EpisodeStatus?
  private(set) var isClosed = false
  /// Whether nothing that happens counts any more: it has an outcome or is closed.
  private(set) var isOver = false
  private(set) var choices: [EpisodeRecord.Choice] = []
  /// Answers of the outside that the history holds, by call: what was asked before a fork is answered as it was.
  private let recordedResults: [Int: ExternalResult]
  /// The choice of the history that comes next.
  private var nextChoice = 0
  /// The segment of the history that comes next; the last is the fork's own.
  private var nextSegment = 1
  private let segments: [EpisodeHistory.Segment]
  private(set) var nextWait = 0
  var paths: Set<String> = ["root"]
  var asks: [Int: AskWait] = [:]
  var timers: [Int: (seat: Int, continuation: UnsafeContinuation<Void, any Error>)] = [:]
  var marks: [Int: UnsafeContinuation<Void, Never>] = [:]
  var externals: [Int: ExternalWait] = [:]
  var reachedMark: Int?

  init(
    seed: UInt64, strategy: any Strategy, limits: EpisodeLimits, drops: [Drop], escapes: EscapeRule,
    isRecorded: Bool
  ) {
    self.seed = seed
    self.strategy = strategy
    takesFirst = strategy is FIFOStrategy
    self.limits = limits
    self.drops = drops
    scriptedDrops = drops
    self.isRecorded = isRecorded
    jobs = JobQueue(escapes: escapes)
    history = nil
    sharedEvents = 0
    isReplay = false
    recordedResults = [:]
    segments = [.init(start: 0, seed: seed)]
    watchForEscapes()
  }

  /// Repeats `history` to its end, or, as a fork, up to an event and then goes on under another seed.
  init(history: EpisodeHistory, fork: (event: Int, seed: UInt64)?, escapes: EscapeRule) {
    let end = fork?.event ?? history.events.count
    var segments = history.segments.filter { $0.start < end || $0.start == 0 }
    if let fork { segments.append(.init(start: fork.event, seed: fork.seed)) }
    self.segments = segments
    self.history = history
    sharedEvents = end
    isReplay = fork == nil
    isRecorded = true
    seed = segments[0].seed
    strategy =
      switch history.strategy {
      case "fifo": FIFOStrategy()
      case "random": RandomStrategy(seed: seed)
      default: RecordedStrategy(name: history.strategy)
      }
    takesFirst = strategy is FIFOStrategy
    limits = history.limits
    drops = history.drops
    scriptedDrops = history.drops
    jobs = JobQueue(escapes: escapes)
    recordedResults = Dictionary(
      history.events.lazy.filter { $0.kind == .completion }
        .map { ($0.call, ExternalResult(bytes: $0.payload, units: $0.units)) },
      uniquingKeysWith: { first, _ in first })
    enterSegments()
    watchForEscapes()
  }

  private func watchForEscapes() {
    jobs.onStray { [weak self] path, rule in
      switch rule {
      case .adopt: self?.adopt(path)
      case .fail: self?.fail(.escapedTask(path: path))
      }
    }
  }

  /// Whether what happens has happened before.
  var isRepeating: Bool { events.count < sharedEvents }

  /// What the history has to say to call `id`.
  func recordedResult(of id: Int) -> ExternalResult? { recordedResults[id] }

  /// Changes the seed where a fork begins; every stream goes on where it stands.
  private func enterSegments() {
    while nextSegment < segments.count, segments[nextSegment].start == events.count {
      seed = segments[nextSegment].seed
      strategy.reseed(seed)
      for (name, stream) in streams { streams[name] = stream.reseeded(seed, name: name) }
      nextSegment += 1
    }
  }

  /// Ends external call `id`; its answer arrives when its units have taken their time, and never in the past.
  func complete(_ id: Int, _ result: ExternalResult) {
    guard let wait = externals[id], !wait.isServed else { return }
    externals[id]?.isServed = true
    queue.add(
      at: max(now, wait.start + wait.call.latencyPerUnit * result.units), number: wait.number,
      .completion(external: id, result))
  }

  func newWait() -> Int {
    defer { nextWait += 1 }
    return nextWait
  }

  /// Notes an event; nothing that comes after the outcome is noted.
  func record(
    _ kind: EventRecord.Kind, _ seat: Int, _ name: String, peer: String = "", payload: [UInt8] = [],
    call: Int = 0, units: Int = 0
  ) {
    guard !isOver else { return }
    let event = EventRecord(
      number: events.count, time: now, kind: kind, subject: seats[seat].path, peer: peer,
      name: name, payload: payload,
      call: call, units: units)
    if isRepeating || isReplay {
      let expected = isRepeating ? history?.events[events.count] : nil
      guard event == expected else {
        diverge(from: expected, got: event.description)
        return
      }
    }
    events.append(event)
    enterSegments()
  }

  /// Notes what became of a message; `encode` is called if its bytes matter.
  func record(
    _ kind: EventRecord.Kind, _ seat: Int, message name: String, from sender: Int,
    encode: () throws -> [UInt8]
  ) {
    guard !isOver else { return }
    guard isRecorded else { return record(kind, seat, name, peer: seats[sender].path) }
    if let history, events.count < min(sharedEvents, history.provenEvents) {
      return repeatProven(kind, seat, name, history.events[events.count])
    }
    do {
      record(kind, seat, name, peer: seats[sender].path, payload: try encode())
    } catch {
      fail(.unencodable(name: name, error: "\(error)"))
    }
  }

  private func record(_ kind: EventRecord.Kind, _ seat: Int, _ message: any Message, from sender: Int) {
    record(kind, seat, message: type(of: message).messageName, from: sender) {
      try message.encoded
    }
  }

  /// Repeats a message that is known to repeat, without encoding it.
  private func repeatProven(_ kind: EventRecord.Kind, _ seat: Int, _ name: String, _ expected: EventRecord) {
    guard
      (expected.kind, expected.time, expected.name, expected.subject) == (kind, now, name, seats[seat].path)
    else { return diverge(from: expected, got: "\(kind) of \(name) to \(seats[seat].path)") }
    events.append(expected)
    enterSegments()
  }

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

  private func diverge(from expected: EventRecord?, got: String) {
    end(.failed(.diverged(ReplayDivergence(event: events.count, expected: expected, got: got))))
  }

  /// Reports that the history has another event, and this episode none.
  func divergeIfRepeating(got: String) {
    if !isOver, isRepeating { diverge(from: history?.events[events.count], got: got) }
  }

  /// No event at this time or later may run before the externals have got further.
  var bound: Duration? {
    // What the history shows happened before those calls ended.
    guard !isRepeating else { return nil }
    return externals.values.lazy.filter { !$0.isServed }
      .map { $0.start + $0.call.latencyPerUnit * (($0.unitsSoFar ?? 0) + 1) }.min()
  }

  /// Takes and performs the next event; returns false if it is the mark called `checkpoint`.
  func performNext(pausingAt checkpoint: String?) -> Bool {
    let event = takesFirst ? queue.takeFirst() : queue.take(choosing: choose)
    guard let event else { return true }
    now = event.time
    switch event.payload {
    case .delivery(let sender, let seat, let delivery):
      seats[seat].waitingMessages -= 1
      let kind: EventRecord.Kind = seats[seat].isStopped ? .deadLetter : .delivery
      record(kind, seat, message: delivery.name, from: sender, encode: delivery.encoded)
      if kind == .delivery {
        seats[seat].runningHandlers += 1
        delivery.start()
      }
    case .reply(let sender, let ask, let value):
      if let wait = asks.removeValue(forKey: ask) {
        record(.reply, wait.asker, value, from: sender)
        wait.continuation.resume(returning: value)
      } else {
        record(.deadLetter, 0, value, from: sender)
      }
    case .deadline(let ask):
      if let wait = asks.removeValue(forKey: ask) {
        record(.deadline, wait.asker, "", peer: seats[wait.awaited].path)
        wait.continuation.resume(throwing: AskError.deadline)
      }
    case .timer(let id):
      if let wait = timers.removeValue(forKey: id) {
        record(.timer, wait.seat, "")
        wait.continuation.resume()
      }
    case .completion(let id, let result):
      if let wait = externals.removeValue(forKey: id) {
        record(
          .completion, wait.seat, wait.call.kind, payload: result.bytes, call: id, units: result.units)
        wait.continuation.resume(returning: result)
      }
    case .mark(let id, let name):
      record(.mark, 0, name)
      if name == checkpoint || isReplay && !isRepeating {
        reachedMark = id
        return false
      }
      marks.removeValue(forKey: id)?.resume()
    }
    return true
  }

  /// The strategy's pick, or the one that the history has; both advance, so that a fork goes on as the parent did.
  private func choose(among count: Int) -> Int {
    var index = strategy.choose(among: count)
    if isRepeating, let history, nextChoice < history.choices.count {
      let recorded = history.choices[nextChoice]
      nextChoice += 1
      guard recorded.event == events.count, recorded.index < count else {
        divergeIfRepeating(got: "a choice among \(count)")
        return 0
      }
      index = recorded.index
    }
    choices.append(.init(event: events.count, index: index))
    return index
  }

  /// Notes that a task which left the lanes was taken back.
  private func adopt(_ path: String) { record(.adoption, seats.firstIndex { $0.path == path } ?? 0, "") }

  /// What it means that no event is left.
  var diagnosis: EpisodeError {
    guard asks.isEmpty else {
      let waits = asks.sorted { $0.key < $1.key }.map { _, wait in
        EpisodeError.Wait(waiter: seats[wait.asker].path, awaited: seats[wait.awaited].path)
      }
      return .deadlock(waits)
    }
    if let seat = seats.first(where: { $0.runningHandlers > 0 }) {
      return .waitsOutsideSimulation(path: seat.path)
    }
    return .nothingLeftToHappen
  }

  /// Releases everything that waits, and lets it run out, unlogged.
  func close() {
    guard !isClosed else { return }
    isClosed = true
    isOver = true
    jobs.drive(release)
  }

  private func release() {
    // A released handler may wait again, which then fails at once; so one round is enough, the loop is for marks.
    while !(asks.isEmpty && timers.isEmpty && externals.isEmpty && marks.isEmpty) {
      let (asks, timers, externals, marks) = (self.asks, self.timers, self.externals, self.marks)
      (self.asks, self.timers, self.externals, self.marks) = ([:], [:], [:], [:])
      for wait in asks.sorted(by: { $0.key < $1.key }) {
        wait.value.continuation.resume(throwing: EpisodeEnded())
      }
      for wait in timers.sorted(by: { $0.key < $1.key }) {
        wait.value.continuation.resume(throwing: EpisodeEnded())
      }
      for wait in externals.sorted(by: { $0.key < $1.key }) {
        wait.value.continuation.resume(throwing: EpisodeEnded())
      }
      for wait in marks.sorted(by: { $0.key < $1.key }) { wait.value.resume() }
      jobs.runUntilQuiet()
    }
    queue = EventQueue()
    // Actors hold the core through their contexts: let go of them.
    receivers = []
  }
}
