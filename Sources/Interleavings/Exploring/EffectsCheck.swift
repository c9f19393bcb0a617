/// A small schedule that holds the Swift runtime to what cancellations and partial order reduction need, played once in a process:
/// names of tasks, and the words of a task that say what kind it is, whether it has ended and whether it is cancelled.
enum EffectsCheck {
  private static let finding: InterleavingError? = find()

  static func pass() throws(InterleavingError) {
    if let finding { throw finding }
  }

  /// Cancels what can be cancelled, and else goes on straight. It keeps what it saw.
  private struct Probe: InterleavingStrategy {
    var cancellations = 0
    var effects: [StepEffect] = []

    mutating func begin(seed: UInt64, profile: InterleavingProfile) {}
    mutating func choose(among ready: [ReadyStep], straight: Int) -> Int {
      ready.firstIndex { $0.kind == .cancellation } ?? straight
    }
    mutating func ran(_ step: ReadyStep, _ effect: StepEffect) {
      if step.kind == .cancellation { cancellations += 1 } else { effects.append(effect) }
    }
  }

  private static func find() -> InterleavingError? {
    let test = InterleavingTest("runtime check") {
      let cancelled = Task(name: "probe") {
        while !Task.isCancelled { await Task.yield() }
      }
      async let child: Void = Task.yield()
      await child
      await withTaskGroup(of: Void.self) { group in group.addTask {} }
      await cancelled.value
    }
    var rules = ScheduleRules()
    rules.followsEffects = true
    rules.mostParts = 5000
    rules.cancels = .named(["probe"], atMost: 2)
    var strategy: any InterleavingStrategy = Probe()
    let played = InterleavingPlayer(rules).play(test, &strategy)
    if let failure = played.failure { return .runtimeChanged(what: failure.text) }
    guard let probe = strategy as? Probe, probe.cancellations == 1 else {
      return .runtimeChanged(what: "a task with a name was not cancelled, or twice")
    }
    let root = TaskTable.key(of: "0".utf8)
    let ends = probe.effects.filter { $0.endsChildOf == root }.map(\.endsInGroup)
    guard ends.sorted(by: { !$0 && $1 }) == [false, true] else {
      return .runtimeChanged(what: "the ends of child tasks are out of sight: \(ends)")
    }
    return nil
  }
}
