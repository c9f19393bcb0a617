extension CBORWriter {
  public mutating func write<R>(_ reply: ReplyTo<R>) {
    beginMap(1)
    key("ask")
    write(reply.ask)
  }
}

extension Message {
  /// Writes the message by way of `Codable`.
  public func encode(to writer: inout CBORWriter) throws { try writer.write(codable: self) }

  /// The message's bytes in a record.
  var encoded: [UInt8] {
    get throws {
      var writer = CBORWriter()
      try encode(to: &writer)
      return writer.bytes
    }
  }
}
