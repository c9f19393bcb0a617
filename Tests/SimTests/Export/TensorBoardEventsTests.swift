import Foundation
import Messaging
import Testing

@testable import Sim

@Suite("Event files of TensorBoard")
struct TensorBoardEventsTests {
  /// What tensorboard 2.21.0 writes of these events, by `RecordWriter` and `event_pb2.Event(...).SerializeToString()`.
  private static let golden =
    "1800000000000000a37f4b2209000000c0a136cc411a0d627261696e2e4576656e743a32538101f64a01000000000000"
    + "a9474bfa0900000056a236cc4110ac022abb020a110a0a6d6574726963732f6b6c150000003e0aa5020a0f7265776172"
    + "642f6578656375746f722a910209000000000000d0bf11000000000000f03f19000000000000084021000000000000fc"
    + "3f29000000000080004032709a9999999999c9bf9a9999999999b9bf00000000000000009a9999999999b93f9a999999"
    + "9999c93f333333333333d33f9a9999999999d93f000000000000e03f333333333333e33f666666666666e63f9a999999"
    + "9999e93fcdccccccccccec3f000000000000f03f9a9999999999f13f3a70000000000000f03f00000000000000000000"
    + String(repeating: "0", count: 96)
    + "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000040195f"
    + "c5ed"

  @Test("an event file has the bytes that TensorBoard itself writes")
  func bytes() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "events-\(UUID())")
    defer { try? FileManager.default.removeItem(at: url) }
    var histogram = TensorBoardEvents.Histogram()
    for number in [1, -0.25, 1, Double.nan, .infinity] { histogram.add(number) }
    let events = try TensorBoardEvents(DraftFile(url))
    try events.add(
      step: 300, [("metrics/kl", .scalar(0.125)), ("reward/executor", .histogram(histogram))])
    try events.finish()
    let written = try Data(contentsOf: url).map { hexadecimal($0) }.joined()
    #expect(written == Self.golden)
  }

  @Test("a record's checksums are CRC-32C, masked")
  func checksums() {
    // RFC 3720, appendix B.4: the CRC-32C of 32 bytes of zeros is 0x8a9136aa.
    let zeros = Array(repeating: UInt8(0), count: 32)
    #expect(CRC32C.checksum(of: zeros) == 0x8a91_36aa)
    let rotated: UInt32 = 0x6d55_1522
    #expect(TensorBoardEvents.masked(zeros) == rotated &+ 0xa282_ead8)
    let record = TensorBoardEvents.record(zeros)
    #expect(record.count == 8 + 4 + 32 + 4 && record[0..<8].elementsEqual([32, 0, 0, 0, 0, 0, 0, 0]))
  }

  @Test("the bins of a histogram hold all numbers, also those beyond them and those a rounding error below")
  func bins() {
    var histogram = TensorBoardEvents.Histogram()
    #expect(histogram.isEmpty)
    histogram.add(.nan)
    #expect(histogram.isEmpty)
    for number in [-1e300, 0.1 + 0.2 - 1e-12, 1e300] { histogram.add(number) }
    #expect(!histogram.isEmpty)
  }
}
