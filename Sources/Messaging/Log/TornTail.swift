/// The incomplete end of a log whose writer was stopped in the middle of a commit.
public struct TornTail: Sendable, Hashable, CustomStringConvertible {
  /// The position where the last whole block ends.
  package var offset: UInt64
  /// The number of bytes from there to the end of the file, which are an incomplete block.
  package var bytes: UInt64
  /// The number of bytes before `offset` that belong to a record whose end is missing.
  package var recordBytes: Int

  package init(offset: UInt64, bytes: UInt64, recordBytes: Int) {
    self.offset = offset
    self.bytes = bytes
    self.recordBytes = recordBytes
  }

  /// One line for standard error.
  public var description: String {
    "torn tail: ignored \(bytes) bytes of a block at byte \(offset)"
      + " and \(recordBytes) bytes of a record before it"
  }
}
