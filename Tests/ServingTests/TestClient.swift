import Foundation
import Glibc
import Testing

@testable import Serving

/// A client with a blocking socket that sees every byte.
final class TestClient {
  struct Response: Equatable {
    var status: Int
    /// The lines of the head, without the first.
    var lines: [String]
    var body: [UInt8]
    /// The bodies of the chunks, if it came in chunks.
    var chunks: [[UInt8]]?

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: [String: Any] {
      (try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]) ?? [:]
    }
    /// What is wrong, by the field, and the code.
    var error: (param: String?, code: String?, message: String) {
      let details = json["error"] as? [String: Any] ?? [:]
      return (details["param"] as? String, details["code"] as? String, details["message"] as? String ?? "")
    }
    /// The values of the events of a stream, up to `[DONE]`.
    var events: [String] {
      text.components(separatedBy: "\n\n").filter { !$0.isEmpty }.map { String($0.dropFirst("data: ".count)) }
    }
  }

  struct Closed: Error {}

  let socket: Int32
  private var buffer: [UInt8] = []

  init(_ port: Int) throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    // A test that waits for half a minute has failed.
    var limit = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let socket = socket
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw Closed() }
  }

  deinit { close(socket) }

  func send(_ text: String) { send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      sent += count
    }
  }

  /// Bytes up to and with `mark`.
  private func read(through mark: [UInt8]) throws -> [UInt8] {
    while true {
      if let start = (0...max(0, buffer.count - mark.count)).first(where: { buffer[$0...].starts(with: mark) }
      ) {
        defer { buffer.removeFirst(start + mark.count) }
        return Array(buffer[..<(start + mark.count)])
      }
      try fill()
    }
  }

  private func read(_ count: Int) throws -> [UInt8] {
    while buffer.count < count { try fill() }
    defer { buffer.removeFirst(count) }
    return Array(buffer[..<count])
  }

  private func fill() throws {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = recv(socket, &bytes, bytes.count, 0)
    guard count > 0 else { throw Closed() }
    buffer += bytes[..<count]
  }

  /// Whether the server has closed the connection, and sent nothing more.
  var isAtEnd: Bool {
    do {
      try fill()
      return false
    } catch { return true }
  }

  /// All bytes up to the end of the connection, as a text.
  func rest() -> String {
    while true {
      do { try fill() } catch { return String(decoding: buffer, as: UTF8.self) }
    }
  }

  /// The next answer. That to HEAD has no body.
  func receive(isHead: Bool = false) throws -> Response {
    let head = String(decoding: try read(through: Array("\r\n\r\n".utf8)), as: UTF8.self)
    let lines = head.components(separatedBy: "\r\n").filter { !$0.isEmpty }
    let status = Int(lines[0].split(separator: " ")[1]) ?? 0
    var response = Response(status: status, lines: Array(lines.dropFirst()), body: [])
    if isHead || status == 100 { return response }
    if lines.contains("Transfer-Encoding: chunked") {
      var chunks: [[UInt8]] = []
      while true {
        let line = try read(through: [13, 10]).dropLast(2)
        let count = try #require(Int(String(decoding: line, as: UTF8.self), radix: 16))
        let bytes = try read(count + 2)
        #expect(bytes.suffix(2) == [13, 10])
        if count == 0 { break }
        chunks.append(Array(bytes.dropLast(2)))
      }
      (response.body, response.chunks) = (chunks.flatMap { $0 }, chunks)
    } else if let length = lines.first(where: { $0.hasPrefix("Content-Length: ") }) {
      response.body = try read(Int(length.dropFirst("Content-Length: ".count)) ?? 0)
    } else {
      while true { do { try fill() } catch { break } }
      (response.body, buffer) = (buffer, [])
    }
    return response
  }

  func get(_ path: String) throws -> Response {
    send("GET \(path) HTTP/1.1\r\nHost: here\r\n\r\n")
    return try receive()
  }

  func post(_ path: String, _ body: String) throws -> Response {
    send(Self.post(path, body))
    return try receive()
  }

  static func post(_ path: String, _ body: String) -> String {
    "POST \(path) HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }
}

/// A server of a small random model, at a free port, on a thread of its own.
final class TestServer: Sendable {
  let server: Server
  var port: Int { server.port }
  private let ended = DispatchSemaphore(value: 0)

  init(_ model: ServedModel? = nil, threads: Int = 1, _ change: (inout ServerLimits) -> Void = { _ in })
    throws
  {
    var limits = ServerLimits()
    change(&limits)
    server = try Server(
      model ?? #require(ServingFixture.served), host: "127.0.0.1", port: 0, threads: threads,
      cacheLimit: 64 << 20,
      limits: limits)
    let (server, ended) = (server, ended)
    Thread {
      server.run()
      ended.signal()
    }.start()
  }

  /// Whether the server ends within some seconds after it was told to stop.
  func stops(within seconds: Int = 20) -> Bool {
    server.stop()
    return ended.wait(timeout: .now() + .seconds(seconds)) == .success
  }

  func client() throws -> TestClient { try TestClient(port) }

  /// Waits, some seconds at most, until a value of the metrics is as wanted.
  func waits(for name: String, _ isWanted: (Int) -> Bool) throws -> Bool {
    for _ in 0..<1_000 {
      if isWanted(try metric(name)) { return true }
      usleep(5_000)
    }
    return false
  }

  /// The value of a line of the metrics.
  func metric(_ name: String) throws -> Int {
    let text = try client().get("/metrics").text
    let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
    return Int(line?.split(separator: " ").last ?? "") ?? 0
  }
}
