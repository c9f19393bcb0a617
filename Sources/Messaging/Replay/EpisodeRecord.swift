/// What the log keeps of one episode, or of the part after a fork: enough to run it again without its outside.
public struct EpisodeRecord: Sendable, Hashable {
  /// Where another episode left its parent.
  public struct Fork: Sendable, Hashable {
    /// The id of the parent.
    public var episode: String
    /// How many events are the parent's.
    public var event: Int

    public init(episode: String, event: Int) {
      self.episode = episode
      self.event = event
    }
  }

  /// A pick among several ready events.
  public struct Choice: Sendable, Hashable {
    /// How many events had happened.
    public var event: Int
    /// Which of the ready events was taken, in order of their creation.
    public var index: Int
  }

  public var id: String
  /// `nil` for an episode that began at its beginning.
  public var parent: Fork?
  /// What the set-up was made from; empty in a fork, which has its parent's.
  public var input: [UInt8]
  /// Of this part: a fork may change it.
  public var seed: UInt64
  public var strategy: String
  public var limits: EpisodeLimits
  public var drops: [Drop]
  public var choices: [Choice]
  /// The parent's events are not repeated: a fork's first event has the number at which it left.
  public var events: [EventRecord]

  /// How it ended; `nil` if it was left before its end.
  public var outcome: EpisodeStatus? {
    guard let last = events.last else { return nil }
    switch last.kind {
    case .finish: return .finished(result: last.payload)
    case .failure: return .failed(.recorded(last.name))
    default: return nil
    }
  }
}

// MARK: Bytes

extension EpisodeRecord {
  /// The record's form in the log; `docs/log-format.md` has it byte by byte.
  public var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.write(id)
    writer.write(parent) { writer, fork in
      writer.write(fork.episode)
      writer.write(fork.event)
    }
    writer.write(input)
    writer.write(seed)
    writer.write(strategy)
    writer.write(limits.events)
    writer.write(limits.mailbox)
    writer.write(drops) { writer, drop in
      writer.write(drop.sender)
      writer.write(drop.receiver)
      writer.write(drop.nth)
      writer.write(drop.after)
    }
    writer.write(choices) { writer, choice in
      writer.write(choice.event)
      writer.write(choice.index)
    }
    var names = NameTable()
    var now = Duration.zero
    writer.write(events) { writer, event in
      writer.write(byte: event.kind.rawValue)
      writer.write(event.time - now)
      now = event.time
      names.write(event.subject, to: &writer)
      names.write(event.peer, to: &writer)
      names.write(event.name, to: &writer)
      writer.write(event.payload)
      if event.kind == .call || event.kind == .completion { writer.write(event.call) }
      if event.kind == .completion { writer.write(event.units) }
    }
    return writer.bytes
  }

  public init(encoded bytes: [UInt8]) throws(MalformedRecord) {
    var reader = ByteReader(bytes)
    id = try reader.text()
    parent = try reader.optional { reader throws(MalformedRecord) in
      Fork(episode: try reader.text(), event: try reader.count())
    }
    input = try reader.content()
    seed = try reader.integer()
    strategy = try reader.text()
    limits = EpisodeLimits()
    limits.events = try reader.count()
    limits.mailbox = try reader.count()
    drops = try reader.list { reader throws(MalformedRecord) in
      Drop(
        from: try reader.text(), to: try reader.text(), nth: try reader.count(), after: try reader.duration())
    }
    choices = try reader.list { reader throws(MalformedRecord) in
      Choice(event: try reader.count(), index: try reader.count())
    }
    var names = NameTable()
    var now = Duration.zero
    var number = parent?.event ?? 0
    events = try reader.list { reader throws(MalformedRecord) in
      guard let kind = EventRecord.Kind(rawValue: try reader.byte()) else {
        throw reader.malformed("a kind of event")
      }
      now += try reader.duration()
      var event = EventRecord(
        number: number, time: now, kind: kind, subject: try names.read(from: &reader),
        peer: try names.read(from: &reader), name: try names.read(from: &reader),
        payload: try reader.content())
      if kind == .call || kind == .completion { event.call = try reader.count() }
      if kind == .completion { event.units = try reader.count() }
      number += 1
      return event
    }
    try reader.finish()
  }
}

/// Writes a name in full the first time, and its number from then on.
private struct NameTable {
  private var numbers: [String: Int] = [:]
  private var names: [String] = []

  mutating func write(_ name: String, to writer: inout ByteWriter) {
    if let number = numbers[name] {
      writer.write(number + 1)
    } else {
      numbers[name] = numbers.count
      writer.write(0)
      writer.write(name)
    }
  }

  mutating func read(from reader: inout ByteReader) throws(MalformedRecord) -> String {
    let code = try reader.count()
    guard code > 0 else {
      names.append(try reader.text())
      return names[names.count - 1]
    }
    guard code <= names.count else { throw reader.malformed("the number of a name") }
    return names[code - 1]
  }
}

extension ByteWriter {
  /// Whole nanoseconds in one number; what is finer in two.
  fileprivate mutating func write(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    precondition(seconds >= 0 && attoseconds >= 0, "virtual time does not run backwards")
    if attoseconds % 1_000_000_000 == 0, seconds < 1 << 32 {
      write(UInt64(seconds * 1_000_000_000 + attoseconds / 1_000_000_000) << 1)
    } else {
      write(1)
      write(UInt64(seconds))
      write(UInt64(attoseconds))
    }
  }
}

extension ByteReader {
  fileprivate mutating func duration() throws(MalformedRecord) -> Duration {
    let code = try integer()
    if code & 1 == 0 { return .nanoseconds(Int64(code >> 1)) }
    guard code == 1, let seconds = Int64(exactly: try integer()),
      let attoseconds = Int64(exactly: try integer()), attoseconds < 1_000_000_000_000_000_000
    else { throw malformed("a duration") }
    return Duration(secondsComponent: seconds, attosecondsComponent: attoseconds)
  }
}
