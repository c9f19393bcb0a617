/// One run of a system of actors: a function of its set-up, its seed and what the outside answers.
///
/// Driven by one thread at a time: `run` until it parks or ends, serve what is `outstanding`, run again. Call
/// `close` when done with it, also when it failed or is abandoned: it releases the tasks that still wait.
public final class Episode {
  let core: EpisodeCore

  /// `setup` spawns the first actors and sends the first messages.
  ///
  /// With a `plan`, that is followed in place of `strategy` and of chance. Without `isRecorded` messages are not encoded, which saves time and leaves no record worth keeping.
  public init(
    seed: UInt64, strategy: any Strategy = FIFOStrategy(), limits: EpisodeLimits = EpisodeLimits(),
    faults: FaultPlan = FaultPlan(), plan: EpisodePlan? = nil, escapes: EscapeRule = .fail,
    isRecorded: Bool = true, setup: (ActorContext) -> Void
  ) {
    core = EpisodeCore(
      seed: seed, strategy: strategy, limits: limits, faults: faults, plan: plan, escapes: escapes,
      isRecorded: isRecorded)
    setUp(setup)
  }

  /// Runs a recorded episode again, every event checked against the record; needs no outside.
  ///
  /// `setup` must be made from `history.input` as the original was. The first difference ends the replay with
  /// ``EpisodeError/diverged(_:)``; a record that was left before its end ends `paused`.
  public init(replaying history: EpisodeHistory, escapes: EscapeRule = .fail, setup: (ActorContext) -> Void) {
    core = EpisodeCore(history: history, fork: nil, escapes: escapes)
    setUp(setup)
  }

  /// Repeats the first `event` events of `history`, checked, and goes on live under `seed`.
  ///
  /// `message`, if given, is the JSON of what takes the place of the message that event number `event` brings.
  /// With the seed of the original the rest equals the original's, as long as the outside answers the same.
  /// - Precondition: `event` is at most the number of events of `history`.
  public init(
    forking history: EpisodeHistory, at event: Int, seed: UInt64, replacing message: String? = nil,
    escapes: EscapeRule = .fail, setup: (ActorContext) -> Void
  ) {
    precondition((0...history.eventCount).contains(event), "a fork beyond the end of its parent")
    core = EpisodeCore(history: history, fork: (event, seed, message), escapes: escapes)
    setUp(setup)
  }

  private func setUp(_ setup: (ActorContext) -> Void) {
    let seat = core.addSeat("root")
    core.jobs.strayLane = core.seats[seat].lane
    core.jobs.drive { setup(ActorContext(core: core, seat: seat)) }
  }

  deinit { core.close() }

  /// What has happened so far, from the beginning; decoded anew each time, O(n). None if it is not recorded.
  public var events: [EventRecord] { core.trail.trail.events }
  /// How many events have happened.
  public var eventCount: Int { core.eventCount }
  /// Virtual time since the beginning.
  public var now: Duration { core.now }

  /// Runs until it ends, needs the outside, or reaches the checkpoint called `checkpoint`.
  ///
  /// The park rule: an event at t runs only if no external call can still complete at t or before. So the order of
  /// events does not depend on when the driver serves which call.
  public func run(untilCheckpoint checkpoint: String? = nil) -> EpisodeStatus {
    core.jobs.drive { drive(untilCheckpoint: checkpoint) }
  }

  private func drive(untilCheckpoint checkpoint: String?) -> EpisodeStatus {
    if let mark = core.reachedMark {
      core.reachedMark = nil
      core.waits.endMark(mark)?.continuation.resume()
    }
    settle()
    while !core.isOver {
      if core.isReplay, !core.isRepeating { return .paused }
      if core.queue.isQuiet {
        // Only when time goes on: what is ready at this instant comes before whatever is outstanding.
        let bound = core.bound
        guard let next = core.queue.nextTime else {
          if bound != nil { return .parked }
          core.fail(core.diagnosis)
          break
        }
        if let bound, next >= bound { return .parked }
      }
      guard core.eventCount < core.limits.events else {
        core.fail(.tooManyEvents(limit: core.limits.events, busiest: core.busiest))
        break
      }
      guard core.trail.trail.bytes.count <= EpisodeLimits.eventBytes else {
        core.fail(.tooMuchToRecord(events: core.eventCount, busiest: core.busiest))
        break
      }
      guard core.performNext(pausingAt: checkpoint) else { return .paused }
      settle()
    }
    return core.outcome ?? .failed(core.diagnosis)
  }

  /// Runs jobs until there are none.
  private func settle() {
    if let path = core.jobs.runUntilQuiet() { core.fail(.spinningTask(path: path)) }
    if let path = core.jobs.takeForeign() { core.fail(.waitsOutsideSimulation(path: path)) }
    core.checkCrashed()
  }

  /// The external calls that wait for the driver, in the order in which they were made.
  public var outstanding: [OutstandingExternal] {
    core.waits.openCalls.map {
      OutstandingExternal(id: $0.number, call: $0.call.call, isNew: $0.call.unitsSoFar == nil)
    }
  }

  /// Says that call `id` has produced `units` units so far, without ending.
  public func progress(_ id: Int, units: Int) { core.waits.progress(id, units: units) }

  /// Ends call `id`: its result arrives at its start plus `result.units` latencies.
  public func complete(_ id: Int, _ result: ExternalResult) { core.complete(id, result) }

  /// Has the outside answer call `id` of the history otherwise than it did; before the first run of a fork.
  public func replaceAnswer(of id: Int, by result: ExternalResult) { core.replacedResults[id] = result }

  /// Whether any actor has drawn from a stream: under another seed the episode might go another way.
  package var hasDrawn: Bool { core.details.contains { !$0.streams.isEmpty } }

  /// What was decided where it was free; its choices are kept only if it is recorded.
  public var plan: EpisodePlan { EpisodePlan(choices: core.choices, faults: core.faults.struck) }

  /// Which faults of the timeline have struck so far, by their places in it: a partition when it took a message, a
  /// crash, which only a recorded episode tells, when it took its actor down.
  public var struckFaults: Set<Int> {
    var struck = core.faults.struckTimeline
    let crashes = core.faults.plan.timeline.enumerated().compactMap { index, fault in
      if case .crash(let path, let time, _) = fault { (index: index, path: path, time: time) } else { nil }
    }
    guard !crashes.isEmpty else { return struck }
    for event in events where event.kind == .crash {
      for crash in crashes where crash.path == event.subject && crash.time == event.time {
        struck.insert(crash.index)
      }
    }
    return struck
  }

  /// Its part of that after `event` events.
  private func plan(after event: Int) -> EpisodePlan {
    // A fork's record holds all faults again: which place an event is at, nothing says.
    EpisodePlan(choices: core.choices.filter { $0.event >= event }, faults: core.faults.struck)
  }

  /// Where a task left the lanes: the stack of whoever made it.
  public var escapeBacktrace: String? { core.escapeBacktrace?.symbolicated()?.description }

  /// What a log keeps of it; `input` is what `setup` was made from.
  public func record(id: String, input: [UInt8] = []) -> EpisodeRecord {
    EpisodeRecord(
      id: id, parent: nil, input: input, seed: core.seed, strategy: core.strategy.name,
      rules: core.rules, limits: core.limits, faults: core.faults.plan, plan: plan,
      eventCount: core.eventCount,
      content: core.trail.trail.bytes)
  }

  /// What a log keeps of a fork: only what came after it left `parent`.
  public func record(id: String, forkedFrom parent: EpisodeRecord.Fork) -> EpisodeRecord {
    EpisodeRecord(
      id: id, parent: parent, input: [], seed: core.seed, strategy: core.strategy.name,
      rules: core.rules, limits: core.limits, faults: FaultPlan(), plan: plan(after: parent.event),
      eventCount: core.eventCount - parent.event, content: core.trail.trail.bytes(from: parent.event))
  }

  /// Ends the episode where it stands and releases everything that waits in it.
  public func close() { core.close() }
}
