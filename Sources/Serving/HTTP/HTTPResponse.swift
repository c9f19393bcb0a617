/// An answer, whole or the head of a stream, as bytes.
///
/// It has no field Date: the bytes of an answer are a function of the request alone.
package struct HTTPResponse: Sendable, Hashable {
  package var status: Int
  package var contentType: String
  /// Lines of the head besides those of type, length and connection, such as `Retry-After: 1`.
  package var lines: [String] = []
  package var body: [UInt8]

  package init(_ status: Int, contentType: String, body: [UInt8]) {
    (self.status, self.contentType, self.body) = (status, contentType, body)
  }

  /// The whole answer. An answer to HEAD has no body, and says its length.
  package func bytes(isHead: Bool = false, closes: Bool) -> [UInt8] {
    var result = head("Content-Length: \(body.count)", closes)
    if !isHead { result += body }
    return result
  }

  /// The head of an answer whose body follows in chunks, or, for HTTP/1.0, up to the end of the connection.
  package func streamHead(chunked: Bool, closes: Bool) -> [UInt8] {
    head(chunked ? "Transfer-Encoding: chunked" : nil, closes)
  }

  private func head(_ framing: String?, _ closes: Bool) -> [UInt8] {
    var all = ["HTTP/1.1 \(status) \(Self.reason(status))", "Content-Type: \(contentType)"]
    if let framing { all.append(framing) }
    all += lines + ["Connection: \(closes ? "close" : "keep-alive")"]
    return Array((all.joined(separator: "\r\n") + "\r\n\r\n").utf8)
  }

  /// A piece of a body that is sent in chunks; it must not be empty.
  package static func chunk(_ bytes: [UInt8]) -> [UInt8] {
    Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + [0x0D, 0x0A]
  }

  /// The end of a body that was sent in chunks.
  package static let lastChunk = Array("0\r\n\r\n".utf8)

  /// What a client that waits with its body is told.
  package static let goOn = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

  private static func reason(_ status: Int) -> String {
    switch status {
    case 200: "OK"
    case 400: "Bad Request"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 406: "Not Acceptable"
    case 408: "Request Timeout"
    case 411: "Length Required"
    case 413: "Content Too Large"
    case 414: "URI Too Long"
    case 417: "Expectation Failed"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    case 505: "HTTP Version Not Supported"
    default: "Status"
    }
  }
}
