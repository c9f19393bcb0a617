#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Android)
  import Android
#elseif canImport(ucrt)
  import ucrt
#endif

/// The events of an episode from its beginning, as the bytes that the log holds.
package struct EventTrail: Sendable, Hashable {
  package private(set) var bytes: [UInt8] = []
  /// The position where each event ends.
  private var ends: [Int] = []
  /// The answers of the outside, by call. Only a trail that was read has them.
  private(set) var completions: [Completion] = []

  struct Completion: Sendable, Hashable {
    var call: Int
    var payload: Range<Int>
    var units: Int
  }

  package var count: Int { ends.count }

  package init() {}

  /// Reads and checks `bytes`, which are `count` events that follow the first `shared` ones of `parent`.
  init(
    _ bytes: [UInt8], count: Int, after shared: Int = 0, of parent: EventTrail = EventTrail()
  ) throws(MalformedRecord) {
    self.bytes = parent.bytes[..<parent.start(of: shared)] + bytes
    ends = Array(parent.ends.prefix(shared))
    var reader = TrailReader(self.bytes)
    ends.reserveCapacity(shared + min(count, bytes.count))
    for event in 0..<shared + count {
      let header = try reader.next()
      if event >= shared { ends.append(reader.offset) }
      guard header.kind == .completion else { continue }
      completions.append(.init(call: header.call, payload: header.payload, units: header.units))
    }
    try reader.finish()
    completions.sort { $0.call < $1.call }
  }

  /// Encodes `events`, which are numbered from 0.
  package init(_ events: [EventRecord]) {
    var writer = TrailWriter()
    for event in events {
      writer.begin(event.kind, at: event.time)
      for name in [event.subject, event.peer, event.name] { writer.write(name: name) }
      writer.write(content: event.payload)
      if event.kind == .call || event.kind == .completion { writer.write(event.call) }
      if event.kind == .completion { writer.write(event.units) }
      writer.end()
    }
    self = writer.trail
  }

  /// Returns the position where event number `event` begins, or where the last event ends.
  func start(of event: Int) -> Int { event == 0 ? 0 : ends[event - 1] }

  /// Returns the bytes of the events from number `event` on.
  package func bytes(from event: Int) -> [UInt8] { Array(bytes[start(of: event)...]) }

  /// All events, decoded.
  /// - Complexity: O(n).
  package var events: [EventRecord] {
    var events: [EventRecord] = []
    events.reserveCapacity(count)
    forEach { events.append($0) }
    return events
  }

  private func forEach(_ body: (EventRecord) -> Void) {
    var reader = TrailReader(bytes)
    for number in 0..<count {
      guard let header = try? reader.next() else { preconditionFailure("a trail holds whole events") }
      body(reader.event(number, header))
    }
  }

  /// Returns the event with a number.
  /// - Complexity: O(n), because names are counted from the beginning; only this event is decoded.
  func event(_ number: Int) -> EventRecord? {
    guard (0..<count).contains(number) else { return nil }
    var reader = TrailReader(bytes)
    for _ in 0..<number { _ = try? reader.next() }
    return (try? reader.next()).map { reader.event(number, $0) }
  }

  /// Returns the answer of the outside to call `id`.
  func result(of id: Int) -> ExternalResult? {
    var (low, high) = (0, completions.count)
    while low < high {
      let middle = (low + high) / 2
      if completions[middle].call < id { low = middle + 1 } else { high = middle }
    }
    guard low < completions.count, completions[low].call == id else { return nil }
    return ExternalResult(bytes: Array(bytes[completions[low].payload]), units: completions[low].units)
  }

  mutating func reserve(like other: EventTrail) {
    bytes.reserveCapacity(other.bytes.count)
    ends.reserveCapacity(other.count)
  }

  fileprivate mutating func append(_ content: some Collection<UInt8>) { bytes += content }
  fileprivate mutating func append(byte: UInt8) { bytes.append(byte) }
  fileprivate mutating func closeEvent() { ends.append(bytes.count) }
  fileprivate mutating func dropOpenEvent() { bytes.removeSubrange(start(of: count)...) }
}

/// A writer that appends events to a trail, part by part in the order of the format.
struct TrailWriter {
  private(set) var trail = EventTrail()
  private var time = Duration.zero
  private var nameCount = 0
  private var numbers: [String: Int] = [:]
  /// The names that were written lately, with their numbers: most events repeat a few.
  private var recent: [(name: String, number: Int)] = Array(repeating: ("", -1), count: 8)

  mutating func reserve(like other: EventTrail) { trail.reserve(like: other) }

  mutating func begin(_ kind: EventRecord.Kind, at now: Duration) {
    trail.append(byte: kind.rawValue)
    if now == time {
      trail.append(byte: 0)
    } else {
      var writer = ByteWriter()
      writer.write(now - time)
      trail.append(writer.bytes)
      time = now
    }
  }

  mutating func write(_ value: Int) {
    var rest = UInt64(value)
    while rest >= 0x80 {
      trail.append(byte: UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    trail.append(byte: UInt8(truncatingIfNeeded: rest))
  }

  mutating func write(name: String) {
    let place = name.utf8.count & 7
    if recent[place].number < 0 || recent[place].name != name {
      guard let number = numbers[name] else {
        let number = introduce(name)
        numbers[name] = number
        recent[place] = (name, number)
        return
      }
      recent[place] = (name, number)
    }
    write(recent[place].number + 1)
  }

  /// Writes a name for a caller that keeps the name's number, once it has one.
  mutating func write(name: String, number: inout Int32) {
    if number < 0 { number = Int32(introduce(name)) } else { write(Int(number) + 1) }
  }

  private mutating func introduce(_ name: String) -> Int {
    defer { nameCount += 1 }
    write(0)
    write(name.utf8.count)
    trail.append(name.utf8)
    return nameCount
  }

  mutating func write(content: [UInt8]) {
    write(content.count)
    trail.append(content)
  }

  mutating func end() { trail.closeEvent() }

  /// Removes the event that was begun.
  mutating func cancel() { trail.dropOpenEvent() }

  /// Returns the event that was begun and has not ended.
  func openEvent() -> EventRecord {
    var reader = TrailReader(trail.bytes)
    for _ in 0..<trail.count { _ = try? reader.next() }
    guard let header = try? reader.next() else { preconditionFailure("an event was begun") }
    return reader.event(trail.count, header)
  }

  /// Whether the bytes of the event that was begun are those of `other` at the same place, to its end if `whole`.
  func openEventMatches(_ other: EventTrail, whole: Bool) -> Bool {
    let start = trail.start(of: trail.count)
    let end = other.start(of: trail.count + 1)
    guard start == other.start(of: trail.count) else { return false }
    let length = trail.bytes.count - start
    guard whole ? length == end - start : length <= end - start else { return false }
    return trail.bytes.withUnsafeBytes { own in
      other.bytes.withUnsafeBytes { other in
        length == 0 || memcmp(own.baseAddress! + start, other.baseAddress! + start, length) == 0
      }
    }
  }

  /// Completes the event that was begun with the remaining bytes of `other`.
  mutating func completeOpenEvent(from other: EventTrail) {
    trail.append(other.bytes[trail.bytes.count..<other.start(of: trail.count + 1)])
  }
}

/// A reader of a trail, event by event.
struct TrailReader {
  /// An event whose names are numbers and whose payload is a range of the trail.
  struct Header {
    var kind: EventRecord.Kind
    var time: Duration
    var subject: Int
    var peer: Int
    var name: Int
    var payload: Range<Int>
    var call = 0
    var units = 0
  }
  private let bytes: [UInt8]
  private var reader: ByteReader
  /// The ranges of the names.
  private var names: [Range<Int>] = []
  /// The texts of the first names.
  private var texts: [String] = []
  private var time = Duration.zero

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    reader = ByteReader(bytes)
  }

  var offset: Int { reader.offset }

  mutating func next() throws(MalformedRecord) -> Header {
    guard let kind = EventRecord.Kind(rawValue: try reader.byte()) else {
      throw reader.malformed("a kind of event")
    }
    time += try reader.duration()
    var header = Header(
      kind: kind, time: time, subject: try name(), peer: try name(), name: try name(),
      payload: try reader.skipContent())
    if kind == .call || kind == .completion { header.call = try reader.count() }
    if kind == .completion { header.units = try reader.count() }
    return header
  }

  private mutating func name() throws(MalformedRecord) -> Int {
    let code = try reader.count()
    guard code > 0 else {
      names.append(try reader.skipContent())
      return names.count - 1
    }
    guard code <= names.count else { throw reader.malformed("the number of a name") }
    return code - 1
  }

  mutating func event(_ number: Int, _ header: Header) -> EventRecord {
    for name in names[texts.count...] { texts.append(String(decoding: bytes[name], as: UTF8.self)) }
    return EventRecord(
      number: number, time: header.time, kind: header.kind, subject: texts[header.subject],
      peer: texts[header.peer], name: texts[header.name], payload: Array(bytes[header.payload]),
      call: header.call, units: header.units)
  }

  func finish() throws(MalformedRecord) { try reader.finish() }
}
