/// The checksum CRC-32C (Castagnoli), as in iSCSI (RFC 3720) and ext4.
///
/// It detects every error burst of at most 32 bits, and so every flipped bit. It takes eight bytes at a time, with
/// tables (Kounavis and Berry, "Novel Table Lookup-Based Algorithms for High-Performance CRC Generation", 2008,
/// DOI 10.1109/TC.2008.85).
package enum CRC32C {
  package static func checksum(of bytes: [UInt8]) -> UInt32 { checksum(of: bytes.span.bytes) }

  package static func checksum(of bytes: RawSpan) -> UInt32 {
    tables.withUnsafeBufferPointer { tables in
      var remainder = UInt32.max
      var offset = 0
      while offset + 8 <= bytes.byteCount {
        let low =
          remainder ^ UInt32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
        let high = UInt32(
          littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
        remainder = 0
        for index in 0..<4 {
          let shift = UInt32(8 * index)
          remainder ^= tables[256 * (7 - index) + Int(low &>> shift & 0xff)]
          remainder ^= tables[256 * (3 - index) + Int(high &>> shift & 0xff)]
        }
        offset += 8
      }
      while offset < bytes.byteCount {
        let byte = bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
        remainder = tables[Int(UInt8(truncatingIfNeeded: remainder) ^ byte)] ^ remainder &>> 8
        offset += 1
      }
      return ~remainder
    }
  }

  /// The generator polynomial 0x1EDC6F41, its bits reversed.
  private static let polynomial: UInt32 = 0x82f6_3b78

  /// Eight tables of 256: entry `256 * k + b` is the remainder of byte b followed by k zero bytes.
  private static let tables: [UInt32] = {
    var tables: [UInt32] = (0..<256).map { byte in
      (0..<8).reduce(UInt32(byte)) { rest, _ in rest & 1 == 1 ? rest >> 1 ^ polynomial : rest >> 1 }
    }
    for index in 256..<2048 {
      let shorter = tables[index - 256]
      tables.append(tables[Int(shorter & 0xff)] ^ shorter >> 8)
    }
    return tables
  }()
}
