import CTaskHooks
import Synchronization

/// A small schedule that holds the Swift runtime to what schedules need of it, played once in a process.
///
/// Schedules depend on things that are no API: hooks, symbols that stand in front of the runtime's, the layout of a job.
enum RuntimeCheck {
  private static let finding: InterleavingError? = find()

  static func pass() throws(InterleavingError) {
    if let finding { throw finding }
  }

  private actor Probe {
    var count = 0
    func add() { count += 1 }
  }

  @MainActor private static func stepOnMain() {}
  /// Does something that is no business of an actor, so that a task has to leave its actor before.
  private static let returns = Atomic(0)

  private static func add(to probe: Probe) async {
    await probe.add()
    returns.wrappingAdd(1, ordering: .relaxed)
  }

  private static func find() -> InterleavingError? {
    guard troupe_has_task_hooks() else {
      return .runtimeChanged(
        what: "tasks go on out of sight: it is inside this program (-static-stdlib), or this is no Linux")
    }
    guard GlobalHook.isInstalled else {
      return .runtimeChanged(what: "it has no hook for the global executor")
    }
    let test = InterleavingTest("runtime check") {
      let clock = ContinuousClock()
      let start = clock.now
      try await Task.sleep(for: .seconds(3600))
      guard clock.now - start == .seconds(3600) else {
        throw InterleavingError.runtimeChanged(what: "an hour of virtual time is not an hour")
      }
      let probe = Probe()
      let first = Task { await add(to: probe) }
      let second = Task { await add(to: probe) }
      await first.value
      await second.value
      await stepOnMain()
      guard await probe.count == 2 else {
        throw InterleavingError.runtimeChanged(what: "an actor lost a call")
      }
    }
    var strategy: any InterleavingStrategy = StraightStrategy()
    let played = InterleavingPlayer().play(test, &strategy, makesNames: true)
    if let failure = played.failure { return .runtimeChanged(what: failure.text) }
    let entered = played.parts.filter { $0.step.actor > ReadyStep.main }.map {
      played.taskNames[$0.step.task]
    }
    guard played.taskNames == ["0", "0.1", "0.2"], entered == ["0.1", "0.2", "0"] else {
      return .runtimeChanged(
        what: "tasks \(played.taskNames) entered an actor in the order \(entered), and not as they should")
    }
    guard played.entries >= 3 else {
      return .runtimeChanged(what: "tasks enter actors out of sight")
    }
    // The first unstructured task starts, enters the actor and comes back from it: three parts, or more in a debug build.
    let places = played.parts.filter { played.taskNames[$0.step.task] == "0.1" }.map(\.step.actor)
    guard let entry = places.firstIndex(where: { $0 > ReadyStep.main }),
      entry > 0, places[(entry + 1)...].contains(ReadyStep.nonisolated)
    else {
      return .runtimeChanged(what: "a task that no other waits for comes back from an actor out of sight")
    }
    guard played.parts.contains(where: { $0.step.actor == ReadyStep.main }) else {
      return .runtimeChanged(what: "the main actor's executor cannot be replaced")
    }
    return nil
  }
}
