import Messaging

extension EpisodeDiagram {
  /// The diagram for a terminal, each line at most 100 columns wide: a lane for each actor, a row for each event that was scheduled, and
  /// an arrow from where a message was sent to the actor that it reached.
  ///
  /// What an actor did while it handled an event, such as a note, stands behind the event.
  package var text: String {
    var diagram = LaneDiagram()
    var (lanes, rowOfEvent): ([String: Int], [Int: Int]) = ([:], [:])
    var time: Duration?
    for event in events where event.record.kind != .spawn {
      let record = event.record
      // A message is lost where it was sent.
      let path = record.kind == .drop ? record.peer : record.subject
      let lane = lanes[path] ?? diagram.addLane(Self.lastName(path))
      lanes[path] = lane
      let words = terminalLabel(event)
      if event.cause == nil, record.kind != .delivery, diagram.rows.last?.lane == lane {
        diagram.rows[diagram.rows.count - 1].label += ", \(words)"
      } else {
        let start = record.time == time ? "" : "\(Self.shortTime(record.time)): "
        diagram.rows.append(
          .init(lane: lane, cause: event.cause.flatMap { rowOfEvent[$0] }, label: start + words))
        time = record.time
      }
      rowOfEvent[record.number] = diagram.rows.count - 1
    }
    return diagram.text
  }

  private func terminalLabel(_ event: CausedEvent) -> String {
    let record = event.record
    let words =
      switch record.kind {
      case .delivery, .reply: label(record, hasContent: true) + " from \(Self.lastName(record.peer))"
      case .drop: "\(record.name) to \(Self.lastName(record.subject)) is lost"
      default: label(record, hasContent: true)
      }
    return words + (event.passed > 0 ? ", before \(event.passed) older" : "")
  }

  private static func lastName(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}
