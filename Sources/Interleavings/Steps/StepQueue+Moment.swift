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

  func noteLastPart(of task: Int, at place: UnsafeRawPointer?) {
    while lastParts.count <= task { lastParts.append(nil) }
    lastParts[task] = (partCount - 1, place.map { UInt(bitPattern: $0) })
  }

  /// The number of a task's last part, and where its code is; `nil` if the task has not run.
  private func lastPart(ofTask task: Int) -> (number: Int, place: UInt?)? {
    task < lastParts.count ? lastParts[task] : nil
  }

  /// How long the tasks that sleep still do, in nanoseconds.
  private var remainingSleeps: [Int64] { sleeps.ends.map { $0 - driver.pointee.now } }

  /// The number of the part that made a part ready; `nil` if the beginning did, or the end of a sleep that was no decision.
  func cause(of step: ReadyStep) -> Int? { job(of: step)?.cause }

  /// The number of parts that have run since a part became ready; 0 for what is no part.
  func waited(for step: ReadyStep) -> Int { job(of: step).map { partCount - $0.since } ?? 0 }

  private func job(of step: ReadyStep) -> Job? {
    guard step.kind == .part else { return nil }
    return ready.firstIndex { $0.number == step.number }.map { jobs[$0] }
  }
}
