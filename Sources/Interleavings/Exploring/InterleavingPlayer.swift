import CInterleaving
import Synchronization

/// A test as the player sees it.
package struct InterleavingTest: Sendable {
  /// What names the test where it is told how to play it again.
  package var name: String
  package var sink: IssueSink
  package var body: @Sendable () async throws -> Void

  package init(
    _ name: String, sink: IssueSink = IssueSink(), body: @escaping @Sendable () async throws -> Void
  ) {
    (self.name, self.sink, self.body) = (name, sink, body)
  }
}

/// Plays one schedule after the other, on the thread that calls it.
package final class InterleavingPlayer {
  private let executors = ScheduleExecutors.borrow()
  private var driver: UnsafeMutablePointer<troupe_driver> { executors.driver }
  private let watch: StallWatch
  private let rules: ScheduleRules
  private var listsOptions = false
  /// The most parts that run before one that is ready, where fairness is needed.
  private static let mostWaited = 100
  /// The task that ran last, and how many parts of it have run one after the other.
  private var lastTask: Int?
  private var inARow = 0
  /// How often a task had gone on for very long.
  private var rounds = 0
  /// The most parts of one task in a row, if nothing but the order without switches decides.
  private static let mostInARow = 1000

  package init(_ rules: ScheduleRules = ScheduleRules(), stallLimit: Duration = .seconds(30)) {
    self.rules = rules
    watch = StallWatch(executors.driver, limit: stallLimit)
  }

  deinit {
    watch.stop()
    executors.giveBack()
  }

  /// What the first task ended with.
  private final class Ending: Sendable {
    private let result = Mutex<Result<Void, any Error>?>(nil)
    var value: Result<Void, any Error>? { result.withLock { $0 } }
    func end(_ value: Result<Void, any Error>) { result.withLock { $0 = value } }
  }

  /// Plays one schedule. `makesNames` keeps the names of tasks and actors, for a message or a profile, and `listsOptions`
  /// all decisions that were possible.
  package func play(
    _ test: InterleavingTest, _ strategy: inout any InterleavingStrategy, makesNames: Bool = false,
    listsOptions: Bool = false
  ) -> PlayedSchedule {
    let outer = (driver: troupe_driving(), queue: driver.pointee.queue)
    let queue = StepQueue(executors, rules, sink: test.sink)
    var played = PlayedSchedule(plan: InterleavingPlan())
    (self.listsOptions, lastTask, inARow, rounds) = (listsOptions, nil, 0, 0)
    driver.pointee.queue = Unmanaged.passUnretained(queue).toOpaque()
    troupe_drive(driver)
    defer {
      troupe_drive(outer.driver)
      driver.pointee.queue = outer.queue
    }
    writeAhead(test)
    let ending = Ending()
    let root = Task(executorPreference: queue.executor) { [body = test.body] in
      do {
        ending.end(.success(try await body()))
      } catch {
        ending.end(.failure(error))
      }
    }
    var error: InterleavingError?
    while ending.value == nil, error == nil, played.failure == nil {
      error = advance(queue, &strategy, &played)
    }
    let neverTrue = queue.properties.checkEnd()
    queue.properties = ScheduleProperties()
    finish(queue, root, ending)
    if error == nil, queue.hasForeign { error = .resumedFromOutside }
    // An expectation that failed is told before an error that may follow from it.
    played.failure = test.sink.take() ?? played.failure ?? error.map { ScheduleFailure($0) }
    if played.failure == nil, case .failure(let thrown) = ending.value,
      // A task that the schedule cancels may end with this, and so may the tasks that wait for it.
      !(thrown is CancellationError && queue.cancellationCount > 0)
    {
      played.failure = ScheduleFailure(thrown: thrown)
    }
    played.failure = played.failure ?? neverTrue.map { ScheduleFailure($0.text, place: $0.place) }
    played.entries = queue.entryCount
    if makesNames {
      played.taskNames = queue.tasks.entries.indices.map { queue.name(ofTask: $0) }
      played.actorNames = queue.actors.names
    }
    queue.close()
    return played
  }

  /// Runs the next part, or ends a sleep. Returns what is wrong.
  private func advance(
    _ queue: StepQueue, _ strategy: inout any InterleavingStrategy, _ played: inout PlayedSchedule
  ) -> InterleavingError? {
    watch.count()
    if queue.ready.isEmpty, !rules.recordsWakeUps, queue.wakeNext() { return nil }
    let isAlone = queue.ready.allSatisfy { $0.task == lastTask }
    let options = queue.options(timePasses: isAlone && inARow >= Self.mostInARow)
    guard !options.isEmpty else {
      if queue.hasForeign { return .resumedFromOutside }
      return queue.hasEarlier ? .waitsForEarlierSchedule : .waitsOutside
    }
    guard played.parts.count < rules.mostParts else {
      let busiest = queue.tasks.entries.max { $0.turns < $1.turns }
      return .tooManyParts(
        limit: rules.mostParts, busiest: String(decoding: busiest?.name ?? [], as: UTF8.self),
        sleeps: queue.hasSleeps && !rules.timersRace)
    }
    let step = choose(among: options, queue, &strategy, &played)
    let cause = queue.cause(of: step)
    let (place, effect) = queue.perform(step)
    played.parts.append(.init(step: step, place: place.map { UInt(bitPattern: $0) }, cause: cause))
    strategy.ran(step, effect)
    if !queue.properties.isEmpty {
      played.failure = queue.properties.check(queue).map { ScheduleFailure($0.text, place: $0.place) }
    }
    return nil
  }

  private func choose(
    among ready: [ReadyStep], _ queue: StepQueue, _ strategy: inout any InterleavingStrategy,
    _ played: inout PlayedSchedule
  ) -> ReadyStep {
    let straight = straight(among: ready)
    var index = strategy.choose(among: ready, straight: straight)
    // The oldest part, which is the first, is not passed over for ever where something must come true.
    if queue.properties.needFairness, !rules.respectsPriorities, let oldest = ready.first,
      queue.waited(for: oldest) > Self.mostWaited
    {
      index = 0
    }
    if ready.count > 1 { played.choices += 1 }
    let chosen = ready[index]
    if chosen.kind == .part {
      inARow = chosen.task == lastTask ? inARow + 1 : 1
      lastTask = chosen.task
    } else if chosen.kind == .wakeUp {
      inARow = 0
    }
    if listsOptions {
      for other in ready.indices where other != straight {
        played.options.append(entry(queue, ready[straight], ready[other]))
      }
    }
    if index != straight {
      let entry = entry(queue, ready[straight], chosen)
      played.plan.switches.append(entry)
      append("\(entry),")
    }
    return chosen
  }

  /// Returns the index at which the task that ran last goes on. If it cannot, or has gone on for very long, it is the next one's,
  /// and every fourth time the clock's, so that a task which awaits in a loop what another one does is no end of the schedule without switches.
  private func straight(among ready: [ReadyStep]) -> Int {
    if inARow >= Self.mostInARow {
      rounds += 1
      if rounds % 4 == 0, let clock = ready.firstIndex(where: { $0.kind == .wakeUp }) { return clock }
    }
    if inARow >= Self.mostInARow,
      let other = ready.firstIndex(where: { $0.task != lastTask && $0.kind != .cancellation })
    {
      return other
    }
    return ready.firstIndex { $0.task == lastTask && $0.kind == .part } ?? 0
  }

  private func entry(_ queue: StepQueue, _ straight: ReadyStep, _ next: ReadyStep) -> InterleavingPlan.Switch
  {
    InterleavingPlan.Switch(
      task: queue.name(of: straight), turn: straight.turn, next: queue.name(of: next))
  }

  /// Lets the tasks end that the test has left, without choices.
  private func finish(_ queue: StepQueue, _ root: Task<Void, Never>, _ ending: Ending) {
    var straight: any InterleavingStrategy = StraightStrategy()
    var rest = PlayedSchedule(plan: InterleavingPlan())
    if ending.value == nil { root.cancel() }
    let most = 1000
    while rest.parts.count < most, advanceRest(queue, &straight, &rest) {}
    if ending.value == nil { troupe_leave_test() }
  }

  private func advanceRest(
    _ queue: StepQueue, _ strategy: inout any InterleavingStrategy, _ rest: inout PlayedSchedule
  ) -> Bool {
    guard queue.ready.isEmpty else { return advance(queue, &strategy, &rest) == nil }
    // A wake-up counts as a part, so that a task which sleeps again and again comes to an end here.
    rest.parts.append(.init(step: ReadyStep(task: 0, key: 0, turn: 0, actor: 0, number: -1, priority: 0)))
    return queue.wakeNext()
  }

  // MARK: Written ahead

  /// Writes what is printed if the process dies in this schedule.
  private func writeAhead(_ test: InterleavingTest) {
    driver.pointee.note_length = 0
    append(
      "\nthe process ends while \(test.name) is played in an order of its own; play it again with\n"
        + "\(ReplayRequest.variable)='\(test.name):\(InterleavingPlan.thisBuild)/")
  }

  private func append(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      let length = driver.pointee.note_length
      guard length + bytes.count <= ScheduleExecutors.mostOfNote else { return }
      bytes.withMemoryRebound(to: CChar.self) { bytes in
        if let start = bytes.baseAddress {
          (driver.pointee.note + length).update(from: start, count: bytes.count)
        }
      }
      driver.pointee.note_length = length + bytes.count
    }
  }
}
