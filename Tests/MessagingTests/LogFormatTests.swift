import Messaging
import Testing

/// Logs put together byte by byte, after docs/log-format.md, by nothing the writer uses but the two hashes.
struct HandmadeLog {
  private(set) var bytes: [UInt8] = [0x89] + Array("TROUPE\n".utf8) + [2, 0, 0, 0]
  private var chain: [UInt8]

  init(firstBlock: [UInt8]) {
    chain = SHA256.digest(of: bytes).bytes
    add(firstBlock)
  }

  mutating func add(_ payload: [UInt8]) {
    var block =
      Self.littleEndian(UInt32(payload.count)) + Self.littleEndian(CRC32C.checksum(of: payload)) + chain
    block += Self.littleEndian(CRC32C.checksum(of: block))
    block += payload
    bytes += block
    chain = SHA256.digest(of: block).bytes
  }

  private static func littleEndian(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}

@Suite("Log format")
struct LogFormatTests {
  /// Bytes and chains as `record_log_golden.py` prints them, which was written from docs/log-format.md.
  @Test("the writer writes the bytes that the format's page describes")
  func golden() throws {
    let small = try SmallLog([[[1, 2, 3], []]])
    let hex = small.bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    #expect(
      hex == """
        8954524f5550450a0200000034000000683847c0cc3b58553ce12c91d1299deefb7dda50fd362da1c5a6f6b41bc23683\
        fc314939710b6e6e330a74726f75706520302e31197b207461736b733a205b2761726974686d65746963275d207d0704\
        61623132035a656e0301020305000000ed968cab8b94e8c4be80c177763036569286c904ae41d24fe65d992f827f8e93\
        82fb48432f5e1fe30301020300
        """)
    let chain = "5135bcba63fd936649b58a7f613d2236440bbb9a5bb4495f7dda83b7a75a2ee3"
    #expect(small.positions.last == LogPosition(length: 157, chain: chain, records: 2))

    let long = (0..<200_000).map { UInt8(truncatingIfNeeded: 31 * $0) }
    let large = try SmallLog([[[1, 2, 3], []], [long, Array("end".utf8)]])
    let longChain = "3912be7a19ff46846c4c843d05ae94fc999f13611e50346ed9e09d42fc3e416c"
    #expect(large.positions.last == LogPosition(length: 200_340, chain: longChain, records: 4))
    let digest = "882f66c30cf649d7880a56415d41b2a03b2e542d64c09003fb56f62f155a78ce"
    #expect(SHA256.digest(of: large.bytes).hex == digest)
  }

  /// A header of empty texts, seed 0 and no heights.
  private static let emptyHeader: [UInt8] = [6, 0, 0, 0, 0, 0, 0]

  @Test("a log put together by hand is read, whatever blocks its records are cut into")
  func byHand() throws {
    var log = HandmadeLog(firstBlock: Self.emptyHeader + [2])
    log.add([7])
    log.add([8, 0x81])
    log.add([0x01] + Array(repeating: 5, count: 129))
    #expect(try Reading(log.bytes).records == [[7, 8], Array(repeating: 5, count: 129)])
    #expect(try Reading(log.bytes).error == nil)
  }

  @Test("a block of no bytes, or of more than 64 KiB, is malformed")
  func blockSizes() throws {
    for size in [0, 65_537] {
      var log = HandmadeLog(firstBlock: Self.emptyHeader)
      let offset = UInt64(log.bytes.count)
      log.add(Array(repeating: 0, count: size))
      #expect(
        try Reading(log.bytes).error == .malformed(expected: "1 to 65536 bytes", block: 1, offset: offset))
    }
  }

  @Test(
    "a length that no record has is malformed, and nothing is allocated for it",
    arguments: [
      [0x81, 0x80, 0x80, 0x08], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
      [0x80, 0x80, 0x80, 0x80, 0x00],
    ] as [[UInt8]])
  func recordLengths(length: [UInt8]) throws {
    var log = HandmadeLog(firstBlock: Self.emptyHeader)
    log.add([1, 9])
    let offset = UInt64(log.bytes.count) + 44 + 3
    log.add(length)
    let reading = try Reading(log.bytes)
    #expect(reading.records == [[9]])
    #expect(
      reading.error
        == .malformed(expected: "a record of at most 16777216 bytes", block: 2, offset: offset))
  }

  @Test("a first record that is no header is malformed")
  func headers() throws {
    for record: [UInt8] in [[0], [3, 1, 0xff, 0], [7, 0, 0, 0, 0, 0, 0, 0], [6, 0, 0, 0, 0, 0, 0x7f]] {
      guard
        case .malformed(_, block: 0, offset: 12) = try Reading(HandmadeLog(firstBlock: record).bytes).error
      else {
        Issue.record("\(record)")
        continue
      }
    }
  }
}
