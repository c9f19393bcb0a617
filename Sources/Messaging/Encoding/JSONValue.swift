/// A JSON value whose objects keep the order of their members.
///
/// ```swift
/// let line: JSONValue = ["type": "episode", "events": 12, "parent": nil]
/// print(line)  // {"type": "episode", "events": 12, "parent": null}
/// ```
package indirect enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int)
  /// A number. JSON has no infinities and no NaN, so these become texts.
  case number(Double)
  case text(String)
  case array([JSONValue])
  case object([Member])
  /// A value that is JSON already.
  case verbatim(String)

  /// A name and a value of an object.
  package struct Member: Sendable, Hashable {
    package var name: String
    package var value: JSONValue

    package init(_ name: String, _ value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  /// A whole number that may be beyond 2⁵³, which many readers of JSON round; so it is a text.
  package static func digits(_ number: UInt64) -> JSONValue { .text("\(number)") }

  /// The text, or `null`.
  package static func optional(_ text: String?) -> JSONValue { text.map { .text($0) } ?? .null }

  /// The number, or `null`.
  package static func optional(_ number: Double?) -> JSONValue { number.map { .number($0) } ?? .null }

  /// Adds a member at the end of an object.
  /// - Precondition: the value is an object.
  package mutating func append(_ name: String, _ value: JSONValue) {
    guard case .object(var members) = self else { preconditionFailure("only an object has members") }
    self = .null
    members.append(Member(name, value))
    self = .object(members)
  }
}

extension JSONValue: CustomStringConvertible {
  /// The value as JSON on one line.
  package var description: String {
    var text = ""
    write(to: &text)
    return text
  }

  private func write(to text: inout String) {
    switch self {
    case .null: text += "null"
    case .bool(let flag): text += flag ? "true" : "false"
    case .integer(let number): text += "\(number)"
    case .number(let number): text += number.isFinite ? "\(number)" : "\"\(number)\""
    case .text(let content): text += jsonQuoted(content)
    case .verbatim(let content): text += content
    case .array(let values):
      text += "["
      for (index, value) in values.enumerated() {
        if index > 0 { text += ", " }
        value.write(to: &text)
      }
      text += "]"
    case .object(let members):
      text += "{"
      for (index, member) in members.enumerated() {
        text += (index > 0 ? ", " : "") + jsonQuoted(member.name) + ": "
        member.value.write(to: &text)
      }
      text += "}"
    }
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
  package init(stringLiteral text: String) { self = .text(text) }
  package init(integerLiteral number: Int) { self = .integer(number) }
  package init(booleanLiteral flag: Bool) { self = .bool(flag) }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral {
  package init(dictionaryLiteral members: (String, JSONValue)...) {
    self = .object(members.map { Member($0, $1) })
  }
  package init(nilLiteral: ()) { self = .null }
  package init(arrayLiteral values: JSONValue...) { self = .array(values) }
}
