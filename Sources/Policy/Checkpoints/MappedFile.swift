import Foundation

/// A file's bytes, mapped into memory. The system reads them from disk when they are used, and ``forget(_:)`` gives
/// them back.
///
/// If the file is cut short while it is mapped, the process ends, as with every mapped file.
final class MappedFile: Sendable {
  // Unsafe, because pointers are not Sendable: the mapping is read-only and lives as long as this.
  nonisolated(unsafe) let bytes: UnsafeRawBufferPointer

  init(_ url: URL) throws(CheckpointError) {
    let file = url.relativePath
    func failure(_ why: String) -> CheckpointError {
      CheckpointError(.unreadable, file, "cannot be read: \(why)")
    }
    func systemError() -> CheckpointError { failure(String(cString: strerror(errno))) }
    let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw systemError() }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw systemError() }
    guard status.st_mode & S_IFMT == S_IFREG else { throw failure("it is no regular file") }
    let count = Int(status.st_size)
    guard count > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
      throw systemError()
    }
    bytes = UnsafeRawBufferPointer(start: start, count: count)
  }

  deinit {
    if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
  }

  /// Gives back the memory of the whole pages in `range`. If they are used again, they are read again.
  func forget(_ range: Range<Int>) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let (first, end) = ((range.lowerBound + page - 1) / page * page, range.upperBound / page * page)
    guard first < end, let start = bytes.baseAddress else { return }
    madvise(UnsafeMutableRawPointer(mutating: start + first), end - first, MADV_DONTNEED)
  }
}
