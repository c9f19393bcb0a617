/// Reads the records of a log one after another, the header first, as the bytes they are.
struct LogRecordReader {
  private(set) var blocks: LogBlockReader
  private var assembly = RecordAssembly()

  init(_ file: LogFile, size: UInt64) throws(LogError) {
    blocks = try LogBlockReader(file, size: size)
  }

  /// `nil` if no whole record is left. An error stays.
  mutating func next() throws(LogError) -> [UInt8]? {
    while true {
      do {
        if let record = try assembly.next() { return record }
      } catch {
        throw .malformed(
          expected: error.expected, block: blocks.block - 1, offset: blocks.offset - UInt64(assembly.untaken))
      }
      guard let payload = try blocks.next() else { return nil }
      assembly.add(payload)
    }
  }

  /// Whether all blocks read so far have been used up by whole records.
  var isBetweenBlocks: Bool { assembly.untaken == 0 && assembly.unfinishedBytes == 0 }

  /// What is left after `next` has returned `nil`.
  var tornTail: TornTail? {
    guard blocks.rest > 0 || assembly.unfinishedBytes > 0 else { return nil }
    return TornTail(offset: blocks.offset, bytes: blocks.rest, recordBytes: assembly.unfinishedBytes)
  }
}
