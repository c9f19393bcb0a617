extension ByteReader {
  /// Reads the text and the list of numbers that a header of version 2 has in place of conditions. Either may be empty.
  ///
  /// They become conditions with the names that `docs/log-format.md` gives these two fields.
  mutating func conditionsOfVersion2() throws(MalformedRecord) -> [LogHeader.Condition] {
    let kernel = try text()
    let heights = try list { (reader) throws(MalformedRecord) in try reader.count() }
    var conditions: [LogHeader.Condition] = []
    if !kernel.isEmpty { conditions.append(.init(name: "BLAS kernel", value: kernel)) }
    if !heights.isEmpty {
      conditions.append(
        .init(name: "block heights", value: heights.map(String.init).joined(separator: ", ")))
    }
    return conditions
  }
}
