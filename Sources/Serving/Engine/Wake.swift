import Glibc

/// Wakes a thread that waits, by a file descriptor that can be polled beside sockets: a pipe, with a byte for each signal.
final class Wake: Sendable {
  /// It can be read when there are signals.
  let descriptor: Int32
  private let entrance: Int32

  init() {
    var ends: [Int32] = [-1, -1]
    precondition(pipe(&ends) == 0, "no file descriptor is left for waking a thread")
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    (descriptor, entrance) = (ends[0], ends[1])
  }

  deinit {
    close(descriptor)
    close(entrance)
  }

  func signal() {
    var byte: UInt8 = 1
    // A pipe that is full of signals wakes as well.
    _ = write(entrance, &byte, 1)
  }

  /// Takes all signals, and returns how many there were.
  @discardableResult
  func take() -> Int {
    var bytes = [UInt8](repeating: 0, count: 1_024)
    var total = 0
    while case let count = read(descriptor, &bytes, bytes.count), count > 0 { total += count }
    return total
  }

  /// Waits for a signal, and takes all.
  func wait() {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while poll(&entry, 1, -1) < 0, errno == EINTR {}
    take()
  }
}
