import Foundation

/// An open file that is read and written at explicit offsets. It is closed with its last reference.
///
/// Every method goes on after an interruption (`EINTR`) and after a transfer of only some of the bytes.
final class LogFile: Sendable {
  let descriptor: Int32

  private init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  static func open(_ url: URL, _ access: Access) throws(LogError) -> LogFile {
    let path = url.path(percentEncoded: false)
    let descriptor = uninterrupted { Foundation.open(path, access.flags | O_CLOEXEC, 0o644) }
    guard descriptor >= 0 else {
      switch errno {
      case EEXIST: throw .exists
      case ENOENT: throw .notFound
      default: throw failure(of: access == .create ? "create" : "open")
      }
    }
    return LogFile(descriptor)
  }

  enum Access {
    case read
    case readAndWrite
    /// Makes a new file.
    case create

    fileprivate var flags: Int32 {
      switch self {
      case .read: O_RDONLY
      case .readAndWrite: O_RDWR
      case .create: O_RDWR | O_CREAT | O_EXCL
      }
    }
  }

  func size() throws(LogError) -> UInt64 {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Self.failure(of: "measure") }
    return UInt64(status.st_size)
  }

  /// Reads exactly `count` bytes, which the caller knows to be there.
  func read(_ count: Int, at offset: UInt64) throws(LogError) -> [UInt8] {
    var failed: LogError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
      while done < count {
        let rest = UnsafeMutableBufferPointer(rebasing: buffer[done..<count])
        let got = Self.uninterrupted {
          pread(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(done))
        }
        guard got > 0 else {
          failed = got == 0 ? .io(operation: "read", reason: "it became shorter") : Self.failure(of: "read")
          return
        }
        done += got
      }
    }
    if let failed { throw failed }
    return bytes
  }

  func write(_ bytes: [UInt8], at offset: UInt64) throws(LogError) {
    var done = 0
    while done < bytes.count {
      let put = bytes.withUnsafeBytes { buffer in
        let rest = UnsafeRawBufferPointer(rebasing: buffer[done...])
        return Self.uninterrupted {
          pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(done))
        }
      }
      guard put > 0 else {
        throw put == 0 ? .io(operation: "write", reason: "no byte was taken") : Self.failure(of: "write")
      }
      done += put
    }
  }

  /// Cuts the file to `length` bytes.
  func truncate(to length: UInt64) throws(LogError) {
    guard Self.uninterrupted({ ftruncate(descriptor, off_t(length)) }) == 0 else {
      throw Self.failure(of: "truncate")
    }
  }

  /// Waits until everything that was written is on the disk.
  func synchronize() throws(LogError) {
    guard Self.uninterrupted({ fsync(descriptor) }) == 0 else { throw Self.failure(of: "synchronize") }
  }
}

extension LogFile {
  /// Writes the name of a new file to the disk, which `fsync` of the file does not.
  static func synchronizeDirectory(of url: URL) throws(LogError) {
    let directory = try open(url.deletingLastPathComponent(), .read)
    try directory.synchronize()
  }

  /// Removes a file that was made with ``Access/create``.
  static func remove(_ url: URL) { unlink(url.path(percentEncoded: false)) }

  /// Makes the error of the call that just failed, before anything else sets `errno`.
  private static func failure(of operation: String) -> LogError {
    .io(operation: operation, reason: String(cString: strerror(errno)))
  }

  private static func uninterrupted<Result: SignedInteger>(_ call: () -> Result) -> Result {
    while true {
      let result = call()
      if result >= 0 || errno != EINTR { return result }
    }
  }
}
