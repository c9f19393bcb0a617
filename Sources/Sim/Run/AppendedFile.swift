import Foundation

/// A text file that grows at its end, and can be cut back to where a checkpoint left it.
final class AppendedFile {
  private let handle: FileHandle
  private let path: String
  /// Whether it was empty when it was opened.
  let isNew: Bool

  /// Opens or makes the file and cuts it to `length` bytes, or keeps all of it; a shorter file is an error.
  init(_ url: URL, keeping length: UInt64? = nil) throws {
    path = url.relativePath
    if !FileManager.default.fileExists(atPath: url.path) { try Data().write(to: url) }
    handle = try FileHandle(forUpdating: url)
    let found = try handle.seekToEnd()
    isNew = found == 0
    guard let length else { return }
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
