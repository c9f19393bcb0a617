import Foundation

/// A reader of a log's records, in order.
///
/// ```swift
/// var log = try ReplayLogReader(url)
/// while let record = try log.next() { … }
/// if let tail = log.tornTail { report(tail) }
/// ```
/// A record is returned only after the checksum and the hash chain of its blocks were checked, so a changed log ends
/// in an error and never in wrong records. The file alone cannot show two things: that it was cut exactly where a block
/// and a record end (a ``LogPosition`` that is kept elsewhere shows it), and whether the records of its last blocks
/// were committed.
///
/// Memory is bounded by a block and a record. The time is that of SHA-256, about 4 ms a MiB. A copy reads on
/// independently. The reader does not see what is appended to the file after `init`.
package struct ReplayLogReader: Sendable {
  package let header: LogHeader
  /// The version of the file's format. A log with an older version than ``LogHeader/schemaVersion`` is read in the same
  /// way, but ``ReplayLogWriter`` does not continue it.
  package let version: UInt32
  /// The incomplete end of the file, if ``next()`` has returned `nil` before the end of the file or inside a record.
  package private(set) var tornTail: TornTail?

  private var records: LogRecordReader
  private var recordCount = 0

  /// Opens a log and reads its header.
  package init(_ url: URL) throws(LogError) {
    let file = try LogFile.open(url, .read)
    try self.init(file, size: try file.size())
  }

  init(_ file: LogFile, size: UInt64) throws(LogError) {
    records = try LogRecordReader(file, size: size)
    version = records.blocks.version
    guard let first = try records.next() else { throw .headerCutShort(length: size) }
    do {
      header = try LogHeader(encoded: first, version: version)
    } catch {
      throw .malformed(
        expected: "a header, and in it \(error.expected)", block: 0, offset: UInt64(LogPreamble.size))
    }
  }

  /// Returns the next record; `nil` at the end, or where the torn tail begins. Later calls throw an error again.
  package mutating func next() throws(LogError) -> [UInt8]? {
    guard let record = try records.next() else {
      tornTail = records.tornTail
      return nil
    }
    recordCount += 1
    return record
  }

  /// The place where the next record begins.
  var place: LogRecordReader.Place { records.place }

  /// Reads on to `position`, where a block and a record end.
  ///
  /// - Throws: ``LogError/notInLog(_:)`` if there is no such place.
  mutating func skip(to position: LogPosition) throws(LogError) -> SHA256.Digest {
    while records.blocks.offset < position.length || !records.isBetweenBlocks {
      guard try next() != nil else { throw .notInLog(position) }
    }
    let chain = records.blocks.chain
    guard records.blocks.offset == position.length, recordCount == position.records,
      chain.hex == position.chain
    else { throw .notInLog(position) }
    return chain
  }
}
