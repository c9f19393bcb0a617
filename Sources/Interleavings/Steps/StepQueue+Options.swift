extension StepQueue {
  /// Everything that could be done next: the parts in `ready`, and then what the rules let be a choice beside them. Without
  /// parts, the end of the next sleep comes first.
  func options() -> [ReadyStep] {
    var options = ready
    if rules.respectsPriorities, let highest = ready.map(\.priority).max() {
      options.removeAll { $0.priority < highest }
    }
    if let resting, options.contains(where: { $0.task != resting }) {
      options.removeAll { $0.task == resting }
    }
    if hasSleeps, ready.isEmpty || rules.timersRace {
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
