/// A writer with which a message writes its bytes itself, where `Codable` is too slow.
///
/// The bytes must be the same as those of `Codable`: maps have their keys sorted, shorter keys first.
public struct CBORWriter {
  var bytes: [UInt8] = []

  /// Begins a map of `count` pairs, each a key and a value.
  public mutating func beginMap(_ count: Int) { CBOR.writeHead(5, UInt64(count), to: &bytes) }
  public mutating func key(_ name: String) { CBOR.write(name, to: &bytes) }
  public mutating func write(_ value: String) { CBOR.write(value, to: &bytes) }
  public mutating func write(_ value: Int) { CBOR.write(value, to: &bytes) }
  public mutating func write(_ value: Bool) { CBOR.write(value, to: &bytes) }

  /// Writes any value by way of `Codable`.
  public mutating func write(codable value: some Encodable) throws { bytes += try CBOREncoder.encode(value) }
}
