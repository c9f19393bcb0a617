/// A reader of a log's blocks, which checks each block before it returns the payload.
struct LogBlockReader {
  private let file: LogFile
  /// The size of the file when it was opened.
  private let size: UInt64
  /// The version of the file's format.
  let version: UInt32
  /// The position at which the next block begins.
  private(set) var offset = UInt64(LogPreamble.size)
  /// The number of the next block.
  private(set) var block = 0
  /// The SHA-256 of the last block that was read, or of the preamble.
  private(set) var chain: SHA256.Digest
  /// Whether the next block is compared with `chain`.
  private var isChained = true

  init(_ file: LogFile, size: UInt64) throws(LogError) {
    self.file = file
    self.size = size
    let preamble = try file.read(Int(min(size, UInt64(LogPreamble.size))), at: 0)
    version = try LogPreamble.version(of: preamble)
    chain = SHA256.digest(of: preamble)
  }

  /// Begins at a block in the middle of the file, which a reader from the beginning has checked before.
  init(_ file: LogFile, size: UInt64, at offset: UInt64) throws(LogError) {
    try self.init(file, size: size)
    self.offset = offset
    isChained = false
  }

  /// The number of bytes after the blocks read so far. After `next` has returned `nil`, they are an incomplete block.
  var rest: UInt64 { size - offset }

  /// Returns the payload of the next block; `nil` if no whole block is left. An error is thrown again by later calls.
  mutating func next() throws(LogError) -> [UInt8]? {
    guard rest >= LogBlock.headerSize else { return nil }
    let encodedHeader = try file.read(LogBlock.headerSize, at: offset)
    guard let header = LogBlock.Header(encodedHeader) else { throw .checksum(block: block, offset: offset) }
    guard 1...LogBlock.maximumPayload ~= header.payloadLength else {
      throw .malformed(expected: "1 to \(LogBlock.maximumPayload) bytes", block: block, offset: offset)
    }
    guard !isChained || header.previous == chain.bytes else {
      throw .brokenChain(block: block, offset: offset)
    }
    guard rest >= LogBlock.headerSize + header.payloadLength else { return nil }
    let payload = try file.read(header.payloadLength, at: offset + UInt64(LogBlock.headerSize))
    guard CRC32C.checksum(of: payload) == header.payloadChecksum else {
      throw .checksum(block: block, offset: offset)
    }
    var hash = SHA256()
    hash.update(encodedHeader)
    hash.update(payload)
    chain = hash.finalized()
    isChained = true
    offset += UInt64(LogBlock.headerSize + payload.count)
    block += 1
    return payload
  }
}
