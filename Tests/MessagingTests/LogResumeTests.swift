import Foundation
import Messaging
import PropertyTesting
import Testing

@Suite("Log resume")
struct LogResumeTests {
  @Test("a log that was interrupted and resumed has the bytes of one that was not (P6)")
  func sameBytes() {
    let cases = Generator.zip(
      LogRoundTripTests.entries, LogRoundTripTests.entries, LogRoundTripTests.entries,
      Generator.array(of: .integer(in: UInt8.min...UInt8.max), count: 0...100))
    forAll("resumed equals uninterrupted", cases, count: 25) { before, lost, after, garbage in
      let (whole, end) = try withLogFile { url in
        let log = try ReplayLogWriter(creating: url, header: .example)
        try log.write(before)
        try log.commit()
        try log.write(after)
        return (
          try {
            try log.commit(); return try Data(contentsOf: url)
          }(), log.position
        )
      }
      return try withLogFile { url in
        let interrupted = try ReplayLogWriter(creating: url, header: .example)
        try interrupted.write(before)
        let position = try interrupted.commit()
        try interrupted.write(lost)
        let tail = try FileHandle(forWritingTo: url)
        try tail.seekToEnd()
        try tail.write(contentsOf: garbage)
        try tail.close()
        let size = UInt64(try Data(contentsOf: url).count)

        let resumed = try ReplayLogWriter(resuming: url, at: position, header: .example)
        guard resumed.discardedBytes == size - position.length, resumed.position == position else {
          return false
        }
        try resumed.write(after)
        return try resumed.commit() == end && Data(contentsOf: url) == whole
      }
    }
  }

  @Test("a log can be resumed at each of its commits")
  func everyCommit() throws {
    let log = try SmallLog.example()
    for position in log.positions {
      try withLogFile { url in
        try Data(log.bytes).write(to: url)
        let resumed = try ReplayLogWriter(resuming: url, at: position, header: .example)
        #expect(resumed.discardedBytes == UInt64(log.bytes.count) - position.length)
        #expect(Reading(url).records == Array(log.records.prefix(position.records)))
      }
    }
  }

  /// Tries to resume the example and expects the file untouched.
  private func refusal(at position: LogPosition, header: LogHeader = .example, _ bytes: [UInt8]) throws
    -> LogError?
  {
    try withLogFile { url -> LogError? in
      try Data(bytes).write(to: url)
      defer { #expect((try? Data(contentsOf: url)) == Data(bytes)) }
      do throws(LogError) {
        _ = try ReplayLogWriter(resuming: url, at: position, header: header)
        return nil
      } catch {
        return error
      }
    }
  }

  @Test("another header is refused, and the error names the field")
  func otherHeader() throws {
    let log = try SmallLog.example()
    let changes: [(inout LogHeader) -> Void] = [
      { $0.program = "troupe 9" }, { $0.seed = 8 }, { $0.scenario = "{}" }, { $0.weightsDigest = "cd" },
      { $0.conditions[0].value = "OpenBLAS 0.3.21, Haswell" }, { $0.conditions = [] },
      { $0.conditions.append(.init(name: "moon", value: "full")) }, { $0.conditions.reverse() },
    ]
    let fields = [
      "program", "seed", "scenario", "weights",
      "value of products (OpenBLAS 0.3.21, Zen, not OpenBLAS 0.3.21, Haswell)",
      "value of products (OpenBLAS 0.3.21, Zen, not the default)", "value of moon (the default, not full)",
      "list of conditions",
    ]
    for (change, field) in zip(changes, fields) {
      var header = LogHeader.example
      change(&header)
      let error = try refusal(at: log.positions[1], header: header, log.bytes)
      guard case .otherHeader(let named) = error else {
        Issue.record("\(field): \(String(describing: error))")
        continue
      }
      #expect(named.contains(field))
    }
  }

  @Test("a position that the log does not pass through is refused and changes nothing")
  func otherPosition() throws {
    let log = try SmallLog.example()
    let commit = log.positions[2]
    var wrong: [LogPosition] = []
    for length in 0...UInt64(log.bytes.count + 1) where !log.positions.map(\.length).contains(length) {
      wrong.append(LogPosition(length: length, chain: commit.chain, records: commit.records))
    }
    wrong.append(LogPosition(length: commit.length, chain: log.positions[1].chain, records: commit.records))
    wrong.append(LogPosition(length: commit.length, chain: commit.chain, records: commit.records + 1))
    wrong.append(LogPosition(length: .max, chain: commit.chain, records: commit.records))
    for position in wrong {
      let error = try refusal(at: position, log.bytes)
      #expect(error == .notInLog(position), "at byte \(position.length)")
    }
  }

  @Test("another log with the same lengths is refused")
  func otherLog() throws {
    let one = try SmallLog([[[1]], [[2]]])
    let other = try SmallLog([[[3]], [[2]]])
    #expect(try refusal(at: one.positions[2], other.bytes) == .notInLog(one.positions[2]))
  }

  @Test("a position survives JSON")
  func coding() throws {
    let position = try SmallLog.example().positions[2]
    #expect(try JSONDecoder().decode(LogPosition.self, from: JSONEncoder().encode(position)) == position)
  }
}
