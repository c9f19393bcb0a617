/// Reads the records of a log one after another, the header first, as the bytes they are.
struct LogRecordReader {
  private(set) var blocks: LogBlockReader
  private var assembly = RecordAssembly()
  /// Where the block begins whose payload is being taken.
  private var block: UInt64 = 0
  /// Bytes of the next payload that belong to an earlier record.
  private var skipped = 0

  init(_ file: LogFile, size: UInt64) throws(LogError) {
    blocks = try LogBlockReader(file, size: size)
  }

  /// Begins with the record at `place`.
  init(_ file: LogFile, size: UInt64, at place: Place) throws(LogError) {
    blocks = try LogBlockReader(file, size: size, at: place.block)
    skipped = place.skipped
  }

  /// Where a record begins: a block of the file, and so far into its payload.
  struct Place: Sendable, Hashable {
    var block: UInt64
    var skipped: Int
  }

  /// Where the next record begins.
  var place: Place {
    assembly.untaken == 0
      ? Place(block: blocks.offset, skipped: 0) : Place(block: block, skipped: assembly.taken)
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
      block = blocks.offset
      guard let payload = try blocks.next() else { return nil }
      assembly.add(payload, from: skipped)
      skipped = 0
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
