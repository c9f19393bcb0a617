/// The unit in which a log is written and checked: a header of 44 bytes and a payload.
///
/// ```
///  0  payload length, 1...65536     UInt32, little-endian
///  4  CRC-32C of the payload        UInt32, little-endian
///  8  SHA-256 of the block before   32 bytes
/// 40  CRC-32C of bytes 0..<40       UInt32, little-endian
/// ```
/// The header's own checksum makes the length certain. So a file that is shorter than a header says was cut off, and a
/// flipped bit in the length is a wrong checksum and not a torn tail.
enum LogBlock {
  static let headerSize = 44
  static let maximumPayload = 64 << 10

  static func encoded(_ payload: [UInt8], after previous: SHA256.Digest) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(headerSize + payload.count)
    bytes.append(littleEndian: UInt32(payload.count))
    bytes.append(littleEndian: CRC32C.checksum(of: payload))
    bytes += previous.bytes
    bytes.append(littleEndian: CRC32C.checksum(of: bytes))
    bytes += payload
    return bytes
  }

  struct Header {
    var payloadLength: Int
    var payloadChecksum: UInt32
    /// The hash of the block before.
    var previous: [UInt8]

    /// Reads a header; `nil` if its checksum is wrong.
    init?(_ bytes: [UInt8]) {
      guard CRC32C.checksum(of: Array(bytes[..<40])) == bytes.littleEndian(at: 40) else { return nil }
      payloadLength = Int(bytes.littleEndian(at: 0))
      payloadChecksum = bytes.littleEndian(at: 4)
      previous = Array(bytes[8..<40])
    }
  }
}

/// The first 12 bytes of a log, from which the hash chain starts.
enum LogPreamble {
  /// A byte that is not text, a name, and a line end, which a transfer as text would change.
  static let magic: [UInt8] = [0x89] + Array("TROUPE\n".utf8)
  static let size = 12

  static var encoded: [UInt8] {
    var bytes = magic
    bytes.append(littleEndian: LogHeader.schemaVersion)
    return bytes
  }

  /// Checks the first bytes of a file, at most `size` of them, and returns the version of its format.
  static func version(of bytes: [UInt8]) throws(LogError) -> UInt32 {
    guard !bytes.isEmpty, bytes.prefix(magic.count).elementsEqual(magic.prefix(bytes.count)) else {
      throw .notALog
    }
    guard bytes.count == size else { throw .headerCutShort(length: UInt64(bytes.count)) }
    let version = bytes.littleEndian(at: 8)
    guard LogHeader.readableVersions.contains(version) else { throw .schemaVersion(found: version) }
    return version
  }
}

extension [UInt8] {
  fileprivate mutating func append(littleEndian value: UInt32) {
    for shift in stride(from: UInt32(0), to: 32, by: 8) { append(UInt8(truncatingIfNeeded: value >> shift)) }
  }

  fileprivate func littleEndian(at offset: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(self[offset + $1]) << UInt32(8 * $1) }
  }
}
