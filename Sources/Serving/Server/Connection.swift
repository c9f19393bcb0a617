/// What is known of a client's connection. It is a value without effects: the loop moves its bytes.
struct Connection: Sendable {
  /// How the connection goes on.
  enum Ending: Sendable, Equatable {
    case open
    /// It is closed for writing when all is sent.
    case afterOutput
    /// It is closed for writing; what the client still sends is thrown away until this time.
    case lingering(until: Duration)
    /// It can be closed.
    case closed
  }

  var reader: HTTPRequestReader
  var ending = Ending.open
  /// The request that is being answered.
  var exchange: Exchange?
  /// Bytes to send, from `sent` on.
  private var output: [UInt8] = []
  private var sent = 0
  /// When the phase of reading began, and when anything was last sent.
  private var phaseBegan: Duration
  private var lastSent: Duration
  private var phase = HTTPRequestReader.Phase.idle

  init(_ limits: HTTPLimits, now: Duration) {
    reader = HTTPRequestReader(limits)
    (phaseBegan, lastSent) = (now, now)
  }

  var unsent: ArraySlice<UInt8> { output[sent...] }

  /// Whether more bytes should be read: not while many wait already.
  func wantsBytes(_ limits: ServerLimits) -> Bool {
    switch ending {
    case .open: (exchange == nil || reader.bufferedCount < 65_536) && unsent.count < limits.unsent
    case .lingering: true
    case .afterOutput, .closed: false
    }
  }

  mutating func send(_ bytes: [UInt8], now: Duration) {
    if unsent.isEmpty { lastSent = now }
    output += bytes
  }

  mutating func sent(_ count: Int, now: Duration) {
    (sent, lastSent) = (sent + count, now)
    if sent == output.count || sent > 1 << 16 {
      output.removeFirst(sent)
      sent = 0
    }
  }

  /// Notes in which phase the reader is, so that its time is counted from the begin of the phase, which is now if something was read
  /// or answered.
  mutating func notePhase(isAnew: Bool, now: Duration) {
    guard isAnew || reader.phase != phase else { return }
    (phase, phaseBegan) = (reader.phase, now)
  }

  /// What has taken too long by now.
  enum Overdue: Sendable, Equatable {
    case idle
    case request(String)
    case answer
    case reading
    case lingering
  }

  func overdue(_ limits: ServerLimits, now: Duration) -> Overdue? {
    if case .lingering(let until) = ending { return now >= until ? .lingering : nil }
    if !unsent.isEmpty, now - lastSent >= limits.reading { return .reading }
    if let exchange { return now - exchange.began >= limits.answer ? .answer : nil }
    guard ending == .open, unsent.isEmpty else { return nil }
    let time = now - phaseBegan
    switch reader.phase {
    case .idle: return time >= limits.idle ? .idle : nil
    case .head: return time >= limits.head ? .request("the head of the request took too long") : nil
    case .body: return time >= limits.body ? .request("the body of the request took too long") : nil
    case .failed: return nil
    }
  }
}
