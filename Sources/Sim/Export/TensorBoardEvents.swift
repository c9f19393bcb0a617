import Messaging

/// A writer of an event file of TensorBoard: scalars and histograms by tag and step.
///
/// An event file is a sequence of records (TFRecord; `tensorboard/summary/writer/record_writer.py`), lowest bytes first:
///
/// ```
/// 8 bytes length | 4 bytes masked CRC-32C of the length | the bytes | 4 bytes masked CRC-32C of the bytes
/// masked(c) = ((c >> 15 | c << 17) + 0xA282EAD8) mod 2^32
/// ```
///
/// The bytes are the protobuf message `tensorboard.Event` (`tensorboard/compat/proto/event.proto` and `summary.proto`), of
/// which these fields are written: 1 the time, 2 the step, 3 the version (in the first record only), 5 the summary, which has
/// values (1) with a tag (1) and either a number (2) or a histogram (5). TensorBoard shows a tag `a/b` in the group `a`.
package struct TensorBoardEvents {
  private let file: DraftFile

  /// A value of a step.
  package enum Value: Sendable {
    case scalar(Double)
    case histogram(Histogram)
  }

  /// Begins the file with the record that names its version.
  package init(_ file: DraftFile) throws {
    self.file = file
    var event = ProtobufWriter()
    event.write(1, Double(ExportTime.epoch))
    event.write(3, Array("brain.Event:2".utf8))
    try append(event.bytes)
  }

  /// Writes the values of one step. Step n is n seconds after step 0, because the log does not say how long it took.
  package func add(step: Int, _ values: [(tag: String, value: Value)]) throws {
    var summary = ProtobufWriter()
    for (tag, value) in values {
      var entry = ProtobufWriter()
      entry.write(1, Array(tag.utf8))
      switch value {
      case .scalar(let number): entry.write(2, Float(number))
      case .histogram(let histogram): entry.write(5, histogram.encoded)
      }
      summary.write(1, entry.bytes)
    }
    var event = ProtobufWriter()
    event.write(1, Double(ExportTime.epoch + step))
    event.write(2, UInt64(step))
    event.write(5, summary.bytes)
    try append(event.bytes)
  }

  package func finish() throws { try file.commit() }

  private func append(_ content: [UInt8]) throws { try file.append(Self.record(content)) }

  /// A record with its length and its checksums.
  static func record(_ content: [UInt8]) -> [UInt8] {
    let length = bytes(of: UInt64(content.count))
    return length + bytes(of: masked(length)) + content + bytes(of: masked(content))
  }

  /// The checksum of a record, masked because a record may hold records.
  static func masked(_ content: [UInt8]) -> UInt32 {
    let checksum = CRC32C.checksum(of: content)
    return (checksum >> 15 | checksum << 17) &+ 0xa282_ead8
  }

  fileprivate static func bytes(of number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
}

extension TensorBoardEvents {
  /// How often numbers occurred, in bins of a tenth. The outermost bins hold all that lies beyond them.
  package struct Histogram: Sendable, Hashable {
    private var counts: [Int: Int] = [:]
    private var (least, greatest) = (Double.infinity, -Double.infinity)
    private var (count, sum, squares) = (0, 0.0, 0.0)

    /// The bins are those of numbers from -100 to 100.
    private static let bins = -1000...1000

    package init() {}

    /// Adds a number. What is no number is left out.
    package mutating func add(_ number: Double) {
      guard number.isFinite else { return }
      // A sum of tenths may lie a rounding error below its bin.
      let place = (number * 10 + 1e-6).rounded(.down)
      let bin = Int(max(Double(Self.bins.lowerBound), min(Double(Self.bins.upperBound), place)))
      counts[bin, default: 0] += 1
      (least, greatest) = (min(least, number), max(greatest, number))
      (count, sum, squares) = (count + 1, sum + number, squares + number * number)
    }

    package var isEmpty: Bool { count == 0 }

    /// The message `HistogramProto`: the right edges of bins, and how many numbers each has.
    fileprivate var encoded: [UInt8] {
      var writer = ProtobufWriter()
      guard let first = counts.keys.min(), let last = counts.keys.max() else { return [] }
      writer.write(1, least)
      writer.write(2, greatest)
      writer.write(3, Double(count))
      writer.write(4, sum)
      writer.write(5, squares)
      writer.write(
        6, (first...last).flatMap { TensorBoardEvents.bytes(of: (Double($0 + 1) / 10).bitPattern) })
      writer.write(
        7, (first...last).flatMap { TensorBoardEvents.bytes(of: Double(counts[$0] ?? 0).bitPattern) })
      return writer.bytes
    }
  }
}

/// A writer of the wire format of protobuf.
///
/// A key is the number of the field times 8, plus the type of what follows: 0 a number of variable length, 1 eight bytes, 2 a
/// length and as many bytes, 5 four bytes.
private struct ProtobufWriter {
  private(set) var bytes: [UInt8] = []

  mutating func write(_ field: UInt64, _ value: UInt64) {
    write(variable: field << 3)
    write(variable: value)
  }

  mutating func write(_ field: UInt64, _ value: Double) {
    write(variable: field << 3 | 1)
    bytes += TensorBoardEvents.bytes(of: value.bitPattern)
  }

  mutating func write(_ field: UInt64, _ value: Float) {
    write(variable: field << 3 | 5)
    bytes += TensorBoardEvents.bytes(of: value.bitPattern)
  }

  mutating func write(_ field: UInt64, _ value: [UInt8]) {
    write(variable: field << 3 | 2)
    write(variable: UInt64(value.count))
    bytes += value
  }

  private mutating func write(variable value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }
}
