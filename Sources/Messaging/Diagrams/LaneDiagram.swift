/// What happened, as a picture for a terminal: a lane for each task or actor, a row for each thing that it did, and arrows from a row to
/// those that it made possible.
///
/// ```
///      0    0.1  0.2
///   1  ●────▶────▶    starts
///   2  ┊    ●    │    starts, add() on Account 1
///   3  ┊    │    ●    starts
/// ```
/// `●` does something, `│` could and does not yet, `┊` waits for another. The arrows are those of Lamport's happens-before relation
/// (Communications of the ACM 21(7), 1978), without those within a lane.
package struct LaneDiagram: Sendable {
  package struct Row: Sendable {
    package var lane: Int
    /// The row that made this one possible; `nil` if none is drawn.
    package var cause: Int?
    package var label: String
    /// The lanes of later rows that this one made possible.
    fileprivate var wakes: [Int] = []

    package init(lane: Int, cause: Int?, label: String = "") {
      (self.lane, self.cause, self.label) = (lane, cause, label)
    }
  }
  private enum Mark: Character {
    case runs = "●"
    case ready = "│"
    case waits = "┊"
    case none = " "
  }

  private var lanes: [String] = []
  /// The rows, the earliest first. The number of a row is its place, counted from 1.
  package var rows: [Row] = []

  /// The most columns of a line, the most lanes, and the most rows. Rows in the middle are left out.
  private static let (mostColumns, mostLanes, mostRows) = (100, 10, 60)

  package init() {}

  /// Adds a lane, and returns its number. Beyond the most lanes all share the last one.
  package mutating func addLane(_ name: String) -> Int {
    if lanes.count == Self.mostLanes { lanes[lanes.count - 1] = "others" } else { lanes.append(name) }
    return lanes.count - 1
  }

  /// The columns from one lane to the next.
  private var pitch: Int { max(5, min(8, (lanes.map(\.count).max() ?? 0) + 2)) }

  /// The lines of the diagram, each at most 100 columns wide.
  /// - Complexity: O(n²) for n rows that are drawn.
  package var lines: [String] {
    var diagram = self
    diagram.linkRows()
    var drawn = ["     " + lanes.map { String($0.suffix(pitch - 1)).filled(to: pitch) }.joined()]
    for row in rows.indices {
      let left = rows.count - Self.mostRows
      if left > 0, row >= Self.mostRows - 20, row < rows.count - 20 {
        if row == Self.mostRows - 20 { drawn.append("     ... \(left) rows ...") }
        continue
      }
      drawn.append(diagram.line(row) + rows[row].label)
    }
    return drawn.map(Self.cut)
  }

  /// The lines as one text.
  package var text: String { lines.joined(separator: "\n") }

  private mutating func linkRows() {
    for row in rows {
      guard let cause = row.cause, rows[cause].lane != row.lane, !rows[cause].wakes.contains(row.lane) else {
        continue
      }
      rows[cause].wakes.append(row.lane)
    }
  }

  private static func cut(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line.count > mostColumns ? line.prefix(mostColumns - 3) + "..." : line
  }

  private func line(_ row: Int) -> String {
    var cells = Array(repeating: Character(" "), count: lanes.count * pitch)
    for lane in lanes.indices { cells[lane * pitch] = mark(lane, row).rawValue }
    let start = rows[row].lane * pitch
    let ends = rows[row].wakes.map { $0 * pitch }
    if let last = ends.max(), last > start { draw(start + 1...last, in: &cells) }
    if let first = ends.min(), first < start { draw(first...start - 1, in: &cells) }
    for end in ends { cells[end] = end > start ? "▶" : "◀" }
    let number = "\(row + 1)"
    return String(repeating: " ", count: max(0, 3 - number.count)) + number + "  " + String(cells)
  }

  private func draw(_ columns: ClosedRange<Int>, in cells: inout [Character]) {
    for column in columns { cells[column] = cells[column] == " " ? "─" : "┼" }
  }

  /// Returns what a lane shows in a row.
  private func mark(_ lane: Int, _ row: Int) -> Mark {
    if rows[row].lane == lane { return .runs }
    guard let next = rows[row...].first(where: { $0.lane == lane }) else { return .none }
    if let cause = next.cause, cause < row { return .ready }
    return rows[..<row].contains { $0.lane == lane } ? .waits : .none
  }
}

extension String {
  /// The text with spaces behind it.
  fileprivate func filled(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
