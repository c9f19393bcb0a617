/// The reason why a replay log cannot be written or read.
public enum LogError: Error, Sendable, Hashable {
  /// The file does not begin as a log does.
  case notALog
  /// The log has a version of the format that this program cannot read.
  case schemaVersion(found: UInt32)
  /// The log has an older version of the format, which this program reads but does not continue.
  case olderVersion(UInt32)
  /// The file ends inside its header, so nothing was ever committed to it.
  case headerCutShort(length: UInt64)
  /// Bytes of a block were changed after they were written, or never reached the disk.
  case checksum(block: Int, offset: UInt64)
  /// The block is sound, but does not follow the one before it: blocks are missing, moved or exchanged.
  case brokenChain(block: Int, offset: UInt64)
  /// The block is sound, but its content makes no sense, because of a faulty writer.
  case malformed(expected: String, block: Int, offset: UInt64)
  case recordTooLarge(bytes: Int)
  case exists
  case notFound
  /// The log was begun with another header; `field` is the first one that differs.
  case otherHeader(field: String)
  /// The log does not pass through the position from which to continue it.
  case notInLog(LogPosition)
  /// The operating system refused an operation.
  case io(operation: String, reason: String)
}

extension LogError: CustomStringConvertible {
  /// One line that says what is wrong and where.
  public var description: String {
    switch self {
    case .notALog: "not a replay log"
    case .schemaVersion(let found):
      "a replay log of version \(found)\(Self.writer(ofVersion: found)); this program reads versions "
        + "\(LogHeader.readableVersions.lowerBound) to \(LogHeader.schemaVersion)"
    case .olderVersion(let found):
      "a replay log of version \(found), which this program cannot continue, as it writes version "
        + "\(LogHeader.schemaVersion); the log can still be replayed, printed and forked"
    case .headerCutShort(let length): "the log ends inside its header, at byte \(length)"
    case .checksum(let block, let offset): "wrong checksum in block \(block) at byte \(offset)"
    case .brokenChain(let block, let offset):
      "block \(block) at byte \(offset) does not follow the block before it"
    case .malformed(let expected, let block, let offset):
      "expected \(expected) in block \(block) at byte \(offset)"
    case .recordTooLarge(let bytes):
      "a record of \(bytes) bytes; at most \(ReplayLogWriter.maximumRecordSize) fit"
    case .exists: "exists; a log is never overwritten"
    case .notFound: "no such file"
    case .otherHeader(let field): "the log was begun with another \(field)"
    case .notInLog(let position):
      "no block of the log ends at byte \(position.length) after \(position.records) records"
        + " with chain \(position.chain)"
    case .io(let operation, let reason): "cannot \(operation) the log: \(reason)"
    }
  }

  /// The program that reads a version which this program does not read, as far as it is known.
  private static func writer(ofVersion version: UInt32) -> String {
    switch version {
    case 1: ", which the sources of troupe before commit 71b07b2 read"
    case (LogHeader.schemaVersion + 1)...: ", which a newer troupe wrote"
    default: ""
    }
  }
}
