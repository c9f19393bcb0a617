/// Prints one CBOR item as JSON, with byte strings as hexadecimal text.
///
/// Returns `nil` if the bytes are not exactly one item.
package func json(ofCBOR bytes: [UInt8]) -> String? {
  var printer = CBORPrinter(bytes: bytes[...])
  guard let text = printer.item(depth: 0), printer.bytes.isEmpty else { return nil }
  return text
}

/// A printer for the subset that ``CBOREncoder`` writes: definite lengths, no tags.
private struct CBORPrinter {
  var bytes: ArraySlice<UInt8>

  /// The deepest nesting, which no message reaches. It bounds the recursion on bytes that are not a message.
  private static let maximumDepth = 64

  mutating func item(depth: Int) -> String? {
    guard depth < Self.maximumDepth, let first = bytes.popFirst() else { return nil }
    let (major, short) = (first >> 5, first & 0x1f)
    if major == 7 { return simple(short) }
    guard let argument = argument(short) else { return nil }
    // A number may need all 64 bits, as a task's hash does. A length that needs them is longer than any message.
    if major == 0 { return "\(argument)" }
    if major == 1 { return "\(-1 - Int128(argument))" }
    guard let count = Int(exactly: argument) else { return nil }
    switch major {
    case 2: return take(count).map { "\"" + $0.map { hexadecimal($0) }.joined() + "\"" }
    case 3: return text(count)
    case 4, 5:
      guard count <= bytes.count else { return nil }
      var parts: [String] = []
      for _ in 0..<count {
        guard let part = item(depth: depth + 1) else { return nil }
        guard major == 5 else {
          parts.append(part)
          continue
        }
        guard let value = item(depth: depth + 1) else { return nil }
        parts.append("\(part): \(value)")
      }
      return major == 4 ? "[\(parts.joined(separator: ", "))]" : "{\(parts.joined(separator: ", "))}"
    default: return nil
    }
  }

  private mutating func argument(_ short: UInt8) -> UInt64? {
    guard short >= 24 else { return UInt64(short) }
    guard short <= 27 else { return nil }
    return take(1 << (short - 24))?.reduce(0) { $0 << 8 | UInt64($1) }
  }

  private mutating func simple(_ short: UInt8) -> String? {
    switch short {
    case 20: "false"
    case 21: "true"
    case 22: "null"
    case 26: argument(26).map { number(Double(Float(bitPattern: UInt32($0)))) }
    case 27: argument(27).map { number(Double(bitPattern: $0)) }
    default: nil
    }
  }

  /// Prints a number. JSON has no infinities and no NaN, so these are quoted.
  private func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "\"\(value)\"" }

  private mutating func text(_ count: Int) -> String? {
    take(count).flatMap { String(validating: $0, as: UTF8.self) }.map(jsonQuoted)
  }

  private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count <= bytes.count else { return nil }
    defer { bytes = bytes.dropFirst(count) }
    return bytes.prefix(count)
  }
}

package func hexadecimal(_ byte: UInt8) -> String {
  (byte < 16 ? "0" : "") + String(byte, radix: 16)
}

/// `text` as a JSON string.
package func jsonQuoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\t": result += "\\t"
    case "\r": result += "\\r"
    case _ where scalar.value < 0x20: result += "\\u00" + hexadecimal(UInt8(scalar.value))
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
