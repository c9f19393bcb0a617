/// A request as it was read, with its whole body.
package struct HTTPRequest: Sendable, Hashable {
  /// A header field.
  package struct Field: Sendable, Hashable {
    /// In small letters.
    package var name: String
    package var value: String
  }

  package var method: String
  /// The path of the target, without its query.
  package var path: String
  /// The minor version of HTTP/1: 0 or 1.
  package var minorVersion: Int
  package var fields: [Field]
  package var body: [UInt8]

  /// The values of the fields of this name, which is in small letters.
  func values(of name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

  /// The words of a field that is a list, in small letters.
  func words(of name: String) -> [String] {
    values(of: name).flatMap { $0.split(separator: ",") }.map {
      HTTPText.trimmed($0).lowercased()
    }
  }

  /// Whether the connection stays open after the answer.
  package var isPersistent: Bool {
    let words = words(of: "connection")
    return minorVersion >= 1
      ? !words.contains("close") : words.contains("keep-alive") && !words.contains("close")
  }

  /// Whether the client takes an answer of one of these types, such as `application/json`.
  package func accepts(_ types: [String]) -> Bool {
    let ranges = words(of: "accept")
    guard !ranges.isEmpty else { return true }
    return ranges.contains { range in
      let parts = range.split(separator: ";").map(HTTPText.trimmed)
      guard let name = parts.first else { return false }
      let isRefused = parts.dropFirst().contains {
        $0.hasPrefix("q=") && Double($0.dropFirst(2)) == 0
      }
      guard !isRefused else { return false }
      return name == "*/*"
        || types.contains { type in name == type || name == "\(type.prefix { $0 != "/" })/*" }
    }
  }
}

/// The bytes of which HTTP is made.
enum HTTPText {
  /// Whether a byte may stand in a method or in the name of a field (RFC 9110, section 5.6.2).
  static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }

  /// Whether a byte may stand in the value of a field.
  static func isFieldValue(_ byte: UInt8) -> Bool { byte == 0x09 || byte >= 0x20 && byte != 0x7F }

  /// The text without blanks and tabs at its ends.
  static func trimmed(_ text: some StringProtocol) -> String {
    func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }
    let rest = text.drop(while: isBlank)
    return String(rest[..<(rest.lastIndex { !isBlank($0) }.map { rest.index(after: $0) } ?? rest.startIndex)])
  }
}
