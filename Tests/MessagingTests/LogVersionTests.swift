import Foundation
import Messaging
import Testing

/// What Troupe does with logs that another version wrote.
@Suite("Log versions")
struct LogVersionTests {
  /// A log of version 2 as `record_log_golden.py` printed it when that was the version that was written: kernel "Zen",
  /// heights 1, 2 and 3, and the records [1, 2, 3] and [].
  private static let version2: [UInt8] = {
    let text = """
      8954524f5550450a0200000034000000683847c0cc3b58553ce12c91d1299deefb7dda50fd362da1c5a6f6b41bc23683\
      fc314939710b6e6e330a74726f75706520302e31197b207461736b733a205b2761726974686d65746963275d207d0704\
      61623132035a656e0301020305000000ed968cab8b94e8c4be80c177763036569286c904ae41d24fe65d992f827f8e93\
      82fb48432f5e1fe30301020300
      """
    let digits = text.compactMap { $0.hexDigitValue }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(16 * digits[$0] + digits[$0 + 1]) }
  }()
  private static let end = LogPosition(
    length: 157, chain: "5135bcba63fd936649b58a7f613d2236440bbb9a5bb4495f7dda83b7a75a2ee3", records: 2)

  /// Its header: the two fields about products become conditions.
  private static let header: LogHeader = {
    var header = LogHeader.example
    header.conditions = [
      .init(name: "BLAS kernel", value: "Zen"), .init(name: "block heights", value: "1, 2, 3"),
    ]
    return header
  }()

  private func withVersion2(_ body: (URL) throws -> Void) throws {
    try withLogFile { url in
      try Data(Self.version2).write(to: url)
      try body(url)
    }
  }

  @Test("a log of version 2 is read, and what it says of kernels and heights are conditions")
  func read() throws {
    try withVersion2 { url in
      let reader = try ReplayLogReader(url)
      #expect(reader.version == 2 && reader.header == Self.header)
      #expect(Reading(url).records == [[1, 2, 3], []] && Reading(url).error == nil)
    }
    // Where no model played, there were no kernel and no heights.
    let bytes = HandmadeLog(version: 2, firstBlock: [6, 0, 0, 0, 0, 0, 0]).bytes
    try withLogFile { url in
      try Data(bytes).write(to: url)
      #expect(try ReplayLogReader(url).header.conditions == [])
    }
  }

  @Test("a header is read in its own version's layout and in no other")
  func layouts() throws {
    let (two, three): ([UInt8], [UInt8]) = ([6, 0, 0, 0, 0, 0, 0], [5, 0, 0, 0, 0, 0])
    for (version, record, isRead) in [(2, two, true), (3, three, true), (2, three, false), (3, two, false)] {
      let log = HandmadeLog(version: UInt8(version), firstBlock: record)
      #expect(try (Reading(log.bytes).error == nil) == isRead, "version \(version)")
    }
  }

  @Test(
    "a log of version 2 is not continued: the error says so and what is left, and the file stays as it is")
  func resume() throws {
    try withVersion2 { url in
      let error = #expect(throws: LogError.olderVersion(2)) {
        try ReplayLogWriter(resuming: url, at: Self.end, header: Self.header)
      }
      #expect(
        error?.description
          == "a replay log of version 2, which this program cannot continue, as it writes version 4; the log can still be "
          + "replayed, printed and forked")
      let after = try Data(contentsOf: url)
      #expect(after == Data(Self.version2))
    }
  }

  @Test(
    "a version that is not read is named, with whoever reads it, if that is known",
    arguments: [
      (0, "a replay log of version 0; this program reads versions 2 to 4"),
      (
        1,
        "a replay log of version 1, which the sources of troupe before commit 71b07b2 read; this program reads versions 2 to 4"
      ),
      (5, "a replay log of version 5, which a newer troupe wrote; this program reads versions 2 to 4"),
    ] as [(UInt8, String)])
  func unknown(version: UInt8, says: String) throws {
    var bytes = try SmallLog.example().bytes
    bytes[8] = version
    let error = try Reading(bytes).error
    #expect(error == .schemaVersion(found: UInt32(version)) && error?.description == says)
  }
}
