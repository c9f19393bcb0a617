/// A reader of a log's records as bytes, one after another, the header first.
struct LogRecordReader {
  private(set) var blocks: LogBlockReader
  private var assembly = RecordAssembly()
  /// The position of the block whose payload is in use.
  private var block: UInt64 = 0
  /// The number of bytes of the next payload that belong to an earlier record.
  private var skipped = 0

  init(_ file: LogFile, size: UInt64) throws(LogError) {
    blocks = try LogBlockReader(file, size: size)
  }

  /// Begins with the record at `place`.
  init(_ file: LogFile, size: UInt64, at place: Place) throws(LogError) {
    blocks = try LogBlockReader(file, size: size, at: place.block)
    skipped = place.skipped
  }

  /// The place where a record begins: a block of the file, and an offset in its payload.
  struct Place: Sendable, Hashable {
    var block: UInt64
    var skipped: Int
  }

  /// The place where the next record begins.
  var place: Place {
    assembly.untaken == 0
      ? Place(block: blocks.offset, skipped: 0) : Place(block: block, skipped: assembly.taken)
  }

  /// Returns the next record; `nil` if no whole record is left. An error is thrown again by later calls.
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

  /// Whether whole records have used up all blocks read so far.
  var isBetweenBlocks: Bool { assembly.untaken == 0 && assembly.unfinishedBytes == 0 }

  /// The bytes that are left after `next` has returned `nil`, if there are any.
  var tornTail: TornTail? {
    guard blocks.rest > 0 || assembly.unfinishedBytes > 0 else { return nil }
    return TornTail(offset: blocks.offset, bytes: blocks.rest, recordBytes: assembly.unfinishedBytes)
  }
}
