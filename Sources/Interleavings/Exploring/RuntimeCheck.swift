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

  private static func find() -> InterleavingError? {
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
      let first = Task { await probe.add() }
      let second = Task { await probe.add() }
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
    guard played.parts.contains(where: { $0.step.actor == ReadyStep.main }) else {
      return .runtimeChanged(what: "the main actor's executor cannot be replaced")
    }
    return nil
  }
}
