import Foundation
import Messaging
import PropertyTesting
import Testing

@Suite("Log round trip")
struct LogRoundTripTests {
  /// Sizes around those where a record with its length fills a block, and beyond.
  static let sizes = [0, 1, 127, 128, 65_532, 65_533, 65_534, 65_535, 65_536, 65_537, 131_072, 300 << 10]

  static let entries: Generator<[Entry]> = .array(
    of: Generator.zip(
      .oneOf(.integer(in: 0...300), .element(of: sizes)), .integer(in: UInt8.min...UInt8.max), .bool
    ).map { size, first, isCommitted in
      Entry(record: (0..<size).map { first &+ UInt8(truncatingIfNeeded: $0) }, isCommitted: isCommitted)
    }, count: 0...8)

  @Test("what is read is what was written, whatever the sizes and the commits")
  func roundTrip() {
    forAll("records come back", Self.entries, count: 50) { entries in
      try withLogFile { url in
        let log = try ReplayLogWriter(creating: url, header: .example)
        try log.write(entries)
        let position = try log.commit()
        let reading = Reading(url)
        return reading.records == entries.map(\.record) && reading.tornTail == nil && reading.error == nil
          && position.records == entries.count
      }
    }
  }

  @Test("the same records and commits give the same bytes (P1)")
  func sameBytes() {
    forAll("two files are equal", Self.entries, count: 20) { entries in
      let files = try (0..<2).map { _ in
        try withLogFile { url in
          let log = try ReplayLogWriter(creating: url, header: .example)
          try log.write(entries)
          try log.commit()
          return try Data(contentsOf: url)
        }
      }
      return files[0] == files[1]
    }
  }

  @Test("a header comes back, also one longer than a block")
  func headers() throws {
    var long = LogHeader.example
    long.scenario = String(repeating: "é", count: 100_000)
    long.seed = .max
    long.conditions = []
    for header in [LogHeader.example, long] {
      try withLogFile { url in
        let log = try ReplayLogWriter(creating: url, header: header)
        try log.append([5])
        try log.commit()
        var reader = try ReplayLogReader(url)
        #expect(reader.header == header)
        #expect(try reader.next() == [5])
        #expect(try reader.next() == nil)
      }
    }
  }

  @Test("a commit of nothing changes nothing")
  func emptyCommit() throws {
    try withLogFile { url in
      let log = try ReplayLogWriter(creating: url, header: .example)
      #expect(try log.commit() == log.position)
      let before = try Data(contentsOf: url)
      try log.commit()
      #expect(try Data(contentsOf: url) == before)
      #expect(log.position.length == UInt64(before.count))
    }
  }

  @Test("what is appended and not committed is not promised, what is committed is in the file")
  func commits() throws {
    try withLogFile { url in
      let log = try ReplayLogWriter(creating: url, header: .example)
      try log.append([1])
      try log.commit()
      try log.append([2])
      #expect(Reading(url).records == [[1]])
      try log.commit()
      #expect(Reading(url).records == [[1], [2]])
    }
  }

  @Test("a record of the greatest size comes back, a greater one is refused and leaves the log usable")
  func greatestRecord() throws {
    try withLogFile { url in
      let log = try ReplayLogWriter(creating: url, header: .example)
      let greatest = [UInt8](repeating: 3, count: ReplayLogWriter.maximumRecordSize)
      try log.append(greatest)
      #expect(throws: LogError.recordTooLarge(bytes: greatest.count + 1)) { try log.append(greatest + [0]) }
      try log.append([4])
      try log.commit()
      #expect(Reading(url).records == [greatest, [4]])
    }
  }

  @Test("a copy of a reader reads on independently")
  func copies() throws {
    try withLogFile { url in
      let log = try ReplayLogWriter(creating: url, header: .example)
      try log.write([[1], [2]].map { Entry(record: $0, isCommitted: true) })
      var first = try ReplayLogReader(url)
      var second = first
      #expect(try first.next() == [1])
      #expect(try first.next() == [2])
      #expect(try second.next() == [1])
    }
  }
}
