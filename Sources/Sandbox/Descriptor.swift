import CSandbox
import Glibc
import Synchronization

/// A descriptor that is closed when nobody refers to it any more, and that no process inherits which is not given it.
final class Descriptor: Sendable {
  /// Its number, above those that programs expect under a number of their own.
  let number: Int32
  private let isClosed = Atomic(false)

  private static let least: Int32 = 200

  /// Takes over a descriptor that was just opened.
  init(taking opened: Int32) throws(SandboxError) {
    guard opened >= 0 else { throw .system(String(cString: strerror(errno))) }
    number = fcntl(opened, F_DUPFD_CLOEXEC, Self.least)
    let failure = errno
    _ = Glibc.close(opened)
    guard number >= 0 else { throw .system(String(cString: strerror(failure))) }
  }

  deinit { close() }

  /// Closes it now, so that who reads from the other end sees the end.
  func close() {
    if !isClosed.exchange(true, ordering: .relaxed) { _ = Glibc.close(number) }
  }

  /// A file in memory with these bytes, to be read from its beginning.
  static func file(_ bytes: [UInt8]) throws(SandboxError) -> Descriptor {
    let file = try Descriptor(taking: sandbox_memory_file())
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        write(file.number, $0.baseAddress?.advanced(by: written), $0.count - written)
      }
      guard count > 0 else { throw .system(String(cString: strerror(errno))) }
      written += count
    }
    lseek(file.number, 0, SEEK_SET)
    return file
  }

  static func pipe() throws(SandboxError) -> (reading: Descriptor, writing: Descriptor) {
    var ends: [Int32] = [-1, -1]
    guard sandbox_pipe(&ends) == 0 else { throw .system(String(cString: strerror(errno))) }
    return (try Descriptor(taking: ends[0]), try Descriptor(taking: ends[1]))
  }

  static func nothing() throws(SandboxError) -> Descriptor {
    try Descriptor(taking: open("/dev/null", O_RDWR | O_CLOEXEC))
  }

  /// Reads what there is, at most `count` bytes; empty at the end.
  func read(atMost count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = max(0, Glibc.read(number, buffer.baseAddress, count))
    }
  }
}
