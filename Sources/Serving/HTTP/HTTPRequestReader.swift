/// Reads requests of HTTP/1.1 from bytes as they come. It is a value without effects: bytes go in, events come out.
///
/// ```swift
/// var reader = HTTPRequestReader(HTTPLimits())
/// reader.append(Array("GET /health HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
/// while let event = reader.next() { print(event) }
/// ```
///
/// The events depend on the bytes alone, not on how they are cut. Whatever another reader could take for something else is
/// refused: lines that do not end in CR and LF, folded fields, blanks before a colon, a length beside chunks, two lengths
/// (RFC 9112, sections 2.2, 5 and 6.3). After a failure there are no more events, because it is not known where the next
/// request would begin.
/// - Complexity: O(bytes).
package struct HTTPRequestReader: Sendable {
  /// What was read.
  package enum Event: Sendable, Hashable {
    /// The client waits for "100 Continue" before it sends the body.
    case expectsContinue
    case request(HTTPRequest)
    case failure(HTTPFailure)
  }

  /// Where the reader is, which says how long the client may take.
  package enum Phase: Sendable, Hashable {
    /// Nothing of a next request has come.
    case idle
    case head
    case body
    case failed
  }

  private enum State {
    case requestLine
    case fields
    case body(Int)
    case chunkLine
    case chunk(Int)
    case chunkEnd
    case trailers
    case failed
  }

  /// How a body is framed.
  private enum Framing {
    case length(Int)
    case chunks
  }

  /// How many empty lines may stand before a request.
  private static let emptyLines = 4

  package let limits: HTTPLimits
  private var state = State.requestLine
  private var buffer: [UInt8] = []
  /// Where in the buffer the next line or piece begins, and up to where no end of line was found.
  private var start = 0
  private var scanned = 0
  private var request = HTTPRequest(method: "", path: "", minorVersion: 1, fields: [], body: [])
  private var headerBytes = 0
  private var emptyLinesLeft = emptyLines

  package init(_ limits: HTTPLimits) { self.limits = limits }

  /// How many bytes have come and belong to no event yet.
  package var bufferedCount: Int { buffer.count - start + request.body.count }

  package var phase: Phase {
    switch state {
    case .requestLine: buffer.count > start || emptyLinesLeft < Self.emptyLines ? .head : .idle
    case .fields: .head
    case .failed: .failed
    default: .body
    }
  }

  /// Takes the next bytes.
  package mutating func append(_ bytes: some Collection<UInt8>) {
    if case .failed = state { return }
    if start > 65_536 || start == buffer.count {
      buffer.removeFirst(start)
      scanned -= start
      start = 0
    }
    buffer += bytes
  }

  /// The next event; `nil` if more bytes are needed.
  package mutating func next() -> Event? {
    do throws(HTTPFailure) {
      while true {
        switch try step() {
        case .more: return nil
        case .goOn: continue
        case .event(let event): return event
        }
      }
    } catch {
      state = .failed
      (buffer, start, scanned) = ([], 0, 0)
      return .failure(error)
    }
  }

  private enum Step {
    case more
    case goOn
    case event(Event)
  }

  private mutating func step() throws(HTTPFailure) -> Step {
    switch state {
    case .failed: return .more
    case .requestLine:
      guard let line = try line(limits.requestLine, HTTPFailure(414, "the request line is too long")) else {
        return .more
      }
      if line.isEmpty {
        guard emptyLinesLeft > 0 else {
          throw HTTPFailure(400, "empty lines stand where a request should begin")
        }
        emptyLinesLeft -= 1
        return .goOn
      }
      request = try Self.requestLine(line)
      (state, headerBytes) = (.fields, 0)
      return .goOn
    case .fields:
      guard let field = try fieldLine() else { return .more }
      if let field {
        guard request.fields.count < limits.headerCount else {
          throw HTTPFailure(431, "there are more than \(limits.headerCount) header fields")
        }
        request.fields.append(field)
        return .goOn
      }
      return try headIsComplete()
    case .body(let left):
      let taken = takeBody(left)
      guard taken == left else {
        state = .body(left - taken)
        return .more
      }
      return .event(.request(finished()))
    case .chunkLine:
      guard let line = try line(limits.chunkLine, HTTPFailure(400, "the line before a chunk is too long"))
      else {
        return .more
      }
      let size = try Self.chunkSize(line)
      guard size <= limits.body - request.body.count else { throw bodyTooLarge }
      if size == 0 {
        (state, headerBytes) = (.trailers, 0)
      } else {
        state = .chunk(size)
      }
      return .goOn
    case .chunk(let left):
      let taken = takeBody(left)
      state = taken == left ? .chunkEnd : .chunk(left - taken)
      return taken == left ? .goOn : .more
    case .chunkEnd:
      guard let line = try line(0, HTTPFailure(400, "a chunk is longer than its line says")) else {
        return .more
      }
      guard line.isEmpty else { throw HTTPFailure(400, "a chunk is longer than its line says") }
      state = .chunkLine
      return .goOn
    case .trailers:
      guard let field = try fieldLine() else { return .more }
      return field == nil ? .event(.request(finished())) : .goOn
    }
  }

  private var bodyTooLarge: HTTPFailure { HTTPFailure(413, "the body has more than \(limits.body) bytes") }

  /// Gives the request away and begins anew.
  private mutating func finished() -> HTTPRequest {
    let result = request
    (state, emptyLinesLeft) = (.requestLine, Self.emptyLines)
    request = HTTPRequest(method: "", path: "", minorVersion: 1, fields: [], body: [])
    return result
  }

  private mutating func headIsComplete() throws(HTTPFailure) -> Step {
    let framing = try framing()
    let expectations = request.words(of: "expect")
    guard expectations.allSatisfy({ $0 == "100-continue" }) else {
      throw HTTPFailure(417, "only 100-continue can be expected")
    }
    switch framing {
    case .length(0): return .event(.request(finished()))
    case .length(let length):
      guard length <= limits.body else { throw bodyTooLarge }
      state = .body(length)
    case .chunks: state = .chunkLine
    }
    return expectations.isEmpty || request.minorVersion == 0 ? .goOn : .event(.expectsContinue)
  }

  /// How the body of the request is framed, after everything that would be read differently by others is refused.
  private func framing() throws(HTTPFailure) -> Framing {
    let (lengths, codings) = (request.values(of: "content-length"), request.values(of: "transfer-encoding"))
    let hosts = request.values(of: "host")
    guard hosts.count == 1 || hosts.isEmpty && request.minorVersion == 0 else {
      throw HTTPFailure(400, hosts.isEmpty ? "the field Host is missing" : "the field Host is given twice")
    }
    if !codings.isEmpty {
      guard lengths.isEmpty else {
        throw HTTPFailure(400, "Content-Length and Transfer-Encoding are both given")
      }
      guard request.minorVersion >= 1 else { throw HTTPFailure(400, "HTTP/1.0 has no Transfer-Encoding") }
      guard codings.count == 1, codings[0].lowercased() == "chunked" else {
        throw HTTPFailure(501, "the only Transfer-Encoding that is read is chunked")
      }
      return .chunks
    }
    guard let first = lengths.first else {
      guard request.method != "POST" && request.method != "PUT" && request.method != "PATCH" else {
        throw HTTPFailure(411, "a body needs Content-Length, or chunks")
      }
      return .length(0)
    }
    guard lengths.allSatisfy({ $0 == first }) else {
      throw HTTPFailure(400, "two values of Content-Length differ")
    }
    guard !first.isEmpty, first.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw HTTPFailure(400, "Content-Length is not a whole number")
    }
    // A number that is too large for an Int is too large for any limit.
    return .length(Int(first) ?? .max)
  }

  // MARK: Pieces

  /// Moves up to `count` bytes from the buffer to the body, and returns how many.
  private mutating func takeBody(_ count: Int) -> Int {
    let taken = min(count, buffer.count - start)
    request.body += buffer[start..<start + taken]
    start += taken
    scanned = start
    return taken
  }

  /// The next line without its end; `nil` if that has not come.
  private mutating func line(_ most: Int, _ tooLong: HTTPFailure) throws(HTTPFailure) -> ArraySlice<UInt8>? {
    while scanned < buffer.count {
      let byte = buffer[scanned]
      let isAfterReturn = scanned > start && buffer[scanned - 1] == 0x0D
      if byte == 0x0A {
        guard isAfterReturn else { throw HTTPFailure(400, "a line ends without a carriage return") }
        let line = buffer[start..<scanned - 1]
        scanned += 1
        start = scanned
        return line
      }
      guard !isAfterReturn else { throw HTTPFailure(400, "a carriage return stands within a line") }
      guard byte == 0x0D || scanned - start < most else { throw tooLong }
      scanned += 1
    }
    return nil
  }

  /// The next field, or `nil` within for the empty line after the last; `nil` if its line has not come.
  private mutating func fieldLine() throws(HTTPFailure) -> HTTPRequest.Field?? {
    let tooLarge = HTTPFailure(431, "the header fields have more than \(limits.headerBytes) bytes")
    guard let line = try line(limits.headerBytes - headerBytes, tooLarge) else { return nil }
    if line.isEmpty { return .some(nil) }
    headerBytes += line.count
    guard line.first != 0x20, line.first != 0x09 else { throw HTTPFailure(400, "a header field is folded") }
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
      throw HTTPFailure(400, "a header field has no colon")
    }
    let name = line[..<colon]
    guard !name.isEmpty, name.allSatisfy(HTTPText.isToken) else {
      throw HTTPFailure(400, "the name of a header field is empty, or has a character that no name may have")
    }
    let value = line[(colon + 1)...]
    guard value.allSatisfy(HTTPText.isFieldValue), let text = String(validating: value, as: UTF8.self) else {
      throw HTTPFailure(400, "the value of a header field is not UTF-8, or has a control character")
    }
    return HTTPRequest.Field(
      name: String(decoding: name, as: UTF8.self).lowercased(), value: HTTPText.trimmed(text))
  }

  private static func requestLine(_ line: ArraySlice<UInt8>) throws(HTTPFailure) -> HTTPRequest {
    let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
    guard parts.count == 3, !parts[0].isEmpty, parts[0].allSatisfy(HTTPText.isToken), !parts[1].isEmpty,
      parts[1].allSatisfy({ (0x21...0x7E).contains($0) })
    else { throw HTTPFailure(400, "the request line is not METHOD TARGET VERSION") }
    let minor: Int
    switch String(decoding: parts[2], as: UTF8.self) {
    case "HTTP/1.1": minor = 1
    case "HTTP/1.0": minor = 0
    case let version where version.hasPrefix("HTTP/") && version.utf8.count == 8:
      throw HTTPFailure(505, "only HTTP/1.1 and HTTP/1.0 are spoken here")
    default: throw HTTPFailure(400, "the request line does not end in a version of HTTP")
    }
    var target = parts[1]
    for scheme in ["http://", "https://"] where target.starts(with: scheme.utf8) {
      target = target.dropFirst(scheme.utf8.count).drop { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
    }
    var path = String(decoding: target.prefix { $0 != UInt8(ascii: "?") }, as: UTF8.self)
    if path.isEmpty { path = "/" }
    guard path.hasPrefix("/") || path == "*" else { throw HTTPFailure(400, "the target is no path") }
    return HTTPRequest(
      method: String(decoding: parts[0], as: UTF8.self), path: path, minorVersion: minor, fields: [], body: []
    )
  }

  /// The number before a semicolon, in hexadecimal.
  private static func chunkSize(_ line: ArraySlice<UInt8>) throws(HTTPFailure) -> Int {
    let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 && $0 != 0x09 }
    let rest = line[digits.endIndex...].drop { $0 == 0x20 || $0 == 0x09 }
    guard !digits.isEmpty, digits.count <= 15, rest.isEmpty || rest.first == UInt8(ascii: ";"),
      rest.allSatisfy(HTTPText.isFieldValue),
      digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }),
      let size = Int(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw HTTPFailure(400, "the line before a chunk does not begin with its size") }
    return size
  }
}
