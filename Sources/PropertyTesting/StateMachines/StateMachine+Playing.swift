extension StateMachine {
  /// Runs a sequence against a new system, and checks that some order of the commands explains all responses.
  ///
  /// The order in which the branches' tasks run is that of the program, or that of the schedule if a test is played in many
  /// orders.
  /// - Parameter sequence: The commands to run.
  /// - Throws: ``LinearizabilityError``, or what ``run(_:on:)`` or ``makeSystem()`` threw.
  package func play(_ sequence: CommandSequence<Command>) async throws {
    let system = try await makeSystem()
    let recorder = HistoryRecorder<Command, Response>()
    for command in sequence.prefix {
      _ = try await recorder.call(command, by: "first") { try await run(command, on: system) }
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, branch) in sequence.branches.enumerated() where !branch.isEmpty {
        group.addTask {
          for command in branch {
            _ = try await recorder.call(command, by: "task \(index + 1)") {
              try await run(command, on: system)
            }
          }
        }
      }
      try await group.waitForAll()
    }
    try Linearizable(sequentialModel).check(recorder.history)
  }
}
