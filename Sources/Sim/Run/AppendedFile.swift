import Foundation
import Policy

/// A text file that begins with a header and grows at its end. It can be cut back to the length in a checkpoint.
final class AppendedFile {
  private let handle: FileHandle
  private let path: String

  /// Opens or makes the file, cuts it to `length` bytes (`nil` keeps all), and writes the header if it is empty then.
  ///
  /// - Throws: an error if the file is shorter, or has another header, because lines of other columns would follow it.
  init(_ url: URL, header: String, keeping length: UInt64? = nil) throws {
    path = url.relativePath
    if !FileManager.default.fileExists(atPath: url.path) { try Data().write(to: url) }
    handle = try FileHandle(forUpdating: url)
    var found = try handle.seekToEnd()
    if let length {
      guard found >= length else {
        throw RunError("\(path): has \(found) bytes, fewer than the \(length) that were committed")
      }
      try handle.truncate(atOffset: length)
      found = length
    }
    guard found > 0 else {
      try append(header)
      return
    }
    try handle.seek(toOffset: 0)
    guard try handle.read(upToCount: header.utf8.count) == Data(header.utf8) else {
      throw RunError("\(path): was begun with other columns than this program writes")
    }
    try handle.seekToEnd()
  }

  deinit { try? handle.close() }

  func append(_ text: String) throws {
    do {
      try handle.write(contentsOf: Data(text.utf8))
    } catch {
      throw RunError("\(path): \(FileFailure(error, .written))")
    }
  }

  /// Writes the file to the disk, and returns the length that is certain now.
  func commit() throws -> UInt64 {
    do {
      try handle.synchronize()
    } catch {
      throw RunError("\(path): \(FileFailure(error, .written))")
    }
    return try handle.offset()
  }
}
