import Foundation
import Policy

/// A file that is written from its beginning to its end, and that has its name only when it is whole.
///
/// Until ``commit()`` the bytes are in a draft beside it, which is removed if the file is given up. A kill may leave the
/// draft, which the next attempt overwrites.
package final class DraftFile {
  private let url: URL
  private let draft: URL
  private let handle: FileHandle
  /// The bytes that are not in the draft yet.
  private var buffer: [UInt8] = []
  private static let bufferSize = 1 << 18
  /// The number of bytes so far.
  package private(set) var length = 0

  /// Begins the file. `suffix` is added to its name for the draft.
  /// - Throws: ``ExportError`` if there is a file of that name, or if it cannot be written.
  package init(_ url: URL, suffix: String = "writing") throws {
    self.url = url
    draft = url.appendingPathExtension(suffix)
    guard !FileManager.default.fileExists(atPath: url.path) else {
      throw ExportError("\(url.relativePath): exists; an export overwrites nothing")
    }
    let descriptor = open(draft.path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw Self.failure(url, errno)
    }
    handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  /// Removes the draft, if it is there still.
  deinit { unlink(draft.path) }

  package func append(_ text: String) throws {
    buffer += text.utf8
    try added(text.utf8.count)
  }

  package func append(_ bytes: [UInt8]) throws {
    buffer += bytes
    try added(bytes.count)
  }

  /// Gives the file its name. Nothing may be appended after that.
  package func commit() throws {
    try flush()
    guard rename(draft.path, url.path) == 0 else { throw Self.failure(url, errno) }
  }

  /// Calls `body` with all bytes so far, piece by piece.
  package func forEachPiece(_ body: ([UInt8]) throws -> Void) throws {
    try flush()
    try handle.seek(toOffset: 0)
    while let piece = try handle.read(upToCount: Self.bufferSize), !piece.isEmpty { try body(Array(piece)) }
    try handle.seekToEnd()
  }

  private func added(_ count: Int) throws {
    length += count
    if buffer.count >= Self.bufferSize { try flush() }
  }

  private func flush() throws {
    do {
      try handle.write(contentsOf: Data(buffer))
    } catch {
      throw ExportError("\(url.relativePath): \(FileFailure(error, .written))")
    }
    buffer.removeAll(keepingCapacity: true)
  }

  private static func failure(_ url: URL, _ code: Int32) -> ExportError {
    ExportError("\(url.relativePath): \(FileFailure(code: code, .written))")
  }
}
