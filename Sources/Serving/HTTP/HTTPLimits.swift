/// How much a request may have; more is answered by an error with a name.
package struct HTTPLimits: Sendable, Hashable {
  /// Bytes of the request line; more is 414.
  package var requestLine = 8_192
  /// Bytes of the header fields, or of the fields after a chunked body; more is 431.
  package var headerBytes = 16_384
  /// Header fields; more are 431.
  package var headerCount = 100
  /// Bytes of the body; more are 413.
  package var body = 1 << 20
  /// Bytes of the line before a chunk.
  package var chunkLine = 256

  package init() {}
}

/// Why a request cannot be read, as the status of the answer and a sentence.
package struct HTTPFailure: Error, Sendable, Hashable {
  package var status: Int
  package var message: String

  package init(_ status: Int, _ message: String) { (self.status, self.message) = (status, message) }
}
