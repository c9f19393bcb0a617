import Foundation

/// A safetensors file: a JSON header that gives the place of each tensor, and then the bytes of the tensors.
///
/// The format is that of https://huggingface.co/docs/safetensors. Every size is checked against the file before
/// memory is allocated. The file is mapped into memory, not copied.
package struct SafetensorsFile: Sendable {
  /// The type, shape and place of one tensor.
  package struct Tensor: Sendable, Hashable {
    /// `F32`, `F16` or `BF16`.
    package var type: String
    /// The sizes of the dimensions; elements are stored row by row.
    package var shape: [Int]
    var range: Range<Int>

    /// The number of elements.
    package var count: Int { shape.reduce(1, *) }
  }
  package let tensors: [String: Tensor]
  package let metadata: [String: String]
  private let file: String
  private let source: MappedFile

  /// The longest header, in bytes, that is read.
  package static let maximumHeaderSize = 16 << 20
  /// Elements that are widened at a time.
  private static let partLength = 1 << 20

  /// Maps a file and reads its header.
  /// - Complexity: O(header).
  /// - Throws: ``CheckpointError`` if the header is malformed, or its tensors overlap, exceed the file or have
  ///   another type.
  package init(reading url: URL) throws(CheckpointError) {
    let file = url.relativePath
    self.file = file
    source = try MappedFile(url)
    let bytes = source.bytes
    func bad(_ what: String) -> CheckpointError { CheckpointError(.header, file, what) }
    guard bytes.count >= 8 else {
      throw CheckpointError(.truncated, file, "too short for a safetensors file")
    }
    let size = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard size <= UInt64(Self.maximumHeaderSize), 8 + Int(size) <= bytes.count else {
      throw bad("the header claims \(size) bytes of a file of \(bytes.count)")
    }
    let start = 8 + Int(size)
    guard let header = try? JSONSerialization.jsonObject(with: Data(bytes[8..<start])),
      let entries = header as? [String: Any]
    else { throw bad("the header is not a JSON object") }
    var tensors: [String: Tensor] = [:]
    var metadata: [String: String] = [:]
    for (name, entry) in entries {
      if name == "__metadata__" {
        guard let texts = entry as? [String: String] else { throw bad("the metadata are not texts") }
        metadata = texts
        continue
      }
      guard let fields = entry as? [String: Any], let type = fields["dtype"] as? String,
        let shape = fields["shape"] as? [Int], let offsets = fields["data_offsets"] as? [Int],
        offsets.count == 2
      else { throw bad("the entry of \(name) is malformed") }
      guard let width = Self.widths[type] else {
        throw CheckpointError(.tensor, file, "\(name) has the unsupported type \(type)")
      }
      let isWithin = 0 <= offsets[0] && offsets[0] <= offsets[1] && offsets[1] <= bytes.count - start
      guard isWithin else { throw CheckpointError(.truncated, file, "\(name) lies outside the file") }
      guard let count = Self.product(shape), count * width == offsets[1] - offsets[0] else {
        throw bad("\(name) of shape \(shape) does not fill \(offsets[1] - offsets[0]) bytes")
      }
      tensors[name] = Tensor(type: type, shape: shape, range: start + offsets[0]..<start + offsets[1])
    }
    let sorted = tensors.sorted { ($0.value.range.lowerBound, $0.key) < ($1.value.range.lowerBound, $1.key) }
    for (one, next) in zip(sorted, sorted.dropFirst())
    where one.value.range.upperBound > next.value.range.lowerBound {
      throw bad("\(one.key) and \(next.key) overlap")
    }
    self.tensors = tensors
    self.metadata = metadata
  }

  /// Copies the elements of a tensor, row by row; F16 and BF16 are widened exactly.
  /// - Complexity: O(elements).
  /// - Throws: ``CheckpointError`` if the tensor is missing or has a value that is not finite.
  package func floats(of name: String) throws(CheckpointError) -> [Float] {
    var result = [Float](repeating: 0, count: tensors[name]?.count ?? 0)
    try read(name, into: &result, at: 0)
    return result
  }

  /// Writes the elements of a tensor to `target`, from `offset` on, a part at a time: never are more than a few
  /// megabytes of the file in memory.
  /// - Precondition: there is room.
  func read(_ name: String, into target: inout [Float], at offset: Int) throws(CheckpointError) {
    guard let tensor = tensors[name] else {
      throw CheckpointError(.tensor, file, "the tensor \(name) is missing")
    }
    precondition(offset + tensor.count <= target.count)
    let width = Self.widths[tensor.type] ?? 4
    let isFinite = target.withUnsafeMutableBufferPointer { target in
      var isFinite = true
      for first in stride(from: 0, to: tensor.count, by: Self.partLength) {
        let count = min(Self.partLength, tensor.count - first)
        let begin = tensor.range.lowerBound + first * width
        let part = UnsafeRawBufferPointer(rebasing: source.bytes[begin..<begin + count * width])
        let place = UnsafeMutableBufferPointer(rebasing: target[offset + first..<offset + first + count])
        switch tensor.type {
        case "BF16":
          for index in 0..<count {
            place[index] = Float(bitPattern: UInt32(Self.half(part, index)) << 16)
          }
        case "F16":
          for index in 0..<count { place[index] = BinaryHalf.widened(Self.half(part, index)) }
        default:
          // x86-64 and arm64 are little-endian, as the format is.
          UnsafeMutableRawBufferPointer(place).copyMemory(from: part)
        }
        for index in 0..<count where !place[index].isFinite { isFinite = false }
        source.forget(begin..<begin + count * width)
      }
      return isFinite
    }
    guard isFinite else {
      throw CheckpointError(.notFinite, file, "\(name) holds a value that is not finite")
    }
  }

  /// Writes F32 tensors in the given order and syncs the file to disk. The same tensors give the same bytes.
  /// - Complexity: O(elements).
  package static func write(
    _ tensors: [(name: String, shape: [Int], values: ArraySlice<Float>)],
    metadata: [String: String] = ["format": "pt"], to url: URL
  ) throws(CheckpointError) {
    let texts = metadata.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\"\($0.value)\"" }
    var entries = ["\"__metadata__\":{\(texts.joined(separator: ","))}"]
    var offset = 0
    for (name, shape, values) in tensors {
      let end = offset + 4 * values.count
      let sizes = shape.map(String.init).joined(separator: ",")
      entries.append(
        "\"\(name)\":{\"dtype\":\"F32\",\"shape\":[\(sizes)],\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var header = Array("{\(entries.joined(separator: ","))}".utf8)
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
    let head = Data((0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header)
    try CheckpointFiles.write(to: url) { handle in
      try handle.write(contentsOf: head)
      for (_, _, values) in tensors {
        // The bytes are not copied: a model may fill the memory.
        try values.withUnsafeBytes { bytes in
          guard let start = bytes.baseAddress else { return }
          let data = Data(
            bytesNoCopy: UnsafeMutableRawPointer(mutating: start), count: bytes.count, deallocator: .none)
          try handle.write(contentsOf: data)
        }
      }
    }
  }

  private static let widths = ["F32": 4, "F16": 2, "BF16": 2]

  /// `nil` for a negative size or an overflow.
  private static func product(_ shape: [Int]) -> Int? {
    var result = 1
    for size in shape {
      let (product, overflows) = result.multipliedReportingOverflow(by: size)
      guard size >= 0, !overflows, product <= 1 << 48 else { return nil }
      result = product
    }
    return result
  }

  private static func half(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> UInt16 {
    UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
  }
}

enum CheckpointFiles {
  /// Writes a whole file and syncs it.
  static func write(_ data: Data, to url: URL) throws(CheckpointError) {
    try write(to: url) { try $0.write(contentsOf: data) }
  }

  static func write(to url: URL, _ body: (FileHandle) throws -> Void) throws(CheckpointError) {
    do {
      try Data().write(to: url)
      let handle = try FileHandle(forWritingTo: url)
      defer { try? handle.close() }
      try body(handle)
      try handle.synchronize()
    } catch {
      throw CheckpointError(.unwritable, url.relativePath, "\(FileFailure(error, .written))")
    }
  }

  static func makeDirectory(_ url: URL) throws(CheckpointError) {
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw CheckpointError(.unwritable, url.relativePath, "\(FileFailure(error, .made))")
    }
  }

  /// `text` as a string of JSON.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\"": result += "\\\""
      case "\n": result += "\\n"
      case "\u{0}"..<" ":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// A file that is a JSON object.
  static func object(_ url: URL, _ kind: CheckpointError.Kind) throws(CheckpointError) -> [String: Any] {
    let data: Data
    do {
      data = try Data(contentsOf: url)
    } catch {
      throw CheckpointError(.unreadable, url.relativePath, "\(FileFailure(error, .read))")
    }
    guard let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
      throw CheckpointError(kind, url.relativePath, "is not a JSON object")
    }
    return object
  }
}
