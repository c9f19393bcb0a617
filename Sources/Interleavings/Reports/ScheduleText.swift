/// A schedule as a numbered list of which task ran, from where, and on which actor.
package struct ScheduleText {
  /// The most lines of a list. Lines in the middle are left out.
  private static let mostLines = 60

  package static func lines(_ played: PlayedSchedule) -> [String] {
    let functions = FunctionNames()
    var lines: [String] = []
    var index = 0
    while index < played.parts.count {
      let task = played.parts[index].step.task
      var places: [String] = []
      while index < played.parts.count, played.parts[index].step.task == task {
        let place = place(played.parts[index], played, functions)
        if places.last != place { places.append(place) }
        index += 1
      }
      let name = played.taskNames[task]
      let who = name == TaskTable.clockName ? "the clock" : "task \(name)"
      lines.append("\(who): " + shortened(places).joined(separator: ", then "))
    }
    let numbered = lines.enumerated().map { "\($0 + 1). \($1)" }
    guard numbered.count > mostLines else { return numbered }
    return numbered.prefix(mostLines - 20) + ["... \(numbered.count - mostLines) lines ..."]
      + numbered.suffix(20)
  }

  static func shortened(_ places: [String]) -> [String] {
    places.count > 6 ? places.prefix(3) + ["... \(places.count - 5) more ..."] + places.suffix(2) : places
  }

  static func place(
    _ part: PlayedSchedule.Part, _ played: PlayedSchedule, _ functions: FunctionNames
  ) -> String {
    switch part.step.kind {
    case .part: break
    case .cancellation: return "is cancelled"
    case .wakeUp: return "goes on to the end of the next sleep"
    }
    let actor = part.step.actor == ReadyStep.nonisolated ? nil : played.actorNames[part.step.actor]
    let function = part.place.flatMap { functions.name(at: $0) }
    return switch (function, actor) {
    case (let function?, let actor?): "\(function) on \(actor)"
    case (let function?, nil): function
    case (nil, let actor?): "goes on, on \(actor)"
    case (nil, nil): part.step.turn == 0 ? "starts" : "goes on"
    }
  }
}

extension InterleavingExplorer.Failure {
  /// What a failed test says: what failed, the schedule, and how to play it again.
  package func message(test: String, strategy: InterleavingStrategyKind) -> String {
    let of = shrunk.switches.isEmpty ? "" : " of \(found.switches.count) found"
    return """
      \(failure.description)
      in schedule \(schedule) (\(strategy), seed \(seed)); it needs \(shrunk.counts)\(of):
      \(ScheduleText.lines(played).map { "  " + $0 }.joined(separator: "\n"))
      play it again: \(ReplayRequest.variable)='\(test):\(shrunk)' swift test --filter '\(test)'
      """
  }
}
