import Messaging

extension EpisodeStart {
  /// The episode's input as bytes. Together with the seed it determines the setup.
  package var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.write(task.family)
    writer.write(task.level)
    writer.write(task.hash)
    writer.write(task.statement)
    writer.write(task.solution)
    writer.write(task.hidden)
    writer.write(script) { $0.write($1) }
    return writer.bytes
  }

  /// Reads the bytes of ``encoded``.
  /// - Throws: `MalformedRecord` for other bytes.
  package init(encoded bytes: [UInt8]) throws(MalformedRecord) {
    var reader = ByteReader(bytes)
    task = TaskInstance(
      family: try reader.text(), level: try reader.count(), hash: try reader.integer(),
      statement: try reader.text(), solution: try reader.text(), hidden: try reader.text())
    script = try reader.optionalText()
    try reader.finish()
  }
}
