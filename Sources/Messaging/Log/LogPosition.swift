/// The end of a commit, which a checkpoint keeps so that the log can be continued from there.
public struct LogPosition: Sendable, Hashable, Codable {
  /// The number of bytes from the start of the file.
  package var length: UInt64
  /// The SHA-256 of the last block, as 64 lower-case hexadecimal digits. It depends on all blocks before.
  package var chain: String
  /// The number of records before this position, not counting the header.
  package var records: Int

  package init(length: UInt64, chain: String, records: Int) {
    self.length = length
    self.chain = chain
    self.records = records
  }
}
