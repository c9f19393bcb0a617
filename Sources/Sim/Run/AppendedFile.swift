import Foundation

/// A text file that grows at its end, and can be cut back to where a checkpoint left it.
final class AppendedFile {
  private let handle: FileHandle
  private let path: String

  /// Opens or makes the file and cuts it to `length` bytes; a shorter file is an error.
  init(_ url: URL, keeping length: UInt64) throws {
    path = url.relativePath
    if !FileManager.default.fileExists(atPath: url.path) { try Data().write(to: url) }
    handle = try FileHandle(forUpdating: url)
    let found = try handle.seekToEnd()
    guard found >= length else {
      throw RunError("\(path): has \(found) bytes, fewer than the \(length) that were committed")
    }
    try handle.truncate(atOffset: length)
    try handle.seekToEnd()
  }

  deinit { try? handle.close() }

  func append(_ text: String) throws {
    do {
      try handle.write(contentsOf: Data(text.utf8))
    } catch {
      throw RunError("\(path): cannot be written: \(error.localizedDescription)")
    }
  }

  /// Syncs to disk; the length that is safe now.
  func commit() throws -> UInt64 {
    do {
      try handle.synchronize()
    } catch {
      throw RunError("\(path): cannot be written: \(error.localizedDescription)")
    }
    return try handle.offset()
  }
}
