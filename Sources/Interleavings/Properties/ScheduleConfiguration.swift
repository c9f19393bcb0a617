/// Everything that decides how a schedule may go on, as far as the player and the test know it.
struct ScheduleConfiguration: Hashable {
  /// A task that can go on, or that has run.
  struct TaskPlace: Hashable {
    var key: UInt64
    /// Where the code of its last part is; `nil` if it has not run, or if the place is not known.
    var last: UInt?
    /// The actor on which its next part runs; `nil` if it is not ready.
    var next: Int?
  }
  /// What the test calls the state.
  var state: AnyHashable
  /// The tasks, by their names' hashes.
  var tasks: [TaskPlace]
  /// How long the tasks that sleep still do, in nanoseconds.
  var sleeps: [Int64]
}

extension StepQueue {
  /// Returns the configuration now, between two parts.
  ///
  /// What tasks keep in their own variables is not seen. A test that wants it to count has it in its state.
  /// - Complexity: O(n log n) for the n tasks of the schedule.
  func configuration(state: AnyHashable) -> ScheduleConfiguration {
    var places = tasks.entries.indices.map { task in
      ScheduleConfiguration.TaskPlace(key: tasks.entries[task].key, last: lastPlace(ofTask: task), next: nil)
    }
    for step in ready { places[step.task].next = step.actor }
    return ScheduleConfiguration(
      state: state, tasks: places.sorted { $0.key < $1.key }, sleeps: remainingSleeps.sorted())
  }

  /// Whether a cycle of parts could go on for ever though every task that can go on does: each task that is ready now ran in
  /// it, and no sleep is left that it kept from ending.
  func wasFair(_ cycle: ArraySlice<PlayedSchedule.Part>) -> Bool {
    let ran = Set(cycle.map(\.step.task))
    return remainingSleeps.isEmpty && ready.allSatisfy { ran.contains($0.task) }
  }
}
