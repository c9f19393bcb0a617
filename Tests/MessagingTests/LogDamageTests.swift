import Foundation
import Messaging
import PropertyTesting
import Testing

@Suite("Log damage")
struct LogDamageTests {
  @Test("a log cut at any length gives the records before the cut, and reports the tail (P8)")
  func everyTruncation() throws {
    let log = try SmallLog.example()
    try withLogFile { url in
      try Data(log.bytes).write(to: url)
      let file = try FileHandle(forUpdating: url)
      for length in (0..<log.bytes.count).reversed() {
        try file.truncate(atOffset: UInt64(length))
        expectCut(Reading(url), of: log, at: length)
      }
    }
  }

  private func expectCut(_ reading: Reading, of log: SmallLog, at length: Int) {
    guard let commit = log.positions.last(where: { $0.length <= UInt64(length) }) else {
      #expect(reading.error == (length == 0 ? .notALog : .headerCutShort(length: UInt64(length))))
      return
    }
    #expect(reading.error == nil)
    #expect(reading.records == Array(log.records.prefix(commit.records)))
    let rest = UInt64(length) - commit.length
    let tail = rest == 0 ? nil : TornTail(offset: commit.length, bytes: rest, recordBytes: 0)
    #expect(reading.tornTail == tail, "cut at \(length)")
  }

  @Test("any flipped bit is an error, and the records before it are right (P8)")
  func everyFlip() throws {
    let log = try SmallLog.example()
    try withLogFile { url in
      try Data(log.bytes).write(to: url)
      let file = try FileHandle(forUpdating: url)
      for (index, byte) in log.bytes.enumerated() {
        for bit in UInt8(0)..<8 {
          try file.seek(toOffset: UInt64(index))
          try file.write(contentsOf: [byte ^ 1 << bit])
          expectError(Reading(url), of: log, changedAt: index)
        }
        try file.seek(toOffset: UInt64(index))
        try file.write(contentsOf: [byte])
      }
    }
  }

  private func expectError(_ reading: Reading, of log: SmallLog, changedAt index: Int) {
    #expect(reading.tornTail == nil, "byte \(index)")
    switch (index, reading.error) {
    case (0..<8, .notALog), (8..<12, .schemaVersion): #expect(reading.records.isEmpty)
    // Version 2, which is read: but it is not what block 0 follows.
    case (8, .brokenChain(block: 0, offset: 12)): #expect(reading.records.isEmpty)
    case (12..., .checksum(let block, let offset)):
      // The header is block 0, after 12 bytes; then each commit is a block.
      let before = log.positions.prefix(block).last
      #expect(offset == before?.length ?? 12)
      #expect(offset <= index && index < log.positions[block].length)
      #expect(reading.records == Array(log.records.prefix(before?.records ?? 0)))
    default: Issue.record("byte \(index): \(String(describing: reading.error))")
    }
  }

  @Test("in a log of long records, a cut or a flip anywhere never gives wrong records")
  func longRecords() throws {
    let records: [[UInt8]] = [70_000, 3, 200_000, 65_400].map { size in
      (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    }
    let log = try SmallLog([Array(records[..<2]), Array(records[2...])])
    forAll("a cut", .integer(in: Int(log.positions[0].length)...log.bytes.count - 1), count: 60) { length in
      let reading = try Reading(Array(log.bytes[..<length]))
      let committed = log.positions.last { $0.length <= UInt64(length) }?.records ?? 0
      return reading.error == nil && reading.records.count >= committed
        && reading.records == Array(log.records.prefix(reading.records.count))
        && (reading.tornTail != nil || log.positions.contains { $0.length == UInt64(length) })
    }
    forAll("a flip", .integer(in: 0...8 * log.bytes.count - 1), count: 60) { bit in
      var bytes = log.bytes
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      let reading = try Reading(bytes)
      return reading.error != nil && reading.records == Array(log.records.prefix(reading.records.count))
    }
  }

  @Test("a record whose last blocks are missing is a torn tail, also when the cut is between blocks")
  func cutBetweenBlocks() throws {
    let log = try SmallLog([[[8]], [Array(repeating: 1, count: 100_000)]])
    let boundary = log.positions[1].length + 44 + 65_536
    let reading = try Reading(Array(log.bytes[..<Int(boundary)]))
    #expect(reading.records == [[8]])
    #expect(reading.tornTail == TornTail(offset: boundary, bytes: 0, recordBytes: 65_536))
  }

  @Test("a block that was taken out, exchanged or repeated breaks the chain")
  func movedBlocks() throws {
    let log = try SmallLog([[[1]], [[2]], [[3]]])
    let ends = log.positions.map { Int($0.length) }
    let (first, second, third) = (ends[0]..<ends[1], ends[1]..<ends[2], ends[2]..<ends[3])
    for order in [[second, third], [first, third], [second, first, third], [first, first, second]] {
      let bytes = log.bytes[..<ends[0]] + order.flatMap { log.bytes[$0] }
      guard case .brokenChain = try Reading(Array(bytes)).error else {
        Issue.record("\(order)")
        continue
      }
    }
    let other = try SmallLog(
      [[[1]], [[2]]],
      header: LogHeader(program: "", scenario: "", seed: 1, weightsDigest: ""))
    let spliced = log.bytes[..<ends[1]] + other.bytes[Int(other.positions[1].length)...]
    #expect(try Reading(Array(spliced)).error == .brokenChain(block: 2, offset: UInt64(ends[1])))
  }

  @Test("an error stays: reading on after it gives it again")
  func errorsStay() throws {
    let log = try SmallLog.example()
    var bytes = log.bytes
    bytes[Int(log.positions[1].length) + 46] ^= 1
    try withLogFile { url in
      try Data(bytes).write(to: url)
      var reader = try ReplayLogReader(url)
      for record in log.records.prefix(log.positions[1].records) { #expect(try reader.next() == record) }
      for _ in 0..<3 {
        #expect(throws: LogError.checksum(block: 2, offset: log.positions[1].length)) { try reader.next() }
      }
    }
  }

  @Test("a file that is no log is refused by name")
  func strangers() throws {
    #expect(try Reading([]).error == .notALog)
    #expect(try Reading(Array("{\"not\": \"a log\"}".utf8)).error == .notALog)
  }
}
