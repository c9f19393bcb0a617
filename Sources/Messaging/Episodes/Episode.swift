/// One run of a system of actors: a function of its set-up, its seed and what the outside answers.
///
/// Driven by one thread at a time: `run` until it parks or ends, serve what is `outstanding`, run again. Call
/// `close` when done with it, also when it failed or is abandoned: it releases the tasks that still wait.
public final class Episode {
  private let core: EpisodeCore

  /// `setup` spawns the first actors and sends the first messages.
  public init(
    seed: UInt64, strategy: any Strategy = FIFOStrategy(), limits: EpisodeLimits = EpisodeLimits(),
    drops: [Drop] = [], setup: (ActorContext) -> Void
  ) {
    core = EpisodeCore(seed: seed, strategy: strategy, limits: limits, drops: drops)
    let lane = Lane(queue: core.jobs)
    core.seats.append(.init(path: "root", lane: lane))
    core.receivers.append(NoReceiver())
    setup(ActorContext(core: core, seat: 0, path: "root", lane: lane))
  }

  deinit { core.close() }

  /// What has happened so far.
  public var events: [EventRecord] { core.events }

  /// Runs until it ends, needs the outside, or reaches the checkpoint called `checkpoint`.
  ///
  /// The park rule: an event at t runs only if no external call can still complete at t or before. So the order of
  /// events does not depend on when the driver serves which call.
  public func run(untilCheckpoint checkpoint: String? = nil) -> EpisodeStatus {
    if let mark = core.reachedMark {
      core.reachedMark = nil
      core.marks.removeValue(forKey: mark)?.resume()
    }
    core.jobs.runUntilQuiet()
    while core.outcome == nil {
      let bound = core.bound
      guard let next = core.queue.nextTime else {
        if bound != nil { return .parked }
        core.fail(core.diagnosis)
        break
      }
      if let bound, next >= bound { return .parked }
      guard core.events.count < core.limits.events else {
        core.fail(.tooManyEvents(limit: core.limits.events))
        break
      }
      guard core.performNext(pausingAt: checkpoint) else { return .paused }
      core.jobs.runUntilQuiet()
    }
    return core.outcome ?? .failed(core.diagnosis)
  }

  /// The external calls that wait for the driver, in the order in which they were made.
  public var outstanding: [OutstandingExternal] {
    core.externals.filter { !$0.value.isServed }.sorted { $0.key < $1.key }
      .map { OutstandingExternal(id: $0.key, call: $0.value.call) }
  }

  /// Says that call `id` has produced `units` units so far, without ending.
  public func progress(_ id: Int, units: Int) { core.externals[id]?.unitsSoFar = units }

  /// Ends call `id`: its result arrives at its start plus `result.units` latencies.
  public func complete(_ id: Int, _ result: ExternalResult) {
    guard let wait = core.externals[id], !wait.isServed else { return }
    core.externals[id]?.isServed = true
    core.queue.add(
      at: wait.start + wait.call.latencyPerUnit * result.units, number: wait.number,
      .completion(external: id, result))
  }

  /// Ends the episode where it stands and releases everything that waits in it.
  public func close() { core.close() }
}

/// The root has an address in the tree, but receives nothing.
private struct NoReceiver: Sendable {}
