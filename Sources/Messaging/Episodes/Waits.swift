/// The waits of all actors: for replies to asks, for timers, for marks and for answers of the outside.
///
/// Waits have numbers, in the order in which they began. A method that ends a wait removes and returns it; the caller
/// records the event and resumes the wait.
/// - Complexity: O(1) for each method, except where its comment says otherwise.
struct Waits {
  /// An ask that has no reply yet.
  struct Ask {
    var asker: Int
    var awaited: Int
    /// The type of the reply.
    var expected: ObjectIdentifier
    var continuation: UnsafeContinuation<Parcel, any Error>
    /// The reply that is on its way; others are dead letters.
    var reply: Parcel?
  }

  struct Timer {
    var seat: Int
    var continuation: UnsafeContinuation<Void, any Error>
  }

  struct Mark {
    var seat: Int
    var name: String
    var continuation: UnsafeContinuation<Void, Never>
  }

  struct Call {
    var seat: Int
    var start: Duration
    var call: ExternalCall
    /// The number of units that the driver has reported; `nil` until it first reports.
    var unitsSoFar: Int?
    /// The place of the call's completion among events of equal time.
    var number: Int
    var result: ExternalResult?
    /// The factor by which a fault slows the call.
    var slowness = 1
    var continuation: UnsafeContinuation<ExternalResult, any Error>

    /// Returns the time at which the call has made `units` units.
    func time(ofUnits units: Int) -> Duration { start + call.latencyPerUnit * slowness * units }
  }

  /// A wait that ended before the thing that it waited for happened.
  struct Ended {
    var seat: Int
    /// The kind of an external call; empty for other waits.
    var name = ""
    private let resume: (any Error) -> Void

    fileprivate init(_ ask: Ask) { (seat, resume) = (ask.asker, { ask.continuation.resume(throwing: $0) }) }
    fileprivate init(_ timer: Timer) {
      (seat, resume) = (timer.seat, { timer.continuation.resume(throwing: $0) })
    }
    fileprivate init(_ call: Call) {
      (seat, name, resume) = (call.seat, call.call.kind, { call.continuation.resume(throwing: $0) })
    }
    /// A wait for a mark cannot fail, so it just ends.
    fileprivate init(_ mark: Mark) { (seat, resume) = (mark.seat, { _ in mark.continuation.resume() }) }

    /// Resumes the task, with `error` if the wait can fail.
    func resume(throwing error: any Error) { resume(error) }
  }

  private var asks = IntegerTable<Ask>()
  private var timers = IntegerTable<Timer>()
  private var marks: [Int: Mark] = [:]
  private var calls: [Int: Call] = [:] { didSet { knownBound = nil } }
  private var knownBound: Duration??
  private var next = 0

  /// Returns the number of the next wait.
  mutating func newNumber() -> Int {
    defer { next += 1 }
    return next
  }

  var isEmpty: Bool { asks.isEmpty && timers.isEmpty && calls.isEmpty && marks.isEmpty }

  // MARK: Beginning

  mutating func add(_ ask: Ask, at number: Int) { asks.insert(ask, at: number) }
  mutating func add(_ timer: Timer, at number: Int) { timers.insert(timer, at: number) }
  mutating func add(_ mark: Mark, at number: Int) { marks[number] = mark }
  mutating func add(_ call: Call, at number: Int) { calls[number] = call }

  // MARK: Looking

  func mark(_ number: Int) -> Mark? { marks[number] }
  /// The open asks, in the order of their numbers.
  /// - Complexity: O(n log n).
  var openAsks: [Ask] { asks.sorted.map(\.value) }
  /// The calls that wait for the driver, in the order of their numbers.
  /// - Complexity: O(n log n).
  var openCalls: [(number: Int, call: Call)] {
    calls.filter { $0.value.result == nil }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Returns the earliest time at which an external call may still end; `nil` if no call waits for the driver.
  ///
  /// At this time or later, no other event is certain to be the next one.
  /// - Complexity: O(calls) after a call began, made progress or ended; O(1) otherwise.
  mutating func bound() -> Duration? {
    if let knownBound { return knownBound }
    let bound = calls.values.lazy.filter { $0.result == nil }.map {
      $0.time(ofUnits: ($0.unitsSoFar ?? 0) + 1)
    }
    .min()
    knownBound = bound
    return bound
  }

  // MARK: Going on

  /// Notes that `reply` is on its way to an ask, unless another is or it is of another type. Returns who asked; `nil` if
  /// nobody waits.
  mutating func answer(_ number: Int, by reply: Parcel, of type: ObjectIdentifier) -> Int? {
    asks.change(number) { ask in
      if ask.reply == nil, ask.expected == type { ask.reply = reply }
      return ask.asker
    }
  }

  mutating func progress(_ number: Int, units: Int) { calls[number]?.unitsSoFar = units }

  /// Gives a call its result and returns the call; `nil` if there is no such call, or if it already has a result.
  mutating func answer(_ number: Int, _ result: ExternalResult) -> Call? {
    guard calls[number] != nil, calls[number]?.result == nil else { return nil }
    calls[number]?.result = result
    return calls[number]
  }

  // MARK: Ending

  mutating func endAsk(_ number: Int) -> Ask? { asks.remove(number) }
  /// Ends an ask whose reply `reply` is.
  mutating func endAsk(_ number: Int, by reply: Parcel) -> Ask? {
    asks.change(number) { $0.reply === reply } == true ? asks.remove(number) : nil
  }
  mutating func endTimer(_ number: Int) -> Timer? { timers.remove(number) }
  mutating func endMark(_ number: Int) -> Mark? { marks.removeValue(forKey: number) }
  mutating func endCall(_ number: Int) -> Call? { calls.removeValue(forKey: number) }

  /// Ends a wait whose task was cancelled. Marks cannot be cancelled.
  mutating func cancel(_ number: Int) -> Ended? {
    endAsk(number).map(Ended.init) ?? endTimer(number).map(Ended.init) ?? endCall(number).map(Ended.init)
  }

  /// Ends all waits of an actor that crashed: its asks, timers, calls and marks, each in the order of their numbers.
  /// - Complexity: O(n log n) for the n waits of the episode.
  mutating func crash(_ seat: Int) -> [Ended] { end { $0 == seat } }

  /// Ends all waits, in the order of ``crash(_:)``.
  mutating func drain() -> [Ended] { end { _ in true } }

  private mutating func end(where isOf: (Int) -> Bool) -> [Ended] {
    var ended: [Ended] = []
    for (number, ask) in asks.sorted where isOf(ask.asker) {
      asks.remove(number)
      ended.append(Ended(ask))
    }
    for (number, timer) in timers.sorted where isOf(timer.seat) {
      timers.remove(number)
      ended.append(Ended(timer))
    }
    for (number, call) in calls.sorted(by: { $0.key < $1.key }) where isOf(call.seat) {
      calls[number] = nil
      ended.append(Ended(call))
    }
    for (number, mark) in marks.sorted(by: { $0.key < $1.key }) where isOf(mark.seat) {
      marks[number] = nil
      ended.append(Ended(mark))
    }
    return ended
  }
}
