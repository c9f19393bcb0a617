/// The end of a commit: what a checkpoint keeps so that the log can be continued from there.
public struct LogPosition: Sendable, Hashable, Codable {
  /// Bytes from the start of the file.
  public var length: UInt64
  /// SHA-256 of the last block, which holds the hash of the block before it, and so of all: 64 lower-case
  /// hexadecimal digits.
  public var chain: String
  /// Records before this position, the header not counted.
  public var records: Int

  public init(length: UInt64, chain: String, records: Int) {
    self.length = length
    self.chain = chain
    self.records = records
  }
}
