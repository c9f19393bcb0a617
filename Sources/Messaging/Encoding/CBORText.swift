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
        // The keys of JSON are texts, also where those of the message are numbers.
        let key = part.utf8.first == UInt8(ascii: "\"") ? part : jsonQuoted(part)
        parts.append("\(key): \(value)")
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
///
/// Characters that a terminal or a browser could take for a command are escaped too: controls, and marks that change the
/// direction of the text after them.
package func jsonQuoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\t": result += "\\t"
    case "\r": result += "\\r"
    case _ where scalar.isCommand:
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}

extension Unicode.Scalar {
  /// Whether the scalar is a control character (C0, delete, C1), a separator of lines, or a mark of direction. All of them have
  /// four hexadecimal digits.
  package var isCommand: Bool {
    switch value {
    case 0..<0x20, 0x7f..<0xa0, 0x2028...0x202e, 0x2066...0x2069, 0x200e...0x200f, 0x061c: true
    default: false
    }
  }
}
