extension StepQueue {
  /// Everything that could be done next: the parts in `ready`, and then what the rules let be a choice beside them. Without
  /// parts, the end of the next sleep comes first.
  ///
  /// `timePasses` says that one task alone has run for so long that the next sleep is at its end. So it is if a task rests.
  func options(timePasses: Bool) -> [ReadyStep] {
    var options = ready
    if rules.respectsPriorities, let highest = ready.map(\.priority).max() {
      options.removeAll { $0.priority < highest }
    }
    let isResting = !options.isEmpty && options.allSatisfy { $0.task == resting }
    if let resting, !isResting { options.removeAll { $0.task == resting } }
    let isUp = hasSleeps && (timePasses || isResting)
    if isUp { options = [] }
    if hasSleeps, ready.isEmpty || rules.timersRace || isUp {
      let clock = tasks.placeOfClock()
      options.append(step(.wakeUp, clock, key: tasks.entries[clock].key))
    }
    if !options.isEmpty, cancellationCount < rules.cancels.most {
      for task in tasks.cancellable(rules.cancels) {
        let name = Self.cancellationMark + self.name(ofTask: task)
        options.append(step(.cancellation, task, key: TaskTable.key(of: name.utf8)))
      }
    }
    return options
  }

  /// What stands before the name of a task in the name of its cancellation.
  static let cancellationMark = "!"

  private func step(_ kind: ReadyStep.Kind, _ task: Int, key: UInt64) -> ReadyStep {
    let turn = tasks.entries[task].turns
    return ReadyStep(
      task: task, key: key, turn: turn, actor: ReadyStep.nonisolated, number: -1 - turn, priority: 0,
      kind: kind
    )
  }
}
