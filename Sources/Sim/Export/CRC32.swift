/// The checksum CRC-32 of ZIP, Ethernet (IEEE 802.3) and PNG, of bytes that come in pieces.
///
/// It is another polynomial than that of `CRC32C`, which logs and TensorBoard's event files use.
package struct CRC32: Sendable {
  private var remainder = UInt32.max

  package init() {}

  package static func checksum(of bytes: [UInt8]) -> UInt32 {
    var sum = CRC32()
    sum.update(bytes)
    return sum.value
  }

  /// The checksum of all bytes so far.
  package var value: UInt32 { ~remainder }

  package mutating func update(_ bytes: some Sequence<UInt8>) {
    var rest = remainder
    Self.table.withUnsafeBufferPointer { table in
      for byte in bytes { rest = table[Int(UInt8(truncatingIfNeeded: rest) ^ byte)] ^ rest &>> 8 }
    }
    remainder = rest
  }

  /// The remainder of each byte, by the polynomial 0x04C11DB7 with its bits reversed.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { rest, _ in rest & 1 == 1 ? rest >> 1 ^ 0xedb8_8320 : rest >> 1 }
  }
}
