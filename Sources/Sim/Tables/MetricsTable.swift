/// The measurements of one training step.
public struct MetricsRow: Sendable, Hashable {
  /// The step, from 0. A row may also describe the policy before the first step.
  public var step: Int
  /// The stage, from 0.
  public var stage: Int
  /// The role whose stage it is; `nil`, and `both` in a file, if both roles learn alike.
  public var role: Scenario.Stages.Role?
  /// The values by column. A value that was not measured in this step is absent.
  public var values: [String: Double]

  package init(step: Int, stage: Int, role: Scenario.Stages.Role?, values: [String: Double]) {
    self.step = step
    self.stage = stage
    self.role = role
    self.values = values
  }
}

/// The contents of `metrics.csv`: a header, and a line for each step. The bytes are the same on every machine and in
/// every locale (P1).
///
/// The columns are `step,stage,role`, then the table's own. Numbers have the fewest digits that give the same
/// `Double` when they are read, and an absent value is an empty cell. A writer appends ``header`` once, and
/// ``line(for:)`` for each step.
package struct MetricsTable: Sendable, Hashable {
  /// Names of columns that other code reads.
  package enum Column {
    /// The mean reward of the executors.
    package static let executorReward = "executor_reward"
    /// The mean reward of the designer.
    package static let designerReward = "designer_reward"
    /// The greatest difference between the sampler's and the trainer's log-probability of a token (P5); empty if none
    /// was compared.
    package static let gap = "logprob_gap"
    /// How many tokens were compared for ``gap``.
    package static let checkedTokens = "checked_tokens"
    /// How many executions the step played, without forks.
    package static let executions = "executions"
    /// The executor calls of these executions.
    package static let executorCalls = "executor_calls"
    /// The mean virtual time of an execution, in seconds.
    package static let virtualTime = "virtual_time"
    /// The tokens of designs and executions, and those of forks.
    package static let (generatedTokens, forkTokens) = ("generated_tokens", "fork_tokens")
    private static let heldOutPrefix = "held_out."

    /// The column of a family's success on held-out tasks, 0 to 1.
    package static func heldOut(_ family: String) -> String { heldOutPrefix + family }

    /// The family of a held-out column; `nil` for other columns.
    package static func family(of column: String) -> String? {
      column.hasPrefix(heldOutPrefix) ? String(column.dropFirst(heldOutPrefix.count)) : nil
    }
  }

  /// The table's own columns. Each is a word of letters, digits, `.`, `_` and `-`.
  package let columns: [String]
  package var rows: [MetricsRow]

  private static let fixedColumns = ["step", "stage", "role"]
  private static let both = "both"

  /// - Precondition: the columns are distinct words.
  package init(columns: [String], rows: [MetricsRow] = []) {
    precondition(MetricsTable.areColumns(columns), "columns are distinct words: \(columns)")
    self.columns = columns
    self.rows = rows
  }

  package var header: String { (MetricsTable.fixedColumns + columns).joined(separator: ",") + "\n" }

  /// The line of one row.
  /// - Precondition: the table has a column for each value.
  /// - Complexity: O(columns).
  package func line(for row: MetricsRow) -> String {
    precondition(row.values.keys.allSatisfy(columns.contains), "a value without a column: \(row.values.keys)")
    let cells = columns.map { row.values[$0]?.description ?? "" }
    return (["\(row.step)", "\(row.stage)", row.role?.rawValue ?? MetricsTable.both] + cells).joined(
      separator: ",") + "\n"
  }

  /// The whole file.
  /// - Complexity: O(cells).
  package var csv: String { header + rows.map(line).joined() }

  /// Reads the text of ``csv``. Errors name `file`.
  /// - Throws: ``MetricsError`` if a line is cut short or malformed.
  /// - Complexity: O(length).
  package init(csv: String, file: String = "metrics.csv") throws(MetricsError) {
    var lines = csv.split(separator: "\n", omittingEmptySubsequences: false)
    func failure(_ line: Int, _ what: String) -> MetricsError {
      MetricsError(file: file, line: line, what: what)
    }
    guard lines.popLast()?.isEmpty == true, let header = lines.first else {
      throw failure(max(1, lines.count + 1), "the last line is cut short")
    }
    let names = header.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard Array(names.prefix(3)) == MetricsTable.fixedColumns else {
      throw failure(1, "the header does not begin with \(MetricsTable.fixedColumns.joined(separator: ","))")
    }
    let columns = Array(names.dropFirst(3))
    guard MetricsTable.areColumns(columns) else {
      throw failure(1, "the header has an empty, malformed or repeated column")
    }
    self.init(columns: columns)
    for (index, line) in lines.enumerated().dropFirst() {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      guard cells.count == names.count else {
        throw failure(index + 1, "\(cells.count) cells under \(names.count) columns")
      }
      let role = Scenario.Stages.Role(rawValue: String(cells[2]))
      guard let step = Int(cells[0]), let stage = Int(cells[1]), role != nil || cells[2] == MetricsTable.both
      else { throw failure(index + 1, "step, stage or role is malformed") }
      var values: [String: Double] = [:]
      for (column, cell) in zip(columns, cells.dropFirst(3)) where !cell.isEmpty {
        guard let value = Double(cell) else { throw failure(index + 1, "\(column) is not a number") }
        values[column] = value
      }
      rows.append(MetricsRow(step: step, stage: stage, role: role, values: values))
    }
  }

  /// Whether they are words, each another.
  private static func areColumns(_ names: [String]) -> Bool {
    Set(names).count == names.count
      && names.allSatisfy {
        !$0.isEmpty && $0.allSatisfy { $0.isLetter || $0.isNumber || "._-".contains($0) }
      }
  }
}

/// Why a metrics file cannot be read.
package struct MetricsError: Error, Sendable, Hashable, CustomStringConvertible {
  package var file: String
  package var line: Int
  package var what: String

  package var description: String { "\(file):\(line): \(what)" }
}
