/// Encodes messages as CBOR (RFC 8949), core deterministic: shortest integers, definite lengths, sorted keys.
///
/// Self-describing, so that a log can be read without the types that wrote it. Costs about a microsecond a field.
enum CBOREncoder {
  static func encode(_ value: some Encodable) throws -> [UInt8] {
    let item = CBORItem()
    try item.encode(value, at: [])
    var bytes: [UInt8] = []
    item.write(to: &bytes)
    return bytes
  }
}

/// One data item under construction.
final class CBORItem {
  private enum Content {
    case encoded([UInt8])
    case list([CBORItem])
    case map([(key: String, item: CBORItem)])
  }
  /// Null until something is encoded.
  private var content = Content.encoded([0xf6])

  /// How many elements a list has so far.
  var count: Int { if case .list(let items) = content { items.count } else { 0 } }

  func append() -> CBORItem {
    let item = CBORItem()
    if case .list(var items) = content {
      content = .encoded([])
      items.append(item)
      content = .list(items)
    } else {
      content = .list([item])
    }
    return item
  }

  func insert(_ key: String) -> CBORItem {
    let item = CBORItem()
    if case .map(var entries) = content {
      content = .encoded([])
      entries.append((key, item))
      content = .map(entries)
    } else {
      content = .map([(key, item)])
    }
    return item
  }

  func becomeList() { if case .list = content {} else { content = .list([]) } }
  func becomeMap() { if case .map = content {} else { content = .map([]) } }

  func encode(_ value: some Encodable, at path: [any CodingKey]) throws {
    switch value {
    case let value as String: encode(value)
    case let value as Int: encode(value)
    case let value as Bool: encode(value)
    case let value as [UInt8]: content = .encoded(Self.head(2, UInt64(value.count)) + value)
    default: try value.encode(to: CBORItemEncoder(item: self, codingPath: path))
    }
  }

  func encodeNil() { content = .encoded([0xf6]) }
  func encode(_ value: Bool) { content = .encoded([value ? 0xf5 : 0xf4]) }
  func encode(_ value: String) { content = .encoded(Self.text(value)) }

  func encode(_ value: some BinaryInteger) {
    content = .encoded(
      value < 0 ? Self.head(1, UInt64(truncatingIfNeeded: ~value)) : Self.head(0, UInt64(value)))
  }

  func encode(_ value: Float) { content = .encoded([0xfa] + Self.bigEndian(UInt64(value.bitPattern), 4)) }
  func encode(_ value: Double) { content = .encoded([0xfb] + Self.bigEndian(value.bitPattern, 8)) }

  func write(to bytes: inout [UInt8]) {
    switch content {
    case .encoded(let encoded): bytes += encoded
    case .list(let items):
      bytes += Self.head(4, UInt64(items.count))
      for item in items { item.write(to: &bytes) }
    case .map(let entries):
      bytes += Self.head(5, UInt64(entries.count))
      let sorted = entries.map { (Self.text($0.key), $0.item) }
        .sorted { $0.0.lexicographicallyPrecedes($1.0) }
      for (key, item) in sorted {
        bytes += key
        item.write(to: &bytes)
      }
    }
  }

  private static func text(_ value: String) -> [UInt8] { head(3, UInt64(value.utf8.count)) + value.utf8 }

  /// A major type with its argument.
  private static func head(_ major: UInt8, _ argument: UInt64) -> [UInt8] {
    let type = major << 5
    return switch argument {
    case 0..<24: [type | UInt8(argument)]
    case 0..<0x100: [type | 24, UInt8(argument)]
    case 0..<0x1_0000: [type | 25] + bigEndian(argument, 2)
    case 0..<0x1_0000_0000: [type | 26] + bigEndian(argument, 4)
    default: [type | 27] + bigEndian(argument, 8)
    }
  }

  private static func bigEndian(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - $0))) }
  }
}
