/// The state of one episode, and what each event does to it.
// Sendable unchecked: only the thread that drives the episode touches it; actors' jobs run on that thread too.
final class EpisodeCore: @unchecked Sendable {
  enum Occurrence: Sendable {
    case delivery(seat: Int, name: String, start: @Sendable () -> Void)
    case reply(ask: Int, value: any Message, name: String)
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
    var continuation: CheckedContinuation<any Message, any Error>
  }

  struct ExternalWait {
    var seat: Int
    var start: Duration
    var call: ExternalCall
    var unitsSoFar = 0
    /// The place of its completion among events of equal time.
    var number: Int
    var isServed = false
    var continuation: CheckedContinuation<ExternalResult, any Error>
  }

  let seed: UInt64
  let limits: EpisodeLimits
  let jobs = JobQueue()
  var strategy: any Strategy
  var queue = EventQueue<Occurrence>()
  var now = Duration.zero
  var seats: [Seat] = []
  /// A `Receiver` for each seat; the root has none.
  var receivers: [any Sendable] = []
  var streams: [String: SeededStream] = [:]
  var events: [EventRecord] = []
  var drops: [Drop] = []
  var outcome: EpisodeStatus?
  var isClosed = false
  private(set) var nextWait = 0
  var asks: [Int: AskWait] = [:]
  var timers: [Int: (seat: Int, continuation: CheckedContinuation<Void, any Error>)] = [:]
  var marks: [Int: CheckedContinuation<Void, Never>] = [:]
  var externals: [Int: ExternalWait] = [:]
  var reachedMark: Int?

  init(seed: UInt64, strategy: any Strategy, limits: EpisodeLimits, drops: [Drop]) {
    self.seed = seed
    self.strategy = strategy
    self.limits = limits
    self.drops = drops
  }

  func newWait() -> Int {
    defer { nextWait += 1 }
    return nextWait
  }

  func record(_ kind: EventRecord.Kind, _ seat: Int, _ detail: String) {
    guard !isClosed else { return }
    events.append(
      EventRecord(number: events.count, time: now, kind: kind, subject: seats[seat].path, detail: detail))
  }

  func fail(_ error: EpisodeError) {
    if outcome == nil, !isClosed { outcome = .failed(error) }
  }

  /// No event at this time or later may run before the externals have got further.
  var bound: Duration? {
    externals.values.lazy.filter { !$0.isServed }
      .map { $0.start + $0.call.latencyPerUnit * ($0.unitsSoFar + 1) }.min()
  }

  /// Takes and performs the next event; returns false if it is the mark called `checkpoint`.
  func performNext(pausingAt checkpoint: String?) -> Bool {
    func take(_ strategy: inout some Strategy) -> EventQueue<Occurrence>.Event? { queue.take(&strategy) }
    guard let event = take(&strategy) else { return true }
    now = event.time
    switch event.payload {
    case .delivery(let seat, let name, let start):
      seats[seat].waitingMessages -= 1
      if seats[seat].isStopped {
        record(.deadLetter, seat, name)
      } else {
        record(.delivery, seat, name)
        seats[seat].runningHandlers += 1
        start()
      }
    case .reply(let ask, let value, let name):
      if let wait = asks.removeValue(forKey: ask) {
        record(.reply, wait.asker, name)
        wait.continuation.resume(returning: value)
      } else {
        record(.deadLetter, 0, "late reply \(name)")
      }
    case .deadline(let ask):
      if let wait = asks.removeValue(forKey: ask) {
        record(.deadline, wait.asker, seats[wait.awaited].path)
        wait.continuation.resume(throwing: AskError.deadline)
      }
    case .timer(let id):
      if let wait = timers.removeValue(forKey: id) {
        record(.timer, wait.seat, "")
        wait.continuation.resume()
      }
    case .completion(let id, let result):
      if let wait = externals.removeValue(forKey: id) {
        record(.completion, wait.seat, wait.call.kind)
        wait.continuation.resume(returning: result)
      }
    case .mark(let id, let name):
      record(.mark, 0, name)
      if name == checkpoint {
        reachedMark = id
        return false
      }
      marks.removeValue(forKey: id)?.resume()
    }
    return true
  }

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
    isClosed = true
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

/// A fault: the `nth` message from one actor to another, counted from virtual time `after`, is lost.
public struct Drop: Sendable, Hashable {
  public var sender: String
  public var receiver: String
  /// From 1.
  public var nth: Int
  public var after: Duration

  public init(from sender: String, to receiver: String, nth: Int = 1, after: Duration = .zero) {
    self.sender = sender
    self.receiver = receiver
    self.nth = nth
    self.after = after
  }
}
