import Sim

/// A table for the terminal of the successes on held-out tasks: a line for each policy, with 95 % intervals.
struct EvaluationTable {
  private let rows: [EvaluationRow]

  init(_ rows: [EvaluationRow]) { self.rows = rows }

  var text: String {
    var columns: [(family: String, decoding: String)] = []
    var policies: [String] = []
    for row in rows {
      if !columns.contains(where: { $0 == (row.family, row.decoding) }) {
        columns.append((row.family, row.decoding))
      }
      if !policies.contains(row.policy) { policies.append(row.policy) }
    }
    let head =
      ["held-out success, %"] + columns.map { "\($0.family), \($0.decoding)" } + ["calls", "tokens"]
    let body = policies.map { policy in
      let found = columns.map { family, decoding in
        rows.first { $0.policy == policy && $0.family == family && $0.decoding == decoding }
      }
      let episodes = found.reduce(0) { $0 + ($1?.episodes ?? 0) }
      func mean(_ value: (EvaluationRow) -> Int) -> String {
        "\((10 * found.reduce(0) { $0 + Double($1.map(value) ?? 0) } / Double(episodes)).rounded() / 10)"
      }
      return [policy] + found.map { $0.map(cell) ?? "" } + [mean(\.calls), mean(\.tokens)]
    }
    let tasks =
      rows.first.map {
        "\($0.episodes) tasks a family; in brackets the 95 % interval; calls and tokens of executors, a task"
      } ?? ""
    return (Self.aligned([head] + body) + [tasks]).joined(separator: "\n")
  }

  private func cell(_ row: EvaluationRow) -> String {
    func percent(_ rate: Double) -> String { "\((rate * 1000).rounded() / 10)" }
    return "\(percent(row.rate)) [\(percent(row.interval.lowerBound)), \(percent(row.interval.upperBound))]"
  }

  /// Returns the lines of a table with columns of equal width.
  static func aligned(_ lines: [[String]]) -> [String] {
    let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    return lines.map { line in
      zip(line, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
    }
  }
}
