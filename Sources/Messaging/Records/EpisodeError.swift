/// The reason why an episode ended without finishing.
public enum EpisodeError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A handler threw.
  case actorFailed(path: String, error: String)
  /// Nothing can happen any more, and asks are open. The waits say who waits for whom.
  case deadlock([Wait])
  /// Nothing can happen any more, but a handler of this actor waits for something that the episode does not know.
  ///
  /// It waits for something outside, such as `Task.sleep`, Dispatch or the main actor, or for a continuation that
  /// nobody resumes.
  case waitsOutsideSimulation(path: String)
  /// Nothing can happen any more, and nobody finished the episode.
  case nothingLeftToHappen
  /// The episode has more events than the limit allows, because of a livelock or because the limit is too low.
  ///
  /// `busiest` is the actor to which most of them happened.
  case tooManyEvents(limit: Int, busiest: String)
  /// The events need more room than a record of a log has, because of a livelock or of messages that are too large.
  ///
  /// `busiest` is the actor to which most of them happened.
  case tooMuchToRecord(events: Int, busiest: String)
  /// A task of this actor runs without end and waits for nothing in the simulation, as in a loop around `Task.yield()`.
  case spinningTask(path: String)
  /// There is still a reference to an actor that crashed, so calls could reach its lost state.
  case referenceOutlivedCrash(path: String)
  /// More messages wait for this actor than the limit allows.
  case mailboxOverflow(path: String, limit: Int)

  /// A message or reply could not be encoded for the record.
  case unencodable(name: String, error: String)
  /// The JSON with which a fork replaces a message does not fit the message's type.
  case unreadableReplacement(name: String, error: String)
  /// A task left the lanes: `Task.detached`, or `Task {}` outside an actor's isolation.
  case escapedTask(path: String)
  /// Jobs are choices, and this program cannot see all of them: the Swift runtime is inside it (`-static-stdlib`), is another than
  /// the one for which Troupe was written, or is that of another platform than Linux.
  case jobsOutOfSight
  /// A replay did not repeat its record.
  case diverged(ReplayDivergence)
  /// A recorded episode failed in this way, in the record's words.
  case recorded(String)

  public struct Wait: Hashable, Sendable {
    public var waiter: String
    public var awaited: String

    package init(waiter: String, awaited: String) {
      self.waiter = waiter
      self.awaited = awaited
    }
  }

  public var description: String {
    switch self {
    case .actorFailed(let path, let error): "\(path) failed: \(error)"
    case .deadlock(let waits):
      "deadlock: " + waits.map { "\($0.waiter) waits for \($0.awaited)" }.joined(separator: ", ")
    case .waitsOutsideSimulation(let path):
      "\(path) waits for something outside the simulation, or for a continuation that nobody resumes"
    case .nothingLeftToHappen: "nothing is left to happen and nobody finished the episode"
    case .tooManyEvents(let limit, let busiest):
      "more than \(limit) events, most at \(busiest): a livelock, or the limit is too low"
    case .tooMuchToRecord(let events, let busiest):
      "more than \(EpisodeLimits.eventBytes >> 20) MiB of record after \(events) events, most at \(busiest): a livelock, or messages too large for a log"
    case .spinningTask(let path):
      "a task of \(path) ran \(EpisodeLimits.jobs) jobs and waits for nothing in the simulation: a livelock, such as a loop around Task.yield()"
    case .unencodable(let name, let error): "message \(name) cannot be encoded: \(error)"
    case .unreadableReplacement(let name, let error): "the replacement is no \(name): \(error)"
    case .escapedTask(let path): "a task of \(path) left the simulation: use the context, or adopt strays"
    case .jobsOutOfSight:
      "this program cannot order the jobs of plain actors: the Swift runtime is inside it (-static-stdlib), or is another than the one for which Troupe was written"
    case .diverged(let divergence): "the replay differs at \(divergence)"
    case .recorded(let text): text
    case .referenceOutlivedCrash(let path): "\(path) crashed, and something still holds on to what it was"
    case .mailboxOverflow(let path, let limit): "more than \(limit) messages wait for \(path)"
    }
  }
}

/// The state in which a run of an episode stopped.
public enum EpisodeStatus: Sendable, Hashable {
  /// The episode needs answers to the outstanding external calls.
  case parked
  /// The episode is at the checkpoint that was asked for. The next run goes on from there.
  case paused
  case finished(result: [UInt8])
  case failed(EpisodeError)
}

extension EpisodeStatus {
  /// A text for people.
  package var text: String {
    switch self {
    case .parked: "waits for the outside"
    case .paused: "paused"
    case .finished: "finished"
    case .failed(let error): "\(error)"
    }
  }
}

/// The bounds of an episode. Reaching one is an error with a name.
public struct EpisodeLimits: Sendable, Hashable {
  /// The most events, at most 2^31 - 1, because pending events store their numbers in 32 bits. A greater value is cut.
  public var events = 1_000_000 { didSet { events = min(events, Int(Int32.max)) } }
  /// The most messages that may wait for one actor.
  public var mailbox = 100_000
  /// The most bytes of events, three quarters of what a log's record may have. Choices and faults need room, too.
  static let eventBytes = 12 << 20
  /// The most jobs that run between two events. Some tasks wait for nothing in the simulation.
  ///
  /// Some thousands are usual where an event starts many tasks. The number depends on the build, so the limit is far
  /// above that.
  static let jobs = 1_000_000
  public init() {}
}
