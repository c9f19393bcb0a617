import Messaging

/// The facts about a whole log that every export names.
package struct ExportSource: Sendable {
  let header: LogHeader
  let scenarioName: String
  /// The scenario's text, which is JSON5 as it was written into the log.
  var scenario: String { header.scenario }
  /// The name of the log's file.
  let file: String
  /// The SHA-256 of all that the episodes depend on: the same for the same run, and another one for every other.
  ///
  /// With the id of an episode it gives the ids of its trace and spans, so that traces of two runs, whose episodes have the
  /// same names, do not mix.
  let identity: String

  package init(_ header: LogHeader, _ scenario: Scenario, file: String) {
    self.header = header
    scenarioName = scenario.name
    self.file = file
    let conditions = header.conditions.flatMap { [$0.name, $0.value] }
    let parts = [header.scenario, "\(header.seed)", header.weightsDigest] + conditions
    // Lengths before the parts, so that no two lists of parts have the same text.
    identity = SHA256.digest(of: Array(parts.map { "\($0.utf8.count):\($0)" }.joined().utf8)).hex
  }

  /// The version in the name of the program, such as `0.1.0`.
  var programVersion: String { header.program.split(separator: " ").last.map(String.init) ?? "" }

  /// The first `digits` digits of the SHA-256 of some parts of this log.
  func id(_ parts: [String], digits: Int) -> String {
    let text = ([identity] + parts).joined(separator: "\n")
    return String(SHA256.digest(of: Array(text.utf8)).hex.prefix(digits))
  }
}
