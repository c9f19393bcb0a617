/// Writes a message's bytes directly, where `Codable` is too slow.
///
/// The bytes must be those that `Codable` would give: maps with their keys sorted, shorter ones first.
public struct CBORWriter {
  var bytes: [UInt8] = []

  /// Begins a map of `count` pairs; each is a key and a value.
  public mutating func beginMap(_ count: Int) { CBOR.writeHead(5, UInt64(count), to: &bytes) }
  public mutating func key(_ name: String) { CBOR.write(name, to: &bytes) }
  public mutating func write(_ value: String) { CBOR.write(value, to: &bytes) }
  public mutating func write(_ value: Int) { CBOR.write(value, to: &bytes) }
  public mutating func write(_ value: Bool) { CBOR.write(value, to: &bytes) }

  public mutating func write<R>(_ reply: ReplyTo<R>) {
    beginMap(1)
    key("ask")
    write(reply.ask)
  }

  /// Any value, by way of `Codable`.
  public mutating func write(codable value: some Encodable) throws { bytes += try CBOREncoder.encode(value) }
}

extension Message {
  /// By way of `Codable`.
  public func encode(to writer: inout CBORWriter) throws { try writer.write(codable: self) }

  /// What a record holds of it.
  var encoded: [UInt8] {
    get throws {
      var writer = CBORWriter()
      try encode(to: &writer)
      return writer.bytes
    }
  }
}
