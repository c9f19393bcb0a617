/// Writes integers as LEB128 varints and the rest length-prefixed: the compact form of records in the log.
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

  /// A count or an id; never negative.
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

  package mutating func write<Element>(_ elements: [Element], _ each: (inout ByteWriter, Element) -> Void) {
    write(elements.count)
    for element in elements { each(&self, element) }
  }

  package mutating func write<Value>(_ value: Value?, _ some: (inout ByteWriter, Value) -> Void) {
    write(value != nil)
    if let value { some(&self, value) }
  }
}

/// Bytes that are no record, or not of this version.
public struct MalformedRecord: Error, Hashable, Sendable, CustomStringConvertible {
  public var expected: String
  /// From the start of the record.
  public var offset: Int

  public var description: String { "expected \(expected) at byte \(offset) of a record" }
}

/// Reads what ``ByteWriter`` wrote; every size is checked against the bytes that are there.
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

  package mutating func content() throws(MalformedRecord) -> [UInt8] {
    let length = try count()
    guard length <= bytes.count - offset else { throw malformed("\(length) bytes") }
    defer { offset += length }
    return Array(bytes[offset..<offset + length])
  }

  package mutating func text() throws(MalformedRecord) -> String {
    let length = try count()
    guard length <= bytes.count - offset else { throw malformed("a text of \(length) bytes") }
    defer { offset += length }
    guard let text = String(validating: bytes[offset..<offset + length], as: UTF8.self) else {
      throw malformed("UTF-8")
    }
    return text
  }

  package mutating func float() throws(MalformedRecord) -> Float {
    var pattern: UInt32 = 0
    for shift in stride(from: UInt32(0), to: 32, by: 8) { pattern |= UInt32(try byte()) << shift }
    return Float(bitPattern: pattern)
  }

  package mutating func list<Element>(
    _ each: (inout ByteReader) throws(MalformedRecord) -> Element
  ) throws(MalformedRecord) -> [Element] {
    let length = try count()
    // Every element takes a byte at least.
    guard length <= bytes.count - offset else { throw malformed("a list of \(length) elements") }
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

  package func finish() throws(MalformedRecord) {
    guard offset == bytes.count else { throw malformed("the end of the record") }
  }
}
