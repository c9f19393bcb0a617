/// Assembles records from the payloads of blocks.
///
/// The payloads, laid end to end, are a sequence of records, each a varint length and that many bytes. A record or its
/// length may go on in the next payload.
struct RecordAssembly {
  private enum State {
    /// The low bits of a length of which `shift` are known, 7 a byte.
    case length(low: Int, shift: Int)
    /// The bytes so far of a record whose length is known.
    case record(bytes: [UInt8], length: Int)
  }

  private var state = State.length(low: 0, shift: 0)
  private var payload: [UInt8] = []
  /// The number of bytes of the payload that were taken.
  private var offset = 0
  /// The number of bytes since the last complete record, which are lost if no other payload comes.
  private(set) var unfinishedBytes = 0

  /// The number of bytes of the payload that belong to later records.
  var untaken: Int { payload.count - offset }

  /// The number of bytes of the payload that were taken.
  var taken: Int { offset }

  /// Adds the next payload, once `next` has returned `nil`, without the bytes before `start`.
  mutating func add(_ payload: [UInt8], from start: Int = 0) {
    self.payload = payload
    offset = min(start, payload.count)
  }

  /// Returns the next complete record; `nil` if it needs another payload. An error is thrown again by later calls.
  mutating func next() throws(MalformedRecord) -> [UInt8]? {
    while case .length(let low, let shift) = state {
      guard offset < payload.count else { return nil }
      let byte = Int(payload[offset])
      let length = low | (byte & 0x7f) << shift
      // Four bytes hold every length that is allowed, so a further byte would be an error.
      guard length <= ReplayLogWriter.maximumRecordSize, byte < 0x80 || shift < 21 else {
        throw MalformedRecord(
          expected: "a record of at most \(ReplayLogWriter.maximumRecordSize) bytes", offset: unfinishedBytes)
      }
      take(1)
      state = byte < 0x80 ? .record(bytes: [], length: length) : .length(low: length, shift: shift + 7)
    }
    guard case .record(var bytes, let length) = state else { return nil }
    // The state gives up the bytes, so that appending to them does not copy.
    state = .length(low: 0, shift: 0)
    let part = payload[offset...].prefix(length - bytes.count)
    bytes += part
    take(part.count)
    guard bytes.count == length else {
      state = .record(bytes: bytes, length: length)
      return nil
    }
    unfinishedBytes = 0
    return bytes
  }

  private mutating func take(_ count: Int) {
    offset += count
    unfinishedBytes += count
  }
}
