import Foundation

/// A text file that begins with a header, grows at its end, and can be cut back to where a checkpoint left it.
final class AppendedFile {
  private let handle: FileHandle
  private let path: String

  /// Opens or makes the file and cuts it to `length` bytes, or keeps all of it; what is empty then gets its header.
  ///
  /// A shorter file is an error, and so is another header: lines of other columns would go on below it.
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
