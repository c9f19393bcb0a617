import Messaging
import Testing

/// Logs put together byte by byte, after docs/log-format.md, by nothing the writer uses but the two hashes.
struct HandmadeLog {
  private(set) var bytes: [UInt8] = [0x89] + Array("TROUPE\n".utf8) + [1, 0, 0, 0]
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
  /// Bytes and chain from a Python script written from docs/log-format.md (hashlib, a CRC bit by bit).
  @Test("the writer writes the bytes that the format's page describes")
  func golden() throws {
    let small = try SmallLog([[[1, 2, 3], []]])
    let hex = small.bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    #expect(
      hex == """
        8954524f5550450a0100000034000000683847c0b1354451a017d1e82cbb6ed88238d4ac06c924cbf086e8e76ed4c58d\
        d44f5fc1ab0709eb330a74726f75706520302e31197b207461736b733a205b2761726974686d65746963275d207d0704\
        61623132035a656e0301020305000000ed968cab40b09046f8b97570fdafcadc08ae3360068253965a7f01f2ba8dbaa6\
        bc194f82241875e10301020300
        """)
    let chain = "1e8064fd944c5af0a975115bc942fee5b62b22c48f420b5b2d64421455f34c84"
    #expect(small.positions.last == LogPosition(length: 157, chain: chain, records: 2))

    let long = (0..<200_000).map { UInt8(truncatingIfNeeded: 31 * $0) }
    let large = try SmallLog([[[1, 2, 3], []], [long, Array("end".utf8)]])
    let longChain = "65871042c371d6fa21744447c2522ac85275ddc492aafed403fa9f06735b8a79"
    #expect(large.positions.last == LogPosition(length: 200_340, chain: longChain, records: 4))
    let digest = "0b080d2d284556b9e56374b05fed81d18f04a15c289ec35168137f719e4b46f9"
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
