extension StepQueue: ScheduleMoment {
  /// - Complexity: O(n log n) for the n tasks of the schedule.
  func configuration(state: AnyHashable) -> ScheduleConfiguration {
    var places = tasks.entries.indices.map { task in
      ScheduleConfiguration.TaskPlace(
        key: tasks.entries[task].key, last: lastPart(ofTask: task)?.place, next: nil)
    }
    for step in ready { places[step.task].next = step.actor }
    return ScheduleConfiguration(
      state: state, tasks: places.sorted { $0.key < $1.key }, sleeps: remainingSleeps.sorted())
  }

  func wasFair(since part: Int) -> Bool {
    remainingSleeps.isEmpty
      && ready.allSatisfy { lastPart(ofTask: $0.task).map { $0.number >= part } ?? false }
  }
}
