/// One run of a system of actors, which depends only on its set-up, its seed and the answers from outside.
///
/// One thread at a time drives it: call `run` until the episode parks or ends, answer what is `outstanding`, and call
/// `run` again. Call `close` at the end, also after a failure, to release the tasks that still wait.
public final class Episode {
  let core: EpisodeCore

  /// Makes an episode. `setup` spawns the first actors and sends the first messages.
  ///
  /// `granularity` says whether `strategy` also chooses among the jobs of plain actors and tasks between two events.
  ///
  /// A `plan` decides in place of `strategy` and of chance. If `isRecorded` is false, messages are not encoded; this
  /// saves time, and the episode has no record that can be used.
  public init(
    seed: UInt64, strategy: any Strategy = FIFOStrategy(), limits: EpisodeLimits = EpisodeLimits(),
    faults: FaultPlan = FaultPlan(), plan: EpisodePlan? = nil, escapes: EscapeRule = .fail,
    isRecorded: Bool = true, granularity: Granularity = .events, setup: (ActorContext) -> Void
  ) {
    core = EpisodeCore(
      seed: seed, strategy: strategy, limits: limits, faults: faults, plan: plan, escapes: escapes,
      isRecorded: isRecorded, granularity: granularity)
    setUp(setup)
  }

  /// Makes an episode that runs a recorded one again and compares every event with it. It needs no outside.
  ///
  /// `setup` must be made from `history.input`, as the original's was. The first difference ends the replay with
  /// ``EpisodeError/diverged(_:)``. The replay of a record that was left before its end ends `paused`.
  public init(replaying history: EpisodeHistory, escapes: EscapeRule = .fail, setup: (ActorContext) -> Void) {
    core = EpisodeCore(history: history, fork: nil, escapes: escapes)
    setUp(setup)
  }

  /// Makes a fork, which repeats and compares the first `event` events of `history` and then goes on under `seed`.
  ///
  /// `message` is JSON, and replaces the message that event number `event` brings. Without it, and with the seed of the
  /// original, the rest equals the original's as long as the outside gives the same answers. If a plan made the decisions
  /// of the original, they are also those of a fork with the same seed; a fork with another seed goes on with the oldest
  /// event first, and under chance.
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

  /// The events so far, from the beginning; empty if the episode is not recorded.
  /// - Complexity: O(n), because the events are decoded anew each time.
  public var events: [EventRecord] { core.trail.trail.events }
  /// The number of events so far.
  package var eventCount: Int { core.eventCount }
  /// The virtual time since the beginning.
  public var now: Duration { core.now }

  /// Runs the episode until it ends, needs the outside, or reaches the checkpoint called `checkpoint`.
  ///
  /// The park rule is: an event at time t runs only if no external call can still end at t or before. So the order of
  /// events does not depend on when the driver answers which call.
  public func run(untilCheckpoint checkpoint: String? = nil) -> EpisodeStatus {
    core.jobs.drive { drive(untilCheckpoint: checkpoint) }
  }

  private func drive(untilCheckpoint checkpoint: String?) -> EpisodeStatus {
    // The error is no event: a replay would compare it with the first one of the record.
    if core.rules == .awaits, core.jobs.choices?.gates == nil { core.end(.failed(.jobsOutOfSight)) }
    if let mark = core.reachedMark {
      core.reachedMark = nil
      core.waits.endMark(mark)?.continuation.resume()
    }
    settle()
    while !core.isOver {
      if core.isReplay, !core.isRepeating { return .paused }
      if core.queue.isQuiet {
        // This is asked only when time goes on: what is ready at this instant comes before the end of any open call.
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

  /// Reports that call `id` has produced `units` units so far and has not ended.
  public func progress(_ id: Int, units: Int) { core.waits.progress(id, units: units) }

  /// Ends call `id`. Its result arrives when its units have taken their time, counted from the start of the call.
  public func complete(_ id: Int, _ result: ExternalResult) { core.complete(id, result) }

  /// Replaces the history's answer to call `id`. Call it before the first run of a fork.
  public func replaceAnswer(of id: Int, by result: ExternalResult) { core.replacedResults[id] = result }

  /// Whether a continuation or a task of its own put a job into a plain actor's queue. Such jobs keep their order.
  package var usedActorQueues: Bool { core.jobs.choices?.sawActorQueue ?? false }

  /// Whether any actor has drawn from a stream, so that the episode might differ under another seed.
  package var hasDrawn: Bool { core.details.contains { !$0.streams.isEmpty } }

  /// The decisions of the episode: choices of events and jobs, and faults. It has the choices only if the episode is recorded.
  public var plan: EpisodePlan {
    EpisodePlan(choices: core.choices, jobs: core.jobOrder.choices, faults: core.faults.struck)
  }

  /// The faults of the timeline that have struck so far, by their indices in it.
  ///
  /// A partition strikes when it takes a message. A crash strikes when it takes its actor down, which only a recorded
  /// episode shows.
  package var struckFaults: Set<Int> {
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

  /// Returns the part of the plan for the events after the first `event` ones.
  private func plan(after event: Int) -> EpisodePlan {
    // A fork's record holds all faults, because nothing says at which event each of them struck.
    EpisodePlan(
      choices: core.choices.filter { $0.event >= event },
      jobs: core.jobOrder.choices.filter { $0.event >= event }, faults: core.faults.struck)
  }

  /// The stack of the code that made a task which left the lanes, if there is one.
  public var escapeBacktrace: String? { core.escapeBacktrace?() }

  /// Returns the episode's record for a log. `input` is the value from which `setup` was made.
  public func record(id: String, input: [UInt8] = []) -> EpisodeRecord {
    EpisodeRecord(
      id: id, parent: nil, input: input, seed: core.seed, strategy: core.strategy.name,
      rules: core.rules, limits: core.limits, faults: core.faults.plan, plan: plan,
      eventCount: core.eventCount,
      content: core.trail.trail.bytes)
  }

  /// Returns the record of a fork for a log, which holds only what came after the fork left `parent`.
  public func record(id: String, forkedFrom parent: EpisodeRecord.Fork) -> EpisodeRecord {
    EpisodeRecord(
      id: id, parent: parent, input: [], seed: core.seed, strategy: core.strategy.name,
      rules: core.rules, limits: core.limits, faults: FaultPlan(), plan: plan(after: parent.event),
      eventCount: core.eventCount - parent.event, content: core.trail.trail.bytes(from: parent.event))
  }

  /// Ends the episode at its present event and releases everything that waits in it.
  public func close() { core.close() }
}
