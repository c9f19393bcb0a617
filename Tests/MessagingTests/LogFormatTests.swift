import Messaging
import Testing

/// Logs put together byte by byte, after docs/log-format.md, by nothing the writer uses but the two hashes.
struct HandmadeLog {
  private(set) var bytes: [UInt8]
  private var chain: [UInt8]

  init(version: UInt8 = 4, firstBlock: [UInt8]) {
    bytes = [0x89] + Array("TROUPE\n".utf8) + [version, 0, 0, 0]
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
        8954524f5550450a0400000058000000d8135a6f16d6e2bb220d25228654eafed1cb84a5bdf3b1018f4f8f2362bdf3da\
        5391e6056c967b99570a74726f75706520302e31197b207461736b733a205b2761726974686d65746963275d207d0704\
        61623132020870726f6475637473144f70656e424c415320302e332e32312c205a656e07776561746865720466696e65\
        05000000ed968cab3a003d6194736c7f7069ef926dcfa898dd45e6a14aeb3178abdf0d1c5bfac87c261eff8b03010203\
        00
        """)
    let chain = "669fb36bb25aaec6e988048c884d835bea9d561bad1a34c51380a5d39d4ed83f"
    #expect(small.positions.last == LogPosition(length: 193, chain: chain, records: 2))

    let long = (0..<200_000).map { UInt8(truncatingIfNeeded: 31 * $0) }
    let large = try SmallLog([[[1, 2, 3], []], [long, Array("end".utf8)]])
    let longChain = "a5d402fba22ac72f421a3e5c733e77391013072bf79b5f35f37f18f364e8a2c2"
    #expect(large.positions.last == LogPosition(length: 200_376, chain: longChain, records: 4))
    let digest = "2045b0d35f285f58de870c35a4aa404d38f8d33fc378aa4a7dd812063d526a89"
    #expect(SHA256.digest(of: large.bytes).hex == digest)
  }

  /// A header of empty texts, seed 0 and no conditions.
  private static let emptyHeader: [UInt8] = [5, 0, 0, 0, 0, 0]

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
    for record: [UInt8] in [
      [0], [3, 1, 0xff, 0], [6, 0, 0, 0, 0, 0, 0], [5, 0, 0, 0, 0, 0x7f], [6, 0, 0, 0, 0, 1, 0],
    ] {
      guard
        case .malformed(_, block: 0, offset: 12) = try Reading(HandmadeLog(firstBlock: record).bytes).error
      else {
        Issue.record("\(record)")
        continue
      }
    }
  }
}
