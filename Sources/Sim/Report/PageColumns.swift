import Foundation
import Messaging

/// The columns of a table as the page has them: lists of equal length, by name.
struct PageColumns {
  private(set) var names: [String]
  private(set) var rows: [[JSONValue]]

  init(names: [String], rows: [[JSONValue]] = []) {
    self.names = names
    self.rows = rows
  }

  /// Reads the text of a CSV file; `nil` if it has no header. A last line that is cut short, as that of a run that is
  /// being written, is left out, and so is a line with other cells than the header.
  init?(csv text: String) {
    let whole = text[..<(text.lastIndex(of: "\n").map { text.index(after: $0) } ?? text.startIndex)]
    guard let rows = CSV.rows(String(whole)), let header = rows.first else { return nil }
    names = header
    self.rows = rows.dropFirst().filter { $0.count == header.count }.map { $0.map(Self.value) }
  }

  private static func value(_ cell: String) -> JSONValue {
    if cell.isEmpty { return .null }
    if let integer = Int(cell) { return .integer(integer) }
    if let number = Double(cell) { return number.isFinite ? .number(number) : .null }
    return .text(cell)
  }

  mutating func append(_ row: [JSONValue]) { rows.append(row) }

  /// Keeps the rows for which `isKept` holds of the cell in a column.
  mutating func filter(_ column: String, _ isKept: (JSONValue) -> Bool) {
    guard let index = names.firstIndex(of: column) else { return }
    rows.removeAll { !isKept($0[index]) }
  }

  /// Adds the 95 % Wilson intervals of columns that are shares of `count` episodes.
  mutating func addIntervals(to columns: [String], of count: Int) {
    guard count > 0 else { return }
    for name in columns {
      guard let index = names.firstIndex(of: name) else { continue }
      names += ["\(name).low", "\(name).high"]
      for row in rows.indices {
        let interval = Self.interval(ofShare: rows[row][index], of: count)
        rows[row] += [.optional(interval?.lowerBound), .optional(interval?.upperBound)]
      }
    }
  }

  private static func interval(ofShare cell: JSONValue, of count: Int) -> ClosedRange<Double>? {
    let rate: Double
    switch cell {
    case .number(let value): rate = value
    case .integer(let value): rate = Double(value)
    default: return nil
    }
    return EvaluationRow(
      policy: "", family: "", decoding: "", successes: Int((rate * Double(count)).rounded()), episodes: count
    ).interval
  }

  /// The success of the crossings through training, for each of the columns of `metrics.csv` that are here, as shares of
  /// `count` episodes; `nil` if the run did not evaluate them. A row's step is how many steps were done.
  func crossings(families: [String], of count: Int) -> PageColumns? {
    guard count > 0, let steps = names.firstIndex(of: "step") else { return nil }
    var found = PageColumns(names: ["step", "policy", "family", "rate", "low", "high"])
    for family in families {
      for crossing in Crossing.allCases {
        guard let index = names.firstIndex(of: crossing.column(family)) else { continue }
        for row in rows {
          guard case .integer(let step) = row[steps],
            let interval = Self.interval(ofShare: row[index], of: count)
          else { continue }
          found.append([
            .integer(step + 1), .text(crossing.policy), .text(family), row[index],
            .number(interval.lowerBound), .number(interval.upperBound),
          ])
        }
      }
    }
    return found.rows.isEmpty ? nil : found
  }

  var json: JSONValue {
    .object(
      names.enumerated().map { index, name in JSONValue.Member(name, .array(rows.map { $0[index] })) })
  }
}
