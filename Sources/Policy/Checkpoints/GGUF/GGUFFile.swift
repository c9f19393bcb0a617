import Foundation

/// A file of llama.cpp's format GGUF: metadata, the places of tensors, and then their bytes.
///
/// The format is that of https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3, little-endian. Every
/// length is checked against the file before memory is allocated. The file is mapped into memory, not copied.
package struct GGUFFile: Sendable {
  /// The format, shape and place of one tensor.
  package struct Tensor: Sendable, Hashable {
    package var format: BlockFormat
    /// The sizes of the dimensions as in a checkpoint of `transformers`: the last one varies fastest.
    package var shape: [Int]
    var range: Range<Int>

    /// The number of elements.
    package var count: Int { shape.reduce(1, *) }
  }
  package private(set) var metadata: [String: GGUFValue] = [:]
  package private(set) var tensors: [String: Tensor] = [:]
  /// The path of the file, for messages.
  let path: String
  private let source: MappedFile

  /// The most tensors, and the most pieces of metadata, of a file that is read.
  package static let maximumEntries = 100_000
  /// The longest text, and the longest name, in bytes.
  package static let maximumTextSize = 4 << 20
  /// Elements that are dequantized at a time.
  private static let partLength = 1 << 20

  /// Maps a file and reads what is before the tensors.
  /// - Complexity: O(metadata).
  /// - Throws: ``CheckpointError`` if the file is malformed, of another version or byte order, or if its tensors overlap,
  ///   exceed the file or are quantized in a way that is not known.
  package init(reading url: URL) throws(CheckpointError) {
    path = url.relativePath
    source = try MappedFile(url)
    var reader = GGUFReader(source.bytes, path)
    guard try reader.isGGUF() else { throw CheckpointError(.header, path, "is not a GGUF file") }
    let version = try reader.number(UInt32.self)
    guard version == 2 || version == 3 else {
      throw CheckpointError(.header, path, "is GGUF of version \(version), not 2 or 3")
    }
    let tensorCount = try reader.count(of: "tensors", atMost: Self.maximumEntries)
    let entryCount = try reader.count(of: "metadata", atMost: Self.maximumEntries)
    for _ in 0..<entryCount {
      let key = try reader.text()
      let value = try reader.value()
      guard metadata.updateValue(value, forKey: key) == nil else {
        throw CheckpointError(.header, path, "\(key) is given twice")
      }
    }
    var found: [(name: String, tensor: Tensor)] = []
    for _ in 0..<tensorCount { found.append(try reader.tensor()) }
    let alignment = metadata["general.alignment"]?.integer ?? 32
    guard (1...1 << 20).contains(alignment), alignment & (alignment - 1) == 0 else {
      throw CheckpointError(.header, path, "the alignment \(alignment) is no power of two up to 1048576")
    }
    let start = (reader.offset + alignment - 1) / alignment * alignment
    for (name, tensor) in found {
      var tensor = tensor
      let (offset, size) = (tensor.range.lowerBound, tensor.range.count)
      guard offset % alignment == 0, start <= source.bytes.count, offset <= source.bytes.count - start,
        size <= source.bytes.count - start - offset
      else { throw CheckpointError(.truncated, path, "\(name) lies outside the file or its alignment") }
      tensor.range = start + offset..<start + offset + size
      guard tensors.updateValue(tensor, forKey: name) == nil else {
        throw CheckpointError(.header, path, "the tensor \(name) is given twice")
      }
    }
    let sorted = tensors.sorted { ($0.value.range.lowerBound, $0.key) < ($1.value.range.lowerBound, $1.key) }
    for (one, next) in zip(sorted, sorted.dropFirst())
    where one.value.range.upperBound > next.value.range.lowerBound {
      throw CheckpointError(.header, path, "\(one.key) and \(next.key) overlap")
    }
  }

  /// Returns the elements of a tensor, row by row, dequantized.
  /// - Complexity: O(elements).
  /// - Throws: ``CheckpointError`` if the tensor is missing or has a value that is not finite.
  package func floats(of name: String) throws(CheckpointError) -> [Float] {
    var result = [Float](repeating: 0, count: tensors[name]?.count ?? 0)
    try read(name, into: &result, at: 0)
    return result
  }

  /// Writes the elements of a tensor to `target`, from `offset` on, dequantized, a part at a time.
  /// - Precondition: there is room.
  func read(_ name: String, into target: inout [Float], at offset: Int) throws(CheckpointError) {
    guard let tensor = tensors[name] else {
      throw CheckpointError(.tensor, path, "the tensor \(name) is missing")
    }
    precondition(offset + tensor.count <= target.count)
    let format = tensor.format
    let blocks = tensor.count / format.elements
    let isFinite = target.withUnsafeMutableBufferPointer { target in
      guard let place = target.baseAddress, let bytes = source.bytes.baseAddress else { return true }
      var isFinite = true
      let part = Self.partLength / format.elements
      for first in stride(from: 0, to: blocks, by: part) {
        let count = min(part, blocks - first)
        let begin = tensor.range.lowerBound + first * format.bytes
        let elements = place + offset + first * format.elements
        format.dequantize(bytes + begin, count: count, into: elements)
        if !VectorMath.areFinite(elements, count * format.elements) { isFinite = false }
        source.forget(begin..<begin + count * format.bytes)
      }
      return isFinite
    }
    guard isFinite else {
      throw CheckpointError(.notFinite, path, "\(name) holds a value that is not finite")
    }
  }
}

/// Reads what is before the tensors of a GGUF file, from its beginning on.
private struct GGUFReader {
  private let bytes: UnsafeRawBufferPointer
  private let path: String
  private(set) var offset = 0

  init(_ bytes: UnsafeRawBufferPointer, _ path: String) { (self.bytes, self.path) = (bytes, path) }

  private func bad(_ what: String) -> CheckpointError { CheckpointError(.header, path, what) }

  mutating func isGGUF() throws(CheckpointError) -> Bool { try number(UInt32.self) == 0x4655_4747 }

  mutating func number<N: FixedWidthInteger>(_: N.Type) throws(CheckpointError) -> N {
    guard bytes.count - offset >= MemoryLayout<N>.size else {
      throw CheckpointError(.truncated, path, "ends within its header")
    }
    defer { offset += MemoryLayout<N>.size }
    return N(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: N.self))
  }

  mutating func count(of what: String, atMost most: Int) throws(CheckpointError) -> Int {
    let count = try number(UInt64.self)
    guard count <= UInt64(most) else { throw bad("claims \(count) \(what), more than \(most)") }
    return Int(count)
  }

  mutating func text() throws(CheckpointError) -> String {
    let count = try count(of: "bytes of a text", atMost: GGUFFile.maximumTextSize)
    guard bytes.count - offset >= count else { throw CheckpointError(.truncated, path, "ends within a text") }
    defer { offset += count }
    return String(decoding: bytes[offset..<offset + count], as: UTF8.self)
  }

  mutating func value() throws(CheckpointError) -> GGUFValue {
    let type = try number(UInt32.self)
    guard type == 9 else { return try scalar(type) }
    let element = try number(UInt32.self)
    // The smallest element has one byte, and a text has eight at least.
    let most = (bytes.count - offset) / (element == 8 ? 8 : 1)
    let count = try count(of: "elements", atMost: most)
    switch element {
    case 8:
      var texts: [String] = []
      for _ in 0..<count { texts.append(try text()) }
      return .texts(texts)
    case 0...5, 10, 11:
      var integers: [Int] = []
      for _ in 0..<count {
        guard let integer = try scalar(element).integer else {
          throw bad("a list has a number that is too large")
        }
        integers.append(integer)
      }
      return .integers(integers)
    case 6, 12:
      var numbers: [Double] = []
      for _ in 0..<count { numbers.append(try scalar(element).number ?? 0) }
      return .numbers(numbers)
    case 7:
      for _ in 0..<count { _ = try scalar(element) }
      return .skipped
    default: throw bad("has a list of elements of type \(element), which is not supported")
    }
  }

  private mutating func scalar(_ type: UInt32) throws(CheckpointError) -> GGUFValue {
    switch type {
    case 0: return .integer(Int(try number(UInt8.self)))
    case 1: return .integer(Int(try number(Int8.self)))
    case 2: return .integer(Int(try number(UInt16.self)))
    case 3: return .integer(Int(try number(Int16.self)))
    case 4: return .integer(Int(try number(UInt32.self)))
    case 5: return .integer(Int(try number(Int32.self)))
    case 6: return .number(Double(Float(bitPattern: try number(UInt32.self))))
    case 7: return .bool(try number(UInt8.self) != 0)
    case 8: return .text(try text())
    case 10:
      let value = try number(UInt64.self)
      guard let integer = Int(exactly: value) else { throw bad("the number \(value) is too large") }
      return .integer(integer)
    case 11: return .integer(Int(try number(Int64.self)))
    case 12: return .number(Double(bitPattern: try number(UInt64.self)))
    default: throw bad("has a value of the unknown type \(type)")
    }
  }

  /// The name, format and shape of a tensor. Its range begins at its offset among the tensors.
  mutating func tensor() throws(CheckpointError) -> (String, GGUFFile.Tensor) {
    let name = try text()
    let dimensions = try number(UInt32.self)
    guard (1...4).contains(dimensions) else { throw bad("\(name) has \(dimensions) dimensions") }
    var (shape, count) = ([Int](), 1)
    for _ in 0..<dimensions {
      let size = try number(UInt64.self)
      guard size <= 1 << 40, !count.multipliedReportingOverflow(by: Int(size)).overflow,
        count * Int(size) <= 1 << 40
      else { throw bad("\(name) is too large") }
      count *= Int(size)
      shape.insert(Int(size), at: 0)
    }
    let type = try number(UInt32.self)
    guard let format = BlockFormat(rawValue: type) else {
      let known = BlockFormat.allCases.map(\.name).joined(separator: ", ")
      throw CheckpointError(
        .tensor, path, "\(name) is quantized as type \(type), which is not one of \(known)")
    }
    guard (shape.last ?? 0) % format.elements == 0 else {
      throw bad("a row of \(name) is no whole number of blocks of \(format.name)")
    }
    let start = try number(UInt64.self)
    let size = count / format.elements * format.bytes
    guard start <= 1 << 48 else { throw CheckpointError(.truncated, path, "\(name) lies outside the file") }
    return (name, .init(format: format, shape: shape, range: Int(start)..<Int(start) + size))
  }
}
