/// An encoder of messages as deterministic CBOR (RFC 8949): shortest integers, definite lengths, sorted keys.
///
/// CBOR describes itself, so a log can be read without the types that wrote it.
enum CBOREncoder {
  static func encode(_ value: some Encodable) throws -> [UInt8] {
    let item = CBORItem(parent: nil, key: nil)
    defer { item.letGo() }
    try value.encode(to: CBORItemEncoder(item: item))
    var bytes: [UInt8] = []
    item.write(to: &bytes)
    return bytes
  }
}

/// A data item under construction: a scalar, or a list or map whose finished elements lie in `bytes`.
final class CBORItem {
  private enum Shape { case scalar, list, map }
  /// The place of an element: a range of `bytes`, or an item of its own, which may still grow.
  private struct Element {
    var key: String?
    var range: Range<Int>
    var item: CBORItem?
  }
  private var shape = Shape.scalar
  private var bytes: [UInt8] = []
  private var elements: [Element] = []
  private let parent: CBORItem?
  private let key: (any CodingKey)?

  init(parent: CBORItem?, key: (any CodingKey)?) {
    self.parent = parent
    self.key = key
  }

  var count: Int { elements.count }

  /// The keys from the outermost one inwards, for errors.
  var codingPath: [any CodingKey] { (parent?.codingPath ?? []) + (key.map { [$0] } ?? []) }

  /// Breaks the reference cycles between items and the items that contain them.
  fileprivate func letGo() {
    for element in elements { element.item?.letGo() }
    elements = []
  }

  func becomeList() { if shape == .scalar { shape = .list } }
  func becomeMap() { if shape == .scalar { shape = .map } }

  /// Writes a scalar: the whole item, or the next element of a list or map.
  func scalar(_ key: (any CodingKey)? = nil, _ write: (inout [UInt8]) -> Void) {
    let start = bytes.count
    write(&bytes)
    if shape != .scalar { elements.append(Element(key: key?.stringValue, range: start..<bytes.count)) }
  }

  /// Adds an element that is built as an item of its own.
  func child(_ key: (any CodingKey)? = nil) -> CBORItem {
    let item = CBORItem(parent: self, key: key)
    elements.append(Element(key: key?.stringValue, range: 0..<0, item: item))
    return item
  }

  /// Encodes any value as the next element of a list or map, or as the whole item if there is neither.
  func encode(_ value: some Encodable, _ key: (any CodingKey)? = nil) throws {
    switch value {
    case let value as String: scalar(key) { CBOR.write(value, to: &$0) }
    case let value as [UInt8]: scalar(key) { CBOR.write(value, to: &$0) }
    default: try value.encode(to: CBORItemEncoder(item: shape == .scalar ? self : child(key)))
    }
  }

  func write(to result: inout [UInt8]) {
    switch shape {
    case .scalar:
      if bytes.isEmpty { CBOR.writeNull(to: &result) } else { result += bytes }
    case .list:
      CBOR.writeHead(4, UInt64(elements.count), to: &result)
      for element in elements { write(element, to: &result) }
    case .map:
      CBOR.writeHead(5, UInt64(elements.count), to: &result)
      // Keys are in the order of their encoded forms: shorter keys first, then by bytes.
      let keys = elements.map { $0.key ?? "" }
      let sorted = keys.indices.sorted {
        (keys[$0].utf8.count, keys[$0]) < (keys[$1].utf8.count, keys[$1])
      }
      for index in sorted {
        CBOR.write(keys[index], to: &result)
        write(elements[index], to: &result)
      }
    }
  }

  private func write(_ element: Element, to result: inout [UInt8]) {
    if let item = element.item { item.write(to: &result) } else { result += bytes[element.range] }
  }
}

/// The encoded forms of scalars.
enum CBOR {
  static func writeNull(to bytes: inout [UInt8]) { bytes.append(0xf6) }
  static func write(_ value: Bool, to bytes: inout [UInt8]) { bytes.append(value ? 0xf5 : 0xf4) }

  static func write(_ value: String, to bytes: inout [UInt8]) {
    writeHead(3, UInt64(value.utf8.count), to: &bytes)
    bytes.append(contentsOf: value.utf8)
  }

  static func write(_ value: [UInt8], to bytes: inout [UInt8]) {
    writeHead(2, UInt64(value.count), to: &bytes)
    bytes += value
  }

  static func write(_ value: some BinaryInteger, to bytes: inout [UInt8]) {
    writeHead(value < 0 ? 1 : 0, UInt64(truncatingIfNeeded: value < 0 ? ~value : value), to: &bytes)
  }

  static func write(_ value: Float, to bytes: inout [UInt8]) {
    bytes.append(0xfa)
    writeBigEndian(UInt64(value.bitPattern), 4, to: &bytes)
  }

  static func write(_ value: Double, to bytes: inout [UInt8]) {
    bytes.append(0xfb)
    writeBigEndian(value.bitPattern, 8, to: &bytes)
  }

  /// Writes a major type and its argument.
  static func writeHead(_ major: UInt8, _ argument: UInt64, to bytes: inout [UInt8]) {
    let type = major << 5
    switch argument {
    case 0..<24: bytes.append(type | UInt8(argument))
    case 0..<0x100:
      bytes.append(type | 24)
      bytes.append(UInt8(argument))
    case 0..<0x1_0000:
      bytes.append(type | 25)
      writeBigEndian(argument, 2, to: &bytes)
    case 0..<0x1_0000_0000:
      bytes.append(type | 26)
      writeBigEndian(argument, 4, to: &bytes)
    default:
      bytes.append(type | 27)
      writeBigEndian(argument, 8, to: &bytes)
    }
  }

  private static func writeBigEndian(_ value: UInt64, _ count: Int, to bytes: inout [UInt8]) {
    for index in 0..<count {
      bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - index))))
    }
  }
}
