import Foundation

/// The outcomes of every task, as `outcomes.json` has them.
extension EvaluationRow {
  private struct Line: Codable {
    var policy: String
    var family: String
    var decoding: String
    /// A digit for each task: 1 if it was solved.
    var solved: String
    /// The executor calls of all tasks, and the tokens that they generated.
    var calls: Int
    var tokens: Int
  }

  /// Returns the text of a file with these rows, a line for each.
  static func outcomesText(_ rows: [EvaluationRow]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let lines = try rows.map { row in
      let solved = String(row.outcomes.map { $0 ? "1" : "0" })
      let line = Line(
        policy: row.policy, family: row.family, decoding: row.decoding, solved: solved, calls: row.calls,
        tokens: row.tokens)
      return String(decoding: try encoder.encode(line), as: UTF8.self)
    }
    return "[\n" + lines.joined(separator: ",\n") + "\n]\n"
  }

  /// Reads the rows of such a file.
  /// - Throws: ``RunError`` if it cannot be read.
  static func rows(of file: URL) throws(RunError) -> [EvaluationRow] {
    guard let data = try? Data(contentsOf: file),
      let lines = try? JSONDecoder().decode([Line].self, from: data),
      lines.allSatisfy({ !$0.solved.isEmpty && $0.solved.allSatisfy { $0 == "0" || $0 == "1" } })
    else { throw RunError("\(file.relativePath): holds no outcomes of a run") }
    return lines.map { line in
      EvaluationRow(
        policy: line.policy, family: line.family, decoding: line.decoding,
        outcomes: line.solved.map { $0 == "1" }, calls: line.calls, tokens: line.tokens)
    }
  }
}
