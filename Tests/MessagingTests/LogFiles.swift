import Foundation
import Messaging

/// Runs `body` with the path of a log that does not exist, in a directory of its own.
func withLogFile<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let directory = FileManager.default.temporaryDirectory.appending(path: "troupe-log-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
  defer { try? FileManager.default.removeItem(at: directory) }
  return try body(directory.appending(path: "episodes.log"))
}

extension LogHeader {
  static let example = LogHeader(
    program: "troupe 0.1", scenario: "{ tasks: ['arithmetic'] }", seed: 7, weightsDigest: "ab12",
    conditions: [
      .init(name: "products", value: "OpenBLAS 0.3.21, Zen"), .init(name: "weather", value: "fine"),
    ])
}

/// A step of a test's writer: a record, and whether a commit follows it.
struct Entry: Sendable, CustomStringConvertible {
  var record: [UInt8]
  var isCommitted: Bool

  var description: String { "\(record.count) bytes\(isCommitted ? ", commit" : "")" }
}

extension ReplayLogWriter {
  func write(_ entries: some Sequence<Entry>) throws {
    for entry in entries {
      try append(entry.record)
      if entry.isCommitted { try commit() }
    }
  }
}

/// The result of reading a file.
struct Reading {
  var records: [[UInt8]] = []
  var tornTail: TornTail?
  var error: LogError?

  init(_ url: URL) {
    do {
      var log = try ReplayLogReader(url)
      while let record = try log.next() { records.append(record) }
      tornTail = log.tornTail
    } catch {
      self.error = error
    }
  }

  init(_ bytes: [UInt8]) throws {
    self = try withLogFile { url in
      try Data(bytes).write(to: url)
      return Reading(url)
    }
  }
}

/// A small log in memory, with the places where its blocks end.
struct SmallLog {
  let bytes: [UInt8]
  /// The commits, one record each, with the header's first.
  let positions: [LogPosition]
  let records: [[UInt8]]

  /// `commits` are lists of records.
  init(_ commits: [[[UInt8]]], header: LogHeader = .example) throws {
    (bytes, positions) = try withLogFile { url in
      let log = try ReplayLogWriter(creating: url, header: header)
      var positions = [log.position]
      for records in commits {
        for record in records { try log.append(record) }
        positions.append(try log.commit())
      }
      return (Array(try Data(contentsOf: url)), positions)
    }
    records = commits.flatMap { $0 }
  }

  static func example() throws -> SmallLog {
    try SmallLog([[[1, 2, 3], []], [Array("hello".utf8)], [Array(repeating: 9, count: 130), [0]]])
  }
}
