import Dispatch
import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// A server on the loopback that does with each request what a test says, however rude.
final class HostileServer: Sendable {
  /// What is done after a request was read.
  enum Act: Sendable {
    case send([UInt8])
    case wait(Double)
    /// The connection is reset, so that the client sees an error and no end.
    case reset

    static func text(_ text: String) -> Act { .send(Array(text.utf8)) }
  }
  /// A request: its first line, its headers in small letters, and its body.
  struct Request: Sendable {
    var line: String
    var headers: [String: String]
    var body: String
  }

  let port: Int
  private let socket: Int32
  private let seen = Mutex<[Request]>([])
  private let act: @Sendable (Int, Request) -> [Act]

  /// Begins to listen. `act` gets the number of the request, from 0, and the request.
  init(_ act: @escaping @Sendable (Int, Request) -> [Act]) throws {
    self.act = act
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = socket
    let found = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
        bind(socket, raw, length) == 0 && listen(socket, 64) == 0 && getsockname(socket, raw, &length) == 0
      }
    }
    guard found else { throw POSIXError(.EADDRINUSE) }
    port = Int(UInt16(bigEndian: address.sin_port))
    Thread.detachNewThread { [self] in
      while case let connection = accept(socket, nil, nil), connection >= 0 {
        Thread.detachNewThread { [self] in serve(connection) }
      }
    }
  }

  deinit { stop() }

  func stop() { shutdown(socket, Int32(SHUT_RDWR)) }

  var url: String { "http://127.0.0.1:\(port)/v1" }
  /// The requests so far.
  var requests: [Request] { seen.withLock { $0 } }

  private func serve(_ connection: Int32) {
    defer { close(connection) }
    guard let request = read(connection) else { return }
    let number = seen.withLock {
      $0.append(request)
      return $0.count - 1
    }
    for act in act(number, request) {
      switch act {
      case .send(let bytes):
        var rest = bytes[...]
        while !rest.isEmpty {
          let sent = rest.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
          guard sent > 0 else { return }
          rest = rest.dropFirst(sent)
        }
      case .wait(let seconds): Thread.sleep(forTimeInterval: seconds)
      case .reset:
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
        return
      }
    }
  }

  private func read(_ connection: Int32) -> Request? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let blank = Array("\r\n\r\n".utf8)
    while true {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      bytes += buffer[..<count]
      // A client that begins with TLS is answered without it.
      if bytes.first == 0x16 { return Request(line: "TLS", headers: [:], body: "") }
      guard let end = bytes.firstRange(of: blank) else { continue }
      let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
      var headers: [String: String] = [:]
      for line in lines.dropFirst() {
        let parts = line.split(separator: ":", maxSplits: 1)
        guard parts.count == 2 else { continue }
        headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
      }
      let wanted = headers["content-length"].flatMap(Int.init) ?? 0
      let body = bytes[end.upperBound...]
      if body.count >= wanted {
        return Request(line: lines[0], headers: headers, body: String(decoding: body, as: UTF8.self))
      }
    }
  }
}

extension HostileServer.Act {
  /// An answer of HTTP.
  static func answer(_ status: Int, _ body: String, _ headers: [String] = []) -> Self {
    let lines =
      ["HTTP/1.1 \(status) X", "Content-Type: application/json", "Content-Length: \(body.utf8.count)"]
      + headers
    return .text(lines.joined(separator: "\r\n") + "\r\nConnection: close\r\n\r\n" + body)
  }

  /// A completion that says `text`, by the model `m`.
  static func completion(_ text: String, model: String = "m", logprobs: String = "null", tokens: Int = 2)
    -> Self
  {
    answer(
      200,
      """
      {"id": "x", "model": "\(model)", "system_fingerprint": "f1", "choices": [{"index": 0, "finish_reason": "stop", "message": \
      {"role": "assistant", "content": "\(text)"}, "logprobs": \(logprobs)}], "usage": {"prompt_tokens": 7, "completion_tokens": \(tokens)}}
      """)
  }

  /// A stream of events, each with its data.
  static func stream(_ events: [String]) -> Self {
    let body = events.map { "data: \($0)\n\n" }.joined()
    return .text(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" + body)
  }
}
