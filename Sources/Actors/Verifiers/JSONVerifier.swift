import Foundation

/// An answer is right if it is the same JSON value: the order of an object's keys and white space do not matter, and `1.0` is `1`.
struct JSONVerifier: Verifier {
  /// A value by which JSON is compared.
  private indirect enum Value: Decodable, Hashable {
    case null
    case bool(Bool)
    case number(Decimal)
    case text(String)
    case list([Value])
    case object([String: Value])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        self = .null
      } else if let flag = try? container.decode(Bool.self) {
        self = .bool(flag)
      } else if let number = try? container.decode(Decimal.self) {
        self = .number(number)
      } else if let text = try? container.decode(String.self) {
        self = .text(text)
      } else if let list = try? container.decode([Value].self) {
        self = .list(list)
      } else {
        self = .object(try container.decode([String: Value].self))
      }
    }
  }

  private func value(_ text: String) -> Value? {
    try? JSONDecoder().decode(Value.self, from: Data(text.utf8))
  }

  func reading(_ given: String) -> String? {
    value(given) == nil ? nil : given.split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  func accepts(_ given: String, expected: String) -> Bool {
    guard let one = value(given), let other = value(expected) else { return false }
    return one == other
  }
}
