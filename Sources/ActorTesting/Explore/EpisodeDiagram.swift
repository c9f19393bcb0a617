import Messaging

/// A happens-before diagram of an episode, as a drawing (SVG) and for a terminal: a lifeline for each actor, a row for each event, and an arrow
/// from where a message was sent to where it arrived.
///
/// The arrows are those of Lamport's happens-before relation (Communications of the ACM 21(7), 1978); what happens on one
/// lifeline is in its order anyway. Classes name the parts, as the style sheet of the viewer knows them.
package struct EpisodeDiagram {
  let events: ArraySlice<CausedEvent>
  /// The paths of the actors, in the order in which they are first seen.
  private var actors: [String] = []
  private var places: [String: Int] = [:]
  /// The number of events before the first that is drawn.
  package let left: Int

  /// The most rows. What is before them is left out, because a failure is seen at the end.
  package static let mostRows = 400
  /// The most lifelines. Actors beyond them share the last one.
  private static let mostActors = 24
  private static let (row, gutter, pitch, margin, head) = (26, 190, 150, 260, 40)

  package init(_ events: [CausedEvent]) {
    self.events = events.suffix(Self.mostRows)
    left = events.count - self.events.count
    // Who sends the first messages stands first, though actors begin before that.
    if self.events.contains(where: { $0.record.peer == "root" || $0.record.subject == "root" }) {
      add("root")
    }
    for event in self.events {
      if !event.record.peer.isEmpty { add(event.record.peer) }
      add(event.record.subject)
    }
  }

  private mutating func add(_ path: String) {
    guard places[path] == nil else { return }
    if actors.count < Self.mostActors { actors.append(path) } else { actors[Self.mostActors - 1] = "others" }
    places[path] = actors.count - 1
  }

  private func x(_ path: String) -> Int { Self.gutter + Self.pitch * (places[path] ?? 0) + Self.pitch / 2 }
  private func y(_ number: Int) -> Int { Self.head + Self.row * (number - left) + Self.row / 2 }
  private var width: Int { Self.gutter + Self.pitch * actors.count + Self.margin }
  private var height: Int { Self.head + Self.row * events.count + 12 }

  /// The drawing.
  package var svg: String {
    var parts = [
      "<svg class=\"picture\" role=\"img\" width=\"\(width)\" height=\"\(height)\" viewBox=\"0 0 \(width) \(height)\">",
      "<title>\(events.count) events of \(actors.count) actors</title>",
    ]
    for path in actors { parts.append(lifeline(path)) }
    var time: Duration?
    for event in events {
      parts.append(group(event, isNewTime: event.record.time != time))
      time = event.record.time
    }
    // Words come last, so that no arrow of another event goes through them.
    for event in events { parts.append(words(event)) }
    return parts.joined(separator: "\n") + "\n</svg>"
  }

  private func lifeline(_ path: String) -> String {
    let x = path == "others" ? Self.gutter + Self.pitch * (actors.count - 1) + Self.pitch / 2 : self.x(path)
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return "<path class=\"lifeline\" d=\"M\(x) \(Self.head - 8)V\(height - 8)\"/>"
      + "<g><title>\(Self.escaped(path))</title><text class=\"actor\" x=\"\(x)\" y=\"18\" text-anchor=\"middle\">"
      + "\(Self.escaped(Self.shortened(name, to: 22)))</text></g>"
  }

  private func group(_ event: CausedEvent, isNewTime: Bool) -> String {
    let record = event.record
    let y = y(record.number)
    var parts = [
      "<g class=\"row\(record.isFailure ? " trouble" : "")\(event.passed > 0 ? " current" : "")\"><title>\(Self.escaped(title(event)))</title>"
    ]
    if event.passed > 0 {
      parts.append(
        "<rect class=\"now\" x=\"0\" y=\"\(y - Self.row / 2)\" width=\"\(width)\" height=\"\(Self.row)\"/>")
    }
    if isNewTime {
      let seconds = Self.shortTime(record.time)
      parts.append("<text class=\"time\" x=\"128\" y=\"\(y + 4)\" text-anchor=\"end\">\(seconds)</text>")
    }
    parts.append(
      "<text class=\"time\" x=\"42\" y=\"\(y + 4)\" text-anchor=\"end\">\(record.number)</text>"
    )
    parts.append(Self.isArrow(record) ? arrow(event, y) : point(event, y))
    return parts.joined() + "</g>"
  }

  private func title(_ event: CausedEvent) -> String {
    let passed = event.passed == 0 ? "" : "; it went before \(event.passed) that had been ready for longer"
    return Self.shortened("event \(event.record)", to: 300) + passed
  }

  private func arrow(_ event: CausedEvent, _ y: Int) -> String {
    let record = event.record
    let (start, end) = (x(record.peer), x(record.subject))
    // A message that was made before the first row begins above it.
    let cause = max(event.cause ?? record.number, left)
    let top = record.kind == .drop ? y : self.y(cause)
    let way = end >= start ? 1 : -1
    let isLost = record.kind == .drop
    let tip = isLost ? start + (end - start) * 6 / 10 : end - 2 * way
    return
      "<path class=\"arrow\(record.kind == .reply ? " reply" : "")\" d=\"M\(start) \(top)L\(tip) \(y)\"/>"
      + (isLost || record.kind == .deadLetter ? cross(tip, y) : tipHead(from: (start, top), to: (tip, y)))
  }

  private func point(_ event: CausedEvent, _ y: Int) -> String {
    let x = x(event.record.subject)
    return [.failure, .crash].contains(event.record.kind)
      ? cross(x, y) : "<circle class=\"point-mark\" cx=\"\(x)\" cy=\"\(y)\" r=\"5\"/>"
  }

  /// The words of an event, behind the tip of its arrow, where they do not lie on it.
  private func words(_ event: CausedEvent) -> String {
    let record = event.record
    let (start, end) = (Self.isArrow(record) ? x(record.peer) : x(record.subject), x(record.subject))
    let tip = record.kind == .drop ? start + (end - start) * 6 / 10 : end
    let isLeft = end < start
    let label =
      Self.shortened(label(record, hasContent: !isLeft), to: isLeft ? 22 : 44)
      + (event.passed > 0 ? ", before \(event.passed) older" : "")
    let state = "\(record.isFailure ? " trouble" : "")\(event.passed > 0 ? " current" : "")"
    return
      "<g class=\"words row\(state)\"><text class=\"label\" x=\"\(isLeft ? tip - 10 : tip + 10)\" y=\"\(y(record.number) + 4)\""
      + " text-anchor=\"\(isLeft ? "end" : "start")\">\(Self.escaped(label))</text></g>"
  }

  private static func isArrow(_ record: EventRecord) -> Bool {
    [.delivery, .reply, .deadLetter, .drop].contains(record.kind) && record.peer != record.subject
  }

  func label(_ record: EventRecord, hasContent: Bool) -> String {
    switch record.kind {
    case .delivery, .reply: record.name + (hasContent ? Self.content(record) : "")
    case .drop: "\(record.name) is lost"
    case .deadLetter: "\(record.name) finds nobody"
    case .spawn: "begins"
    case .failure: record.name
    default: record.name.isEmpty ? "\(record.kind)" : "\(record.kind) \(record.name)"
    }
  }

  /// The beginning of a message's content, unless it is empty.
  private static func content(_ record: EventRecord) -> String {
    guard let text = json(ofCBOR: record.payload), text != "{}" else { return "" }
    return " \(shortened(text, to: 60))"
  }

  private func tipHead(from start: (x: Int, y: Int), to end: (x: Int, y: Int)) -> String {
    let (dx, dy) = (Double(end.x - start.x), Double(end.y - start.y))
    let length = max(1, (dx * dx + dy * dy).squareRoot())
    func point(_ back: Double, _ side: Double) -> String {
      let x = Double(end.x) - (dx * back + dy * side) / length
      let y = Double(end.y) - (dy * back - dx * side) / length
      return "\((x * 10).rounded() / 10) \((y * 10).rounded() / 10)"
    }
    return "<path class=\"arrow-head\" d=\"M\(point(9, 4.5))L\(end.x) \(end.y)L\(point(9, -4.5))Z\"/>"
  }

  private func cross(_ x: Int, _ y: Int) -> String {
    "<path class=\"cross\" d=\"M\(x - 6) \(y - 6)l12 12m0 -12l-12 12\"/>"
  }

  static func shortTime(_ time: Duration) -> String {
    shortened("\(time)".replacing(" seconds", with: " s"), to: 14)
  }

  private static func shortened(_ text: String, to most: Int) -> String {
    text.count > most ? text.prefix(most - 3) + "..." : text
  }

  /// Returns a text as it stands in a page.
  package static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
  }
}
