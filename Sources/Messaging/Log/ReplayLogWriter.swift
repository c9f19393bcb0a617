import Foundation

/// A writer of records to a log, which are certain to be on the disk after a commit.
///
/// ```swift
/// let log = try ReplayLogWriter(creating: url, header: header)
/// try log.append(record)
/// let position = try log.commit()  // goes into the checkpoint
/// ```
/// The bytes of the file depend only on the records and on where the commits are (P1). A log that is resumed at a
/// commit continues in the bytes that it would have had (P6).
///
/// An error of ``append(_:)`` or ``commit()`` is final, except for ``LogError/recordTooLarge(bytes:)``: every later
/// call throws it again. Committed records stay, and a log can be resumed at that position.
public final class ReplayLogWriter {
  /// The greatest size of a record, 16 MiB. It bounds the memory of a reader.
  package static let maximumRecordSize = 16 << 20

  /// The position of the last commit; in a new log, the end of the header.
  package private(set) var position: LogPosition
  /// The number of bytes that were cut off when the log was resumed.
  package let discardedBytes: UInt64

  private let file: LogFile
  /// The payload of the block that is being filled, which is never full.
  private var payload: [UInt8] = []
  /// The length of the whole blocks, which are written but may not be synchronized.
  private var length: UInt64
  private var chain: SHA256.Digest
  private var records: Int
  private var failure: LogError?

  /// Makes a new file with a header, which is on the disk on return.
  ///
  /// - Throws: ``LogError/exists``, because a file is never overwritten;
  ///   ``LogError/recordTooLarge(bytes:)`` for a header beyond 16 MiB. No error leaves a file.
  public init(creating url: URL, header: LogHeader) throws(LogError) {
    let encodedHeader = header.encoded
    guard encodedHeader.count <= Self.maximumRecordSize else {
      throw .recordTooLarge(bytes: encodedHeader.count)
    }
    let preamble = LogPreamble.encoded
    file = try LogFile.open(url, .create)
    length = UInt64(preamble.count)
    chain = SHA256.digest(of: preamble)
    records = 0
    discardedBytes = 0
    position = LogPosition(length: length, chain: chain.hex, records: 0)
    do {
      try file.write(preamble, at: 0)
      try add(encodedHeader)
      try commit()
      try LogFile.synchronizeDirectory(of: url)
    } catch {
      LogFile.remove(url)
      throw error
    }
  }

  /// Opens a log to continue it from a commit, and cuts off what lies beyond.
  ///
  /// It takes as long as reading the log up to there. No error changes the file.
  /// - Throws: ``LogError/olderVersion(_:)``; ``LogError/otherHeader(field:)``; ``LogError/notInLog(_:)`` if the log
  ///   has no commit at `position`; the errors of a reader if it is damaged before.
  public init(resuming url: URL, at position: LogPosition, header: LogHeader) throws(LogError) {
    file = try LogFile.open(url, .readAndWrite)
    let size = try file.size()
    var log = try ReplayLogReader(file, size: size)
    guard log.version == LogHeader.schemaVersion else { throw .olderVersion(log.version) }
    if let field = header.difference(from: log.header) { throw .otherHeader(field: field) }
    chain = try log.skip(to: position)
    length = position.length
    records = position.records
    self.position = position
    discardedBytes = size - position.length
    try file.truncate(to: position.length)
    try file.synchronize()
  }

  /// Adds a record. It is certain to be in the file only after ``commit()`` has returned.
  ///
  /// A block is written when it is full, so memory is bounded by a block and a record.
  public func append(_ record: [UInt8]) throws(LogError) {
    guard record.count <= Self.maximumRecordSize else { throw .recordTooLarge(bytes: record.count) }
    try unlessFailed { () throws(LogError) in try add(record) }
    records += 1
  }

  /// Ends the block, and waits until all records appended so far are on the disk.
  @discardableResult
  public func commit() throws(LogError) -> LogPosition {
    try unlessFailed { () throws(LogError) in
      if !payload.isEmpty { try closeBlock() }
      try file.synchronize()
    }
    position = LogPosition(length: length, chain: chain.hex, records: records)
    return position
  }

  private func add(_ record: [UInt8]) throws(LogError) {
    var frame = ByteWriter()
    frame.write(record)
    var rest = frame.bytes[...]
    while !rest.isEmpty {
      let part = rest.prefix(LogBlock.maximumPayload - payload.count)
      payload += part
      rest = rest.dropFirst(part.count)
      if payload.count == LogBlock.maximumPayload { try closeBlock() }
    }
  }

  private func closeBlock() throws(LogError) {
    let block = LogBlock.encoded(payload, after: chain)
    try file.write(block, at: length)
    length += UInt64(block.count)
    chain = SHA256.digest(of: block)
    payload.removeAll(keepingCapacity: true)
  }

  private func unlessFailed(_ work: () throws(LogError) -> Void) throws(LogError) {
    if let failure { throw failure }
    do {
      try work()
    } catch {
      failure = error
      throw error
    }
  }
}
