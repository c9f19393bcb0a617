import Foundation
import Policy

/// Keeps a run's directory for one process, until it is let go or the process ends, however that happens.
final class RunLock: Sendable {
  private let descriptor: Int32

  /// - Throws: ``RunError`` if another process has it. A file system without locks refuses nobody.
  init(_ directory: RunDirectory) throws(RunError) {
    descriptor = open(directory.url.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw RunError("\(directory.url.relativePath): \(FileFailure(code: errno, .read))")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
      close(descriptor)
      throw RunError("\(directory.url.relativePath): another process is training there")
    }
  }

  deinit { close(descriptor) }
}
