/// What a log ends with if its writer was stopped in the middle of a commit: bytes that hold no whole record.
public struct TornTail: Sendable, Hashable, CustomStringConvertible {
  /// Where the last whole block ends.
  public var offset: UInt64
  /// Bytes of an incomplete block, from there to the end of the file.
  public var bytes: UInt64
  /// Bytes before `offset` of a record whose end is missing.
  public var recordBytes: Int

  public init(offset: UInt64, bytes: UInt64, recordBytes: Int) {
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
