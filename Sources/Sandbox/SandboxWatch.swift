import Glibc

/// Waits for processes in sandboxes, reads what they write, and ends them at a limit.
///
/// The first process is the one whose result counts. When it has ended, the others are ended.
struct SandboxWatch {
  private var running: [(child: ChildProcess, limits: SandboxLimits)?]
  private let limits: SandboxLimits
  private var streams: [Stream]
  private var code = 0
  private var limit: SandboxLimit?
  private let begin = ContinuousClock.now
  /// Whether all is being ended, so that a kill says nothing.
  private var isEnding = false

  private struct Stream {
    var descriptor: Descriptor
    var bytes: [UInt8] = []
    var isOpen = true
  }

  /// How many bytes are read at a time.
  private static let portion = 1 << 16

  init(_ children: [(child: ChildProcess, limits: SandboxLimits)], reading streams: [Descriptor]) {
    running = children
    limits = children[0].limits
    self.streams = streams.map { Stream(descriptor: $0) }
  }

  /// Waits to the end, and returns the first process's result. The first stream is its output; the second, or the only one, what
  /// it wrote to standard error.
  mutating func result() -> SandboxResult {
    let end = begin + .seconds(limits.wallSeconds)
    while running[0] != nil {
      wait()
      reap()
      if limit == nil, ContinuousClock.now >= end { stop(at: .wall) }
    }
    reap()
    isEnding = true
    for place in running.indices { running[place]?.child.kill() }
    while running.contains(where: { $0 != nil }) {
      usleep(200)
      reap()
    }
    // What was written before the end is still in the pipes.
    while limit != .output, streams.contains(where: \.isOpen) { read(within: 0) }
    let isPair = streams.count == 1
    return SandboxResult(
      code: code, output: isPair ? [] : streams[0].bytes, errors: streams[isPair ? 0 : 1].bytes, limit: limit)
  }

  /// Waits a moment, less if there is something to read.
  private mutating func wait() {
    if streams.contains(where: \.isOpen) { read(within: 10) } else { usleep(500) }
  }

  private mutating func read(within milliseconds: Int32) {
    let open = streams.indices.filter { streams[$0].isOpen }
    var polled = open.map { pollfd(fd: streams[$0].descriptor.number, events: Int16(POLLIN), revents: 0) }
    guard poll(&polled, nfds_t(polled.count), milliseconds) > 0 else { return }
    for (place, stream) in open.enumerated() where polled[place].revents != 0 {
      let bytes = streams[stream].descriptor.read(atMost: Self.portion)
      if bytes.isEmpty { streams[stream].isOpen = false }
      let room = limits.outputBytes - streams[stream].bytes.count
      streams[stream].bytes += bytes.prefix(room)
      if bytes.count > room { stop(at: .output) }
    }
  }

  /// Takes note of the processes that have ended.
  private mutating func reap() {
    for place in running.indices {
      guard let (child, limits) = running[place], let code = child.ending() else { continue }
      running[place] = nil
      if place == 0 { self.code = code }
      guard limit == nil else { continue }
      // A program that does not listen to the limit's signal is killed a second later; but it may also have killed itself. It
      // cannot have used that much time so early.
      let isLate = (ContinuousClock.now - begin) * limits.processes >= .seconds(limits.processorSeconds)
      if code == 128 + Int(SIGXCPU) || (code == 128 + Int(SIGKILL) && !isEnding && isLate) {
        limit = .processor
      }
    }
  }

  private mutating func stop(at reached: SandboxLimit) {
    if limit == nil { limit = reached }
    for place in running.indices { running[place]?.child.kill() }
  }
}
