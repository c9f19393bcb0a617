/// What a log was recorded from: everything its episodes are a function of, and nothing else.
///
/// No paths, times or thread counts: two runs of the same thing write the same bytes (P1).
public struct LogHeader: Sendable, Hashable {
  /// Version of the file format; a reader reads its own only.
  public static let schemaVersion: UInt32 = 2

  /// The full text of the scenario, so that a log can be replayed without its file.
  public var scenario: String
  public var seed: UInt64
  public var weightsDigest: String
  /// Name of the BLAS kernel; empty if none was used.
  public var kernel: String
  /// Heights of the row blocks that agree to the bit, none of them negative.
  public var heights: [Int]
  /// Name and version of the program that wrote the log.
  public var program: String

  public init(
    scenario: String, seed: UInt64, weightsDigest: String, kernel: String, heights: [Int], program: String
  ) {
    self.scenario = scenario
    self.seed = seed
    self.weightsDigest = weightsDigest
    self.kernel = kernel
    self.heights = heights
    self.program = program
  }
}

extension LogHeader {
  var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.write(program)
    writer.write(scenario)
    writer.write(seed)
    writer.write(weightsDigest)
    writer.write(kernel)
    writer.write(heights) { $0.write($1) }
    return writer.bytes
  }

  init(encoded bytes: [UInt8]) throws(MalformedRecord) {
    var reader = ByteReader(bytes)
    program = try reader.text()
    scenario = try reader.text()
    seed = try reader.integer()
    weightsDigest = try reader.text()
    kernel = try reader.text()
    heights = try reader.list { (reader) throws(MalformedRecord) in try reader.count() }
    try reader.finish()
  }

  /// The first field that is not the same in the two, in words.
  func difference(from other: LogHeader) -> String? {
    if program != other.program { return "program (\(other.program), not \(program))" }
    if seed != other.seed { return "seed (\(other.seed), not \(seed))" }
    if scenario != other.scenario { return "scenario" }
    if weightsDigest != other.weightsDigest { return "set of weights" }
    if kernel != other.kernel { return "BLAS kernel (\(other.kernel), not \(kernel))" }
    if heights != other.heights { return "set of block heights (\(other.heights), not \(heights))" }
    return nil
  }
}
