import Foundation
import PropertyTesting
import Testing

@testable import Serving

@Suite("Requests of HTTP are read byte by byte, and nothing that could be read otherwise is taken")
struct HTTPRequestReaderTests {
  private static var limits: HTTPLimits {
    var limits = HTTPLimits()
    (limits.requestLine, limits.headerBytes, limits.headerCount, limits.body) = (64, 128, 4, 20)
    return limits
  }

  /// All events of these pieces.
  private func events(_ pieces: [[UInt8]], _ limits: HTTPLimits = limits) -> [HTTPRequestReader.Event] {
    var reader = HTTPRequestReader(limits)
    var events: [HTTPRequestReader.Event] = []
    for piece in pieces {
      reader.append(piece)
      while let event = reader.next() { events.append(event) }
    }
    return events
  }

  private func events(_ text: String) -> [HTTPRequestReader.Event] { events([Array(text.utf8)]) }

  private func status(_ text: String) -> Int? {
    for case .failure(let failure) in events(text) { return failure.status }
    return nil
  }

  private func requests(_ text: String) -> [HTTPRequest] {
    events(text).compactMap { if case .request(let request) = $0 { request } else { nil } }
  }

  @Test(
    "lengths, chunks with extensions and trailers, pipelined requests, absolute targets, queries, and HTTP/1.0"
  )
  func fine() throws {
    let text =
      "\r\nPOST /a?x=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
      + "POST http://h/b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n2;e=\"f\"\r\nab\r\n3 \r\ncde\r\n0\r\nX: y\r\n\r\n"
      + "GET / HTTP/1.0\r\n\r\nHEAD /c HTTP/1.1\r\nhOsT:\t h \r\nConnection: x, Close\r\n\r\n"
    let found = requests(text)
    #expect(found.map(\.path) == ["/a", "/b", "/", "/c"])
    #expect(found.map(\.method) == ["POST", "POST", "GET", "HEAD"])
    #expect(found.map { String(decoding: $0.body, as: UTF8.self) } == ["abc", "abcde", "", ""])
    #expect(found.map(\.isPersistent) == [true, true, false, false])
    #expect(
      found[3].fields == [.init(name: "host", value: "h"), .init(name: "connection", value: "x, Close")])
    let expecting = events("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: 100-Continue\r\n\r\n")
    #expect(expecting == [.expectsContinue])
  }

  @Test(
    "what is malformed, or could be read otherwise, has the status that says so",
    arguments: [
      ("GET / HTTP/1.1\nHost: h\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: h\n\r\n", 400),
      ("GET / HT\rTP/1.1\r\nHost: h\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: h\r\n X: folded\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\n\tHost: h\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: h\r\n: v\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: h\r\nnovalue\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: h\r\nX: \u{1}\r\n\r\n", 400), ("GET / HTTP/1.1\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400), ("GET  / HTTP/1.1\r\n", 400), ("GET /\r\n", 400),
      (" GET / HTTP/1.1\r\n", 400), ("GET /\u{e9} HTTP/1.1\r\n", 400), ("G(T / HTTP/1.1\r\n", 400),
      ("GET x HTTP/1.1\r\n", 400), ("GET / http/1.1\r\n", 400), ("GET / HTTP/2.0\r\n", 505),
      ("GET / HTTP/1.1 \r\n", 400), ("\r\n\r\n\r\n\r\n\r\n", 400),
      ("POST / HTTP/1.1\r\nHost: h\r\n\r\n", 411),
      ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
      ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
      ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1, 1\r\n\r\n", 400),
      ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\n", 400),
      ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", 400),
      ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \r\n\r\n", 400),
      ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x1\r\n\r\n", 400),
      ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 21\r\n\r\n", 413),
      ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n", 413),
      ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
      ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 501),
      ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n", 501),
      ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
      ("POST / HTTP/1.1\r\nHost: h\r\nExpect: money\r\nContent-Length: 1\r\n\r\n", 417),
      ("GET /\(String(repeating: "x", count: 64)) HTTP/1.1\r\n", 414),
      ("GET / HTTP/1.1\r\nHost: h\r\nX: \(String(repeating: "x", count: 128))\r\n\r\n", 431),
      ("GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n", 431),
    ])
  func refused(text: String, status: Int) {
    #expect(self.status(text) == status)
  }

  @Test(
    "chunks that do not say their size, or are longer than it or than the limit, are refused",
    arguments: [
      ("x\r\n", 400), ("\r\n", 400), ("-1\r\n", 400), ("0x1\r\n", 400), ("1 1\r\n", 400), ("1\nab", 400),
      ("1\r\nab\r\n", 400), ("1\r\na\n", 400), ("15\r\n", 413), ("a\r\n0123456789\r\nb\r\n", 413),
      ("fffffffffffffff\r\n", 413), ("ffffffffffffffff\r\n", 400), ("1;\u{1}\r\n", 400),
      ("1;\(String(repeating: "x", count: 256))\r\n", 400), ("0\r\nX : y\r\n\r\n", 400),
      ("0\r\nX: \(String(repeating: "x", count: 128))\r\n\r\n", 431),
    ])
  func chunks(text: String, status: Int) {
    #expect(self.status("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + text) == status)
  }

  @Test("after a failure nothing is read, and its bytes are not kept")
  func failed() {
    var reader = HTTPRequestReader(Self.limits)
    reader.append(Array("nonsense\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
    guard case .failure? = reader.next() else {
      Issue.record("it is taken")
      return
    }
    reader.append(Array("GET / HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
    #expect(reader.next() == nil && reader.bufferedCount == 0 && reader.phase == .failed)
  }

  @Test("the phases, which limits of time are for")
  func phases() {
    var reader = HTTPRequestReader(Self.limits)
    #expect(reader.phase == .idle)
    for (text, phase) in [
      ("PO", HTTPRequestReader.Phase.head), ("ST / HTTP/1.1\r\nHost: h\r\nContent-", .head),
      ("Length: 2\r\n\r\n", .body), ("a", .body), ("b", .idle), ("\r\n", .head),
    ] {
      reader.append(Array(text.utf8))
      while reader.next() != nil {}
      #expect(reader.phase == phase, "\(text)")
    }
  }

  @Test("the events are the same however the bytes are cut, also of requests with a mistake")
  func cuts() throws {
    let parts = [
      "GET", "POST", " ", "/", "*", "HTTP/1.1", "\r\n", "\r", "\n", "Host: h\r\n", "Content-Length: 3\r\n",
      "Transfer-Encoding: chunked\r\n", "Expect: 100-continue\r\n", "Connection: close\r\n", "3\r\nabc\r\n",
      "0\r\n\r\n",
      "abc", ";", ":", "\u{0}", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc",
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    ]
    let generator = Generator.zip(
      Generator<[String]>.array(of: .element(of: parts), count: 0...14),
      Generator<[Int]>.array(of: .integer(in: 1...12), count: 1...8))
    var taken = 0
    let found = try counterexample(to: "cuts do not matter", for: generator, count: 3_000) { parts, lengths in
      let bytes = Array(parts.joined().utf8)
      var (pieces, start) = ([[UInt8]](), 0)
      while start < bytes.count {
        let length = lengths[pieces.count % lengths.count]
        pieces.append(Array(bytes[start..<min(bytes.count, start + length)]))
        start += length
      }
      let whole = events([bytes])
      if whole.contains(where: { if case .request = $0 { true } else { false } }) { taken += 1 }
      return events(pieces) == whole && events(bytes.map { [$0] }) == whole
    }
    #expect(found == nil, "\(found.map { "\($0)" } ?? "")")
    #expect(taken > 200, "only \(taken) had a request")
  }

  @Test("a client accepts a type, a range of types, anything, or not")
  func accepts() {
    func accepts(_ value: String?) -> Bool {
      HTTPRequest(
        method: "GET", path: "/", minorVersion: 1,
        fields: value.map { [.init(name: "accept", value: $0)] } ?? [],
        body: []
      ).accepts(["application/json"])
    }
    for value in [
      nil, "*/*", "application/json", "text/html, Application/JSON;q=0.5", "application/*", "x/y, */*;q=0.1",
    ] {
      #expect(accepts(value), "\(value ?? "")")
    }
    for value in ["text/html", "application/json;q=0", "application/xml, text/*", "*/*;q=0.0"] {
      #expect(!accepts(value), "\(value)")
    }
  }
}
