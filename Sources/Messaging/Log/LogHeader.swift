/// The first record of a log: everything that its episodes depend on, and nothing else.
///
/// It holds no paths, times or thread counts, so two runs of the same scenario write the same bytes (P1).
public struct LogHeader: Sendable, Hashable {
  /// The version of the file format that is written.
  package static let schemaVersion: UInt32 = 4
  /// The versions of the file format that are read. Before version 3 the header was laid out differently, and before
  /// version 4 a record named no rules.
  static let readableVersions: ClosedRange<UInt32> = 2...schemaVersion

  /// The name and version of the program that wrote the log.
  public var program: String
  /// The full text of the scenario, so that a log can be replayed without its file.
  public var scenario: String
  public var seed: UInt64
  public var weightsDigest: String
  /// What else the recorded bits depend on, beyond program, scenario, seed and weights; empty in a default run.
  ///
  /// The log stores and compares names and values, and gives them no meaning. The program that writes and reads them
  /// does.
  public var conditions: [Condition]

  /// One thing that the recorded bits depend on.
  public struct Condition: Sendable, Hashable {
    package var name: String
    package var value: String

    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  public init(
    program: String, scenario: String, seed: UInt64, weightsDigest: String, conditions: [Condition] = []
  ) {
    self.program = program
    self.scenario = scenario
    self.seed = seed
    self.weightsDigest = weightsDigest
    self.conditions = conditions
  }
}

extension LogHeader {
  var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.write(program)
    writer.write(scenario)
    writer.write(seed)
    writer.write(weightsDigest)
    writer.write(conditions) { writer, condition in
      writer.write(condition.name)
      writer.write(condition.value)
    }
    return writer.bytes
  }

  /// - Precondition: `version` is one of ``readableVersions``.
  init(encoded bytes: [UInt8], version: UInt32) throws(MalformedRecord) {
    var reader = ByteReader(bytes)
    program = try reader.text()
    scenario = try reader.text()
    seed = try reader.integer()
    weightsDigest = try reader.text()
    conditions =
      if version == 2 {
        try reader.conditionsOfVersion2()
      } else {
        try reader.list { (reader) throws(MalformedRecord) in
          Condition(name: try reader.text(), value: try reader.text())
        }
      }
    try reader.finish()
  }

  /// Returns, in words, the first field that differs between the two headers.
  func difference(from other: LogHeader) -> String? {
    if program != other.program { return "program (\(other.program), not \(program))" }
    if seed != other.seed { return "seed (\(other.seed), not \(seed))" }
    if scenario != other.scenario { return "scenario" }
    if weightsDigest != other.weightsDigest { return "set of weights" }
    return conditions.difference(from: other.conditions)
  }
}

extension [LogHeader.Condition] {
  /// Returns, in words, the first condition with different values in the two lists; `nil` if the lists are equal.
  package func difference(from other: Self) -> String? {
    for name in (other + self).map(\.name) {
      let (theirs, own) = (other[name], self[name])
      if theirs != own {
        return "value of \(name) (\(theirs ?? "the default"), not \(own ?? "the default"))"
      }
    }
    return self == other ? nil : "list of conditions"
  }

  private subscript(name: String) -> String? { first { $0.name == name }?.value }
}
