/// Rows of comma-separated values, as in RFC 4180, with line feeds.
enum CSV {
  /// A row with its line feed. A cell is quoted if it has a comma, a quote or a line break.
  static func line(_ cells: [String]) -> String { cells.map(quoted).joined(separator: ",") + "\n" }

  private static func quoted(_ text: String) -> String {
    text.utf8.contains { ",\"\n\r".utf8.contains($0) } ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
  }

  /// Reads rows; `nil` if a quoted cell does not end, something stands beside its quotes, or the last line does not end.
  /// - Complexity: O(length).
  static func rows(_ text: String) -> [[String]]? {
    enum Place { case start, plain, quoted, afterQuote }
    var (rows, row, cell, place): ([[String]], [String], [UInt8], Place) = ([], [], [], .start)
    func end() {
      row.append(String(decoding: cell, as: UTF8.self))
      (cell, place) = ([], .start)
    }
    for byte in text.utf8 {
      switch (place, byte) {
      case (.start, UInt8(ascii: "\"")): place = .quoted
      case (.quoted, UInt8(ascii: "\"")): place = .afterQuote
      case (.quoted, _): cell.append(byte)
      case (_, UInt8(ascii: ",")): end()
      case (_, UInt8(ascii: "\n")):
        end()
        rows.append(row)
        row = []
      case (.afterQuote, UInt8(ascii: "\"")):
        cell.append(byte)
        place = .quoted
      case (.afterQuote, _), (.plain, UInt8(ascii: "\"")): return nil
      default:
        cell.append(byte)
        place = .plain
      }
    }
    return place == .start && row.isEmpty ? rows : nil
  }
}
