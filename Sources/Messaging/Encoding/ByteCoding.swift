/// A writer for the compact form of records: integers as LEB128 varints, everything else with its length before it.
package struct ByteWriter {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package mutating func write(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// Writes a count or an id, which is never negative.
  package mutating func write(_ value: Int) { write(UInt64(value)) }

  package mutating func write(byte: UInt8) { bytes.append(byte) }
  package mutating func write(_ value: Bool) { bytes.append(value ? 1 : 0) }

  package mutating func write(_ content: [UInt8]) {
    write(content.count)
    bytes += content
  }

  package mutating func write(_ text: String) {
    write(text.utf8.count)
    bytes += text.utf8
  }

  package mutating func write(_ value: Float) {
    for shift in stride(from: 0, to: 32, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(shift)))
    }
  }

  /// Writes a duration: whole nanoseconds as one number, and a finer duration as seconds and attoseconds.
  package mutating func write(_ duration: Duration) {
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

  package mutating func write<Element>(_ elements: [Element], _ each: (inout ByteWriter, Element) -> Void) {
    write(elements.count)
    for element in elements { each(&self, element) }
  }

  package mutating func write<Value>(_ value: Value?, _ some: (inout ByteWriter, Value) -> Void) {
    write(value != nil)
    if let value { some(&self, value) }
  }
}

/// The error for bytes that are not a record, or not one of this version.
public struct MalformedRecord: Error, Hashable, Sendable, CustomStringConvertible {
  package var expected: String
  /// The position of the fault, in bytes from the start of the record.
  package var offset: Int

  public var description: String { "expected \(expected) at byte \(offset) of a record" }
}

/// A reader for what ``ByteWriter`` writes. It compares every size with the bytes that are left.
package struct ByteReader {
  private let bytes: [UInt8]
  package private(set) var offset = 0

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  package func malformed(_ expected: String) -> MalformedRecord {
    MalformedRecord(expected: expected, offset: offset)
  }

  package mutating func byte() throws(MalformedRecord) -> UInt8 {
    guard offset < bytes.count else { throw malformed("another byte") }
    defer { offset += 1 }
    return bytes[offset]
  }

  package mutating func integer() throws(MalformedRecord) -> UInt64 {
    if offset < bytes.count, bytes[offset] < 0x80 {
      defer { offset += 1 }
      return UInt64(bytes[offset])
    }
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      let next = try byte()
      if shift == 63, next > 1 { break }
      value |= UInt64(next & 0x7f) << shift
      if next < 0x80 { return value }
    }
    throw malformed("an integer of 64 bits")
  }

  package mutating func count() throws(MalformedRecord) -> Int {
    guard let value = Int(exactly: try integer()) else { throw malformed("a count") }
    return value
  }

  package mutating func bool() throws(MalformedRecord) -> Bool {
    switch try byte() {
    case 0: return false
    case 1: return true
    default: throw malformed("0 or 1")
    }
  }

  package mutating func content() throws(MalformedRecord) -> [UInt8] { Array(bytes[try skipContent()]) }

  /// Passes over a content, and returns its range.
  mutating func skipContent() throws(MalformedRecord) -> Range<Int> {
    let length = try count()
    guard length <= bytes.count - offset else { throw malformed("\(length) bytes") }
    defer { offset += length }
    return offset..<offset + length
  }

  package mutating func duration() throws(MalformedRecord) -> Duration {
    let code = try integer()
    if code == 0 { return .zero }
    if code & 1 == 0 { return .nanoseconds(Int64(code >> 1)) }
    guard code == 1, let seconds = Int64(exactly: try integer()),
      let attoseconds = Int64(exactly: try integer()), attoseconds < 1_000_000_000_000_000_000,
      seconds < 1 << 40  // so that no sum of them overflows
    else { throw malformed("a duration") }
    return Duration(secondsComponent: seconds, attosecondsComponent: attoseconds)
  }

  package mutating func text() throws(MalformedRecord) -> String {
    let length = try count()
    guard length <= bytes.count - offset else { throw malformed("a text of \(length) bytes") }
    defer { offset += length }
    // This is several times as fast as `String(validating:)`, which is not specialised for slices.
    let text = String(decoding: bytes[offset..<offset + length], as: UTF8.self)
    guard text.utf8.elementsEqual(bytes[offset..<offset + length]) else { throw malformed("UTF-8") }
    return text
  }

  package mutating func float() throws(MalformedRecord) -> Float {
    guard bytes.count - offset >= 4 else { throw malformed("a float") }
    defer { offset += 4 }
    return bytes.withUnsafeBytes {
      Float(bitPattern: UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }
  }

  /// Reads the number of elements of a list. Every element takes at least one byte.
  package mutating func listCount() throws(MalformedRecord) -> Int {
    let length = try count()
    guard length <= bytes.count - offset else { throw malformed("a list of \(length) elements") }
    return length
  }

  package mutating func list<Element>(
    _ each: (inout ByteReader) throws(MalformedRecord) -> Element
  ) throws(MalformedRecord) -> [Element] {
    let length = try listCount()
    var elements: [Element] = []
    elements.reserveCapacity(length)
    for _ in 0..<length { elements.append(try each(&self)) }
    return elements
  }

  package mutating func optional<Value>(
    _ some: (inout ByteReader) throws(MalformedRecord) -> Value
  ) throws(MalformedRecord) -> Value? {
    try bool() ? try some(&self) : nil
  }

  package mutating func optionalText() throws(MalformedRecord) -> String? {
    try optional { reader throws(MalformedRecord) in try reader.text() }
  }

  package func finish() throws(MalformedRecord) {
    guard offset == bytes.count else { throw malformed("the end of the record") }
  }
}
