/// A schedule as a picture for a terminal: a lane for each task, a row for each run of its parts, and arrows from a part to
/// those that it made ready.
///
/// ```
///      0    0.1  0.2
///   1  ●────▶────▶    starts
///   2  ┊    ●    │    starts, add() on Account 1
///   3  ┊    │    ●    starts
/// ```
/// `●` runs, `│` could run and does not, `┊` waits. So a `│` beside a `●` is where the order could have been another. The
/// arrows are those of Lamport's happens-before relation (Communications of the ACM 21(7), 1978), without those between parts
/// that follow one another on an actor, which the labels name.
package struct HappensBeforeDiagram {
  /// Parts of one task with no other task's between them.
  private struct Row {
    var lane: Int
    var parts: Range<Int>
    /// The row in which this one became ready; `nil` if a sleep ended, or if it is the first.
    var cause: Int?
    /// The lanes of other tasks that became ready here.
    var wakes: [Int] = []
  }
  private enum Mark: Character {
    case runs = "●"
    case ready = "│"
    case waits = "┊"
    case none = " "
  }

  private let played: PlayedSchedule
  private var lanes: [String] = []
  private var rows: [Row] = []

  /// The most columns of a line, the most lanes, and the most rows. Rows in the middle are left out.
  private static let (mostColumns, mostLanes, mostRows) = (100, 10, 60)

  /// Makes the diagram of a schedule that was played with names.
  package init(_ played: PlayedSchedule) {
    self.played = played
    var laneOfTask: [Int: Int] = [:]
    var rowOfPart: [Int] = []
    for (number, part) in played.parts.enumerated() {
      let lane = laneOfTask[part.step.task] ?? addLane(ofTask: part.step.task)
      laneOfTask[part.step.task] = lane
      if rows.last?.lane == lane {
        rows[rows.count - 1].parts = rows[rows.count - 1].parts.lowerBound..<number + 1
      } else {
        rows.append(Row(lane: lane, parts: number..<number + 1))
        rows[rows.count - 1].cause = part.cause.flatMap { $0 < rowOfPart.count ? rowOfPart[$0] : nil }
      }
      rowOfPart.append(rows.count - 1)
    }
    for row in rows {
      guard let cause = row.cause, rows[cause].lane != row.lane, !rows[cause].wakes.contains(row.lane) else {
        continue
      }
      rows[cause].wakes.append(row.lane)
    }
  }

  /// Tasks beyond the last lane share it.
  private mutating func addLane(ofTask task: Int) -> Int {
    if lanes.count == Self.mostLanes {
      lanes[lanes.count - 1] = "others"
    } else {
      lanes.append(played.taskNames[task])
    }
    return lanes.count - 1
  }

  /// The columns from one lane to the next.
  private var pitch: Int { max(5, min(8, (lanes.map(\.count).max() ?? 0) + 2)) }

  /// The lines of the diagram, each at most 100 columns wide.
  package var lines: [String] {
    let functions = FunctionNames()
    let header = "     " + lanes.map { String($0.suffix(pitch - 1)).filled(to: pitch) }.joined()
    var drawn = [header]
    for row in rows.indices {
      let left = rows.count - Self.mostRows
      if left > 0, row >= Self.mostRows - 20, row < rows.count - 20 {
        if row == Self.mostRows - 20 { drawn.append("     ... \(left) rows ...") }
        continue
      }
      drawn.append(line(row) + label(rows[row], functions))
    }
    return drawn.map(Self.cut)
  }

  /// The lines as one text.
  package var text: String { lines.joined(separator: "\n") }

  private static func cut(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line.count > mostColumns ? line.prefix(mostColumns - 3) + "..." : line
  }

  /// Returns what the parts of a row are: functions without their types and parameters, and the actors on which they run.
  private func label(_ row: Row, _ functions: FunctionNames) -> String {
    var (places, last): ([String], String?) = ([], nil)
    for part in played.parts[row.parts] {
      let function = part.place.flatMap { functions.name(at: $0) }.map(Self.shortened)
      let actor = part.step.actor == ReadyStep.nonisolated ? nil : actorName(part.step.actor)
      let name = function ?? (part.step.turn == 0 ? "starts" : "goes on")
      // A function that comes back from an actor needs no mention.
      let isSame = name == last || (function == nil && last != nil)
      guard !isSame || actor != nil else { continue }
      places.append(
        [isSame ? nil : name, actor.map { "on \($0)" }].compactMap(\.self).joined(separator: " "))
      last = name
    }
    return ScheduleText.shortened(places).joined(separator: ", ")
  }

  /// `Account 1` for the actor that is called `Account (actor 1)` in a sentence.
  private func actorName(_ actor: Int) -> String {
    played.actorNames[actor].replacing(#/ \(actor ([0-9]+)\)$/#) { " \($0.output.1)" }
  }

  private static func shortened(_ function: String) -> String {
    let closure = function.firstMatch(of: #/, (closure [0-9]+)$/#).map { " \($0.output.1)" } ?? ""
    let name = function.prefix { $0 != "(" && $0 != " " }.split(separator: ".").last ?? ""
    return "\(name)()\(closure)"
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
