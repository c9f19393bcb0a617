import Messaging

/// A schedule as a picture for a terminal: a lane for each task, and a row for each run of its parts.
///
/// A `│` beside a `●` is where the order could have been another. Parts that follow one another on an actor have no arrows; the
/// labels name the actors.
package struct HappensBeforeDiagram {
  private let played: PlayedSchedule
  private var diagram = LaneDiagram()
  /// The parts of each row: those of one task with no other task's between them.
  private var parts: [Range<Int>] = []

  /// Makes the diagram of a schedule that was played with names.
  package init(_ played: PlayedSchedule) {
    self.played = played
    var laneOfTask: [Int: Int] = [:]
    var rowOfPart: [Int] = []
    for (number, part) in played.parts.enumerated() {
      // Tasks beyond the last lane share it.
      let lane = laneOfTask[part.step.task] ?? diagram.addLane(played.taskNames[part.step.task])
      laneOfTask[part.step.task] = lane
      if diagram.rows.last?.lane == lane {
        parts[parts.count - 1] = parts[parts.count - 1].lowerBound..<number + 1
      } else {
        // Without a cause it is the first part, or a sleep has ended.
        diagram.rows.append(
          .init(lane: lane, cause: part.cause.flatMap { $0 < rowOfPart.count ? rowOfPart[$0] : nil }))
        parts.append(number..<number + 1)
      }
      rowOfPart.append(diagram.rows.count - 1)
    }
  }

  /// The lines of the diagram, each at most 100 columns wide.
  package var lines: [String] {
    // The names are those of a program's whole table, so they are read only if the diagram is shown.
    let functions = FunctionNames()
    var labelled = diagram
    for row in parts.indices { labelled.rows[row].label = label(parts[row], functions) }
    return labelled.lines
  }

  /// The lines as one text.
  package var text: String { lines.joined(separator: "\n") }

  /// Returns what the parts of a row are: functions without their types and parameters, and the actors on which they run.
  private func label(_ range: Range<Int>, _ functions: FunctionNames) -> String {
    var (places, last): ([String], String?) = ([], nil)
    for part in played.parts[range] {
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
}
