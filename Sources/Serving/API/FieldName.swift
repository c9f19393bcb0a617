/// The name of any field of a JSON object.
package struct FieldName: CodingKey, Hashable {
  package let stringValue: String
  package var intValue: Int? { nil }

  package init(_ name: String) { stringValue = name }
  package init(stringValue: String) { self.init(stringValue) }
  package init?(intValue: Int) { nil }
}

extension Decoder {
  /// Reads an object that may have only the fields in `known`.
  /// - Throws: `DecodingError`, which names the first other field in the order of names.
  func fields(_ known: [String]) throws -> KeyedDecodingContainer<FieldName> {
    let fields = try container(keyedBy: FieldName.self)
    let others = fields.allKeys.map(\.stringValue).filter { !known.contains($0) }
    if let other = others.min() {
      throw DecodingError.dataCorrupted(
        .init(codingPath: codingPath + [FieldName(other)], debugDescription: "is not a known field"))
    }
    return fields
  }
}

extension KeyedDecodingContainer<FieldName> {
  /// The value of a field that must be there.
  func needed<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
    try named(name) { try decode(type, forKey: FieldName(name)) }
  }

  /// The value of a field; `nil` if it is missing or `null`.
  func optional<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value? {
    try named(name) { try decodeIfPresent(type, forKey: FieldName(name)) }
  }

  /// Names the field of a number that does not fit its type, for which Foundation's decoder throws an error of its own.
  private func named<Value>(_ name: String, _ decode: () throws -> Value) throws -> Value {
    do {
      return try decode()
    } catch let decoding as DecodingError {
      throw decoding
    } catch {
      throw self.error(name, "must be a whole number in its range")
    }
  }

  /// The error that says what is wrong with the value of a field.
  func error(_ name: String, _ what: String) -> DecodingError {
    .dataCorruptedError(forKey: FieldName(name), in: self, debugDescription: what)
  }
}

extension KeyedEncodingContainer<FieldName> {
  /// Writes a field unless its value is `nil`.
  mutating func write(_ name: String, _ value: (some Encodable)?) throws {
    try encodeIfPresent(value, forKey: FieldName(name))
  }

  /// Writes a field, as `null` if its value is `nil`.
  mutating func writeAlways(_ name: String, _ value: (some Encodable)?) throws {
    try encode(value, forKey: FieldName(name))
  }
}
