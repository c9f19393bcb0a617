extension PlayedSchedule {
  /// Returns a sentence that says what this play, which has names, did first that another play of the same plan had not done.
  package func difference(from first: PlayedSchedule) -> String {
    let place = zip(parts, first.parts).prefix { one, other in
      one.step.key == other.step.key && one.step.turn == other.step.turn && one.place == other.place
    }.count
    guard place < max(parts.count, first.parts.count) else {
      return "both times the same \(parts.count) parts ran, so it is decided within a part"
    }
    let functions = FunctionNames()
    let before = place > 0 ? "; before, both had \(says(parts, place - 1, functions))" : ""
    return
      "part \(place + 1) was \(says(first.parts, place, functions)), and then \(says(parts, place, functions))\(before)"
  }

  private func says(_ parts: [Part], _ place: Int, _ functions: FunctionNames) -> String {
    guard place < parts.count else { return "the end of the test" }
    let part = parts[place]
    let task = taskNames.indices.contains(part.step.task) ? taskNames[part.step.task] : "\(part.step.task)"
    let function = part.place.flatMap { functions.name(at: $0) } ?? "the start"
    return "\(function) of task \(task)"
  }
}
