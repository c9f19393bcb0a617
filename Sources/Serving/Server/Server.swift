import Foundation
import Glibc
import Policy
import Synchronization

/// Serves one model over HTTP, on one socket. All decisions are those of ``ServerState``; here is what touches the system.
///
/// ```swift
/// let server = try Server(model, host: "127.0.0.1", port: 8080)
/// server.run()  // until another thread calls stop()
/// ```
package final class Server: Sendable {
  /// What a server cannot do.
  package enum Failure: Error, Sendable, CustomStringConvertible {
    case noAddress(String)
    case portInUse(Int)
    case system(String, Int32)

    package var description: String {
      switch self {
      case .noAddress(let host): "'\(host)' is no address of this machine"
      case .portInUse(let port): "port \(port) is in use; give another one, or 0 for any that is free"
      case .system(let what, let number): "\(what): \(String(cString: strerror(number)))"
      }
    }
  }

  /// `POLLRDHUP`, which Glibc's module lacks: the client has closed its side.
  private static let hangUp: Int16 = 0x2000

  private let model: ServedModel
  private let limits: ServerLimits
  private let listener: Int32
  private let engine: Engine
  private let stops = Wake()
  /// The port that clients connect to.
  package let port: Int

  /// Listens at `host` and `port`; with port 0, at one that is free.
  package init(
    _ model: ServedModel, host: String, port: Int, threads: Int = 1, cacheLimit: Int = 2 << 30,
    limits: ServerLimits = ServerLimits()
  ) throws(Failure) {
    (self.model, self.limits) = (model, limits)
    (listener, self.port) = try Self.listen(host, port)
    engine = Engine(model.transformer, threads: threads, cacheLimit: cacheLimit)
  }

  /// Tells the server to stop when the requests that it took on are answered; when it is told twice, at once.
  package func stop() { stops.signal() }

  /// Answers requests until ``stop()`` is called and nothing is left to answer.
  package func run() {
    var state = ServerState(model, limits)
    var sockets: [Int: Int32] = [:]
    var isListening = true
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let clock = ContinuousClock()
    let begin = clock.now
    while !state.isDone {
      if isListening, state.isStopping {
        close(listener)
        isListening = false
      }
      let ids = sockets.keys.sorted()
      var entries = [
        pollfd(fd: stops.descriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: engine.eventDescriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: isListening && state.canAccept ? listener : -1, events: Int16(POLLIN), revents: 0),
      ]
      for id in ids {
        guard let socket = sockets[id], let connection = state.connections[id] else { continue }
        var events: Int16 = 0
        if connection.wantsBytes(limits) {
          events |= Int16(POLLIN)
        } else if connection.exchange != nil {
          events |= Self.hangUp
        }
        if !connection.unsent.isEmpty { events |= Int16(POLLOUT) }
        entries.append(pollfd(fd: socket, events: events, revents: 0))
      }
      // Nothing that has a limit of time needs more than a fifth of a second's precision.
      _ = poll(&entries, nfds_t(entries.count), 200)
      let now = begin.duration(to: clock.now)
      for _ in 0..<min(2, entries[0].revents == 0 ? 0 : stops.take()) { state.stop(now: now) }
      if entries[1].revents != 0 {
        let (events, statistics) = engine.take()
        state.engine(events, statistics, now: now)
      }
      for (id, entry) in zip(ids, entries.dropFirst(3)) where entry.revents != 0 {
        read(id, entry, &state, &buffer, now)
      }
      if entries[2].revents != 0 { accept(&state, &sockets, now) }
      state.tick(now: now)
      engine.send(state.takeCommands())
      for (id, socket) in sockets { write(id, socket, &state, now) }
      // What was sent may have made room for requests that were read before.
      engine.send(state.takeCommands())
      for (id, socket) in sockets where state.connections[id]?.ending == .closed {
        close(socket)
        sockets[id] = nil
        state.remove(id)
      }
    }
    if isListening { close(listener) }
    engine.stop()
  }

  // MARK: Sockets

  private func accept(_ state: inout ServerState, _ sockets: inout [Int: Int32], _ now: Duration) {
    while state.canAccept {
      let socket = Glibc.accept(listener, nil, nil)
      guard socket >= 0 else {
        // Without a free descriptor the client waits; a short pause keeps the loop from asking at once again.
        if errno == EMFILE || errno == ENFILE { usleep(10_000) }
        return
      }
      _ = fcntl(socket, F_SETFL, O_NONBLOCK)
      _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
      var one: Int32 = 1
      setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
      sockets[state.accepted(now: now)] = socket
    }
  }

  private func read(
    _ id: Int, _ entry: pollfd, _ state: inout ServerState, _ buffer: inout [UInt8], _ now: Duration
  ) {
    guard let connection = state.connections[id] else { return }
    if connection.wantsBytes(limits), entry.revents & Int16(POLLIN) != 0 {
      let count = recv(entry.fd, &buffer, buffer.count, 0)
      if count > 0 {
        state.received(id, buffer[..<count], now: now)
      } else if count == 0 {
        state.hungUp(id, isBroken: false, now: now)
      } else if errno != EAGAIN, errno != EINTR {
        state.hungUp(id, isBroken: true, now: now)
      }
    } else if entry.revents & Int16(POLLERR | POLLHUP | POLLNVAL) != 0 {
      state.hungUp(id, isBroken: true, now: now)
    } else if entry.revents & Self.hangUp != 0, connection.exchange != nil {
      // Its further requests were not even read, but it has gone.
      state.hungUp(id, isBroken: false, now: now)
    }
  }

  private func write(_ id: Int, _ socket: Int32, _ state: inout ServerState, _ now: Duration) {
    while let connection = state.connections[id], !connection.unsent.isEmpty, connection.ending != .closed {
      let count = connection.unsent.withUnsafeBytes {
        send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else {
        if count < 0, errno != EAGAIN, errno != EINTR { state.hungUp(id, isBroken: true, now: now) }
        return
      }
      state.sent(id, count, now: now)
      if case .lingering = state.connections[id]?.ending { shutdown(socket, Int32(SHUT_WR)) }
    }
  }

  private static func listen(_ host: String, _ port: Int) throws(Failure) -> (Int32, Int) {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_PASSIVE
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, "\(port)", &hints, &found) == 0, let address = found else {
      throw .noAddress(host)
    }
    defer { freeaddrinfo(address) }
    let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let socket = socket(address.pointee.ai_family, Int32(SOCK_STREAM.rawValue) | flags, 0)
    guard socket >= 0 else { throw .system("no socket could be made", errno) }
    var one: Int32 = 1
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, 4)
    guard bind(socket, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0,
      Glibc.listen(socket, 512) == 0
    else {
      let number = errno
      close(socket)
      switch number {
      case EADDRINUSE: throw .portInUse(port)
      case EADDRNOTAVAIL: throw .noAddress(host)
      default: throw .system("port \(port)", number)
      }
    }
    var bound = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    withUnsafeMutablePointer(to: &bound) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(socket, $0, &length) }
    }
    // The port has the same place in addresses of both families.
    let bytes = withUnsafeBytes(of: &bound) { ($0[2], $0[3]) }
    return (socket, Int(bytes.0) << 8 | Int(bytes.1))
  }
}
