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
        let rate: Double? =
          switch rows[row][index] {
          case .number(let value): value
          case .integer(let value): Double(value)
          default: nil
          }
        let interval = rate.map { rate in
          EvaluationRow(
            policy: "", family: "", decoding: "", successes: Int((rate * Double(count)).rounded()),
            episodes: count
          ).interval
        }
        rows[row] += [.optional(interval?.lowerBound), .optional(interval?.upperBound)]
      }
    }
  }

  var json: JSONValue {
    .object(
      names.enumerated().map { index, name in JSONValue.Member(name, .array(rows.map { $0[index] })) })
  }
}
