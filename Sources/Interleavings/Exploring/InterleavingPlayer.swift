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

/// The rules of a schedule.
package struct ScheduleRules: Sendable, Hashable {
  /// Whether a part runs only if none of a higher priority is ready.
  package var respectsPriorities = false
  /// The most parts of a schedule.
  package var mostParts = 100_000
  package init() {}
}

/// A schedule that was played.
package struct PlayedSchedule: Sendable {
  /// A part that ran.
  package struct Part: Sendable {
    package var step: ReadyStep
    /// Where the part's code is.
    package var place: UInt?
    /// The number of the part that made this one ready; `nil` if the end of a sleep or the beginning did.
    package var cause: Int?
  }
  package var failure: ScheduleFailure?
  package var plan: InterleavingPlan
  package var parts: [Part] = []
  /// The number of parts that ran while another was ready.
  package var choices = 0
  /// How often a task entered a default actor from outside.
  package var entries = 0
  /// The names of tasks and actors, by their numbers in `parts`.
  package var taskNames: [String] = []
  /// Every decision that another plan could have made differently, in the order of the schedule.
  package var options: [InterleavingPlan.Switch] = []
  package var actorNames: [String] = []

  /// The orders of tasks on each actor, hashed. Schedules in which every actor sees the same order are the same.
  var trace: UInt64 {
    var actors: [Int: UInt64] = [:]
    for part in parts where part.step.actor != ReadyStep.nonisolated {
      actors[part.step.actor, default: 0xcbf2_9ce4_8422_2325] ^= part.step.key
      actors[part.step.actor, default: 0] &*= 0x100_0000_01b3
    }
    // A sum does not depend on the order of the dictionary.
    return actors.values.reduce(0) { $0 &+ ($1 ^ $1 >> 29) &* 0x9E37_79B9_7F4A_7C15 }
  }

  var profile: InterleavingProfile {
    var profile = InterleavingProfile()
    profile.choices = choices
    let keys = Dictionary(
      zip(taskNames, taskNames.map { TaskTable.key(of: $0.utf8) }), uniquingKeysWith: { first, _ in first })
    for part in parts { profile.parts[part.step.key, default: [:]][part.step.actor, default: 0] += 1 }
    for name in taskNames {
      guard let dot = name.lastIndex(of: "."), let maker = keys[String(name[..<dot])], let key = keys[name]
      else { continue }
      profile.makers[key] = maker
    }
    return profile
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
    let outer = (driver: troupe_driving(), queue: GlobalHook.queue)
    let queue = StepQueue(executors)
    var played = PlayedSchedule(plan: InterleavingPlan())
    self.listsOptions = listsOptions
    troupe_drive(driver)
    GlobalHook.queue = queue
    defer {
      troupe_drive(outer.driver)
      GlobalHook.queue = outer.queue
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
    played.failure = test.sink.take() ?? played.failure ?? error.map { ScheduleFailure("\($0)") }
    if played.failure == nil, case .failure(let thrown) = ending.value {
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
    guard !queue.ready.isEmpty else {
      if queue.wakeNext() { return nil }
      return queue.hasForeign ? .resumedFromOutside : .waitsOutside
    }
    guard played.parts.count < rules.mostParts else {
      let busiest = queue.tasks.entries.max { $0.turns < $1.turns }
      return .tooManyParts(
        limit: rules.mostParts, busiest: String(decoding: busiest?.name ?? [], as: UTF8.self))
    }
    let chosen = choose(queue, &strategy, &played)
    let step = queue.ready[chosen]
    let cause = queue.cause(at: chosen)
    let (place, effect) = queue.run(chosen)
    played.parts.append(.init(step: step, place: place.map { UInt(bitPattern: $0) }, cause: cause))
    strategy.ran(step, effect)
    if !queue.properties.isEmpty {
      played.failure = queue.properties.check(queue).map { ScheduleFailure($0.text, place: $0.place) }
    }
    return nil
  }

  private func choose(
    _ queue: StepQueue, _ strategy: inout any InterleavingStrategy, _ played: inout PlayedSchedule
  ) -> Int {
    var ready = queue.ready
    if rules.respectsPriorities, let highest = ready.map(\.priority).max() {
      ready.removeAll { $0.priority < highest }
    }
    let last = played.parts.last?.step.task
    let straight = ready.firstIndex { $0.task == last } ?? 0
    var index = strategy.choose(among: ready, straight: straight)
    // The oldest part, which is the first, is not passed over for ever where something must come true.
    if queue.properties.needFairness, !rules.respectsPriorities, queue.waited(at: 0) > Self.mostWaited {
      index = 0
    }
    if ready.count > 1 { played.choices += 1 }
    let chosen = ready[index]
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
    guard rules.respectsPriorities else { return index }
    return queue.ready.firstIndex { $0.number == chosen.number } ?? 0
  }

  private func entry(_ queue: StepQueue, _ straight: ReadyStep, _ next: ReadyStep) -> InterleavingPlan.Switch
  {
    InterleavingPlan.Switch(
      task: queue.name(ofTask: straight.task), turn: straight.turn, next: queue.name(ofTask: next.task))
  }

  /// Lets the tasks end that the test has left, without choices.
  private func finish(_ queue: StepQueue, _ root: Task<Void, Never>, _ ending: Ending) {
    var straight: any InterleavingStrategy = StraightStrategy()
    var rest = PlayedSchedule(plan: InterleavingPlan())
    if ending.value == nil { root.cancel() }
    let most = 1000
    while rest.parts.count < most, advanceRest(queue, &straight, &rest) {}
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
