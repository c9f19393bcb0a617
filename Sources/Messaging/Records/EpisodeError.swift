/// How an episode ends when it does not finish.
public enum EpisodeError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A handler threw.
  case actorFailed(path: String, error: String)
  /// Nothing can happen any more, and asks are open: who waits for whom.
  case deadlock([Wait])
  /// Nothing can happen any more, yet a handler of this actor is suspended on something that the episode does not
  /// know: something outside, such as `Task.sleep`, Dispatch or the main actor, or a continuation that nobody resumes.
  case waitsOutsideSimulation(path: String)
  /// Nothing can happen any more, and nobody finished the episode.
  case nothingLeftToHappen
  /// More events than the limit allows: a livelock, or a limit that is too low.
  ///
  /// `busiest` is the actor to which most of them happened.
  case tooManyEvents(limit: Int, busiest: String)
  /// The events take more room than a record of a log has: a livelock, or messages that are too large.
  ///
  /// `busiest` is the actor to which most of them happened.
  case tooMuchToRecord(events: Int, busiest: String)
  /// A task of this actor runs on and on and waits for nothing in the simulation, such as a loop around `Task.yield()`.
  case spinningTask(path: String)
  /// An actor that had crashed is still referred to, so calls could reach its lost state.
  case referenceOutlivedCrash(path: String)
  /// More messages wait for this actor than the limit allows.
  case mailboxOverflow(path: String, limit: Int)

  /// A message or reply could not be encoded for the record.
  case unencodable(name: String, error: String)
  /// What a fork puts in the place of a message is none of its type.
  case unreadableReplacement(name: String, error: String)
  /// A task left the lanes: `Task.detached`, or `Task {}` outside an actor's isolation.
  case escapedTask(path: String)
  /// A replay did not repeat its record.
  case diverged(ReplayDivergence)
  /// How a recorded episode failed, in the record's words.
  case recorded(String)

  public struct Wait: Hashable, Sendable {
    public var waiter: String
    public var awaited: String

    public init(waiter: String, awaited: String) {
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
    case .diverged(let divergence): "the replay differs at \(divergence)"
    case .recorded(let text): text
    case .referenceOutlivedCrash(let path): "\(path) crashed, and something still holds on to what it was"
    case .mailboxOverflow(let path, let limit): "more than \(limit) messages wait for \(path)"
    }
  }
}

/// Where a run of an episode stopped.
public enum EpisodeStatus: Sendable, Hashable {
  /// It needs the outstanding external calls to go on.
  case parked
  /// At the checkpoint asked for; the next run goes on from there.
  case paused
  case finished(result: [UInt8])
  case failed(EpisodeError)
}

extension EpisodeStatus {
  /// For people.
  public var text: String {
    switch self {
    case .parked: "waits for the outside"
    case .paused: "paused"
    case .finished: "finished"
    case .failed(let error): "\(error)"
    }
  }
}

/// Bounds of an episode; reaching one is an error with a name.
public struct EpisodeLimits: Sendable, Hashable {
  /// At most 2^31 - 1, as numbers of events are 32 bits where they wait; what is more becomes that.
  public var events = 1_000_000 { didSet { events = min(events, Int(Int32.max)) } }
  /// Messages that may wait for one actor.
  public var mailbox = 100_000
  /// The most bytes of events: three quarters of what a record of a log may have, whose choices and faults take room too.
  static let eventBytes = 12 << 20
  /// The most jobs that run between two events: a task that waits for nothing of the simulation would run for ever.
  ///
  /// Some thousands are usual where an event starts many tasks. How many there are depends on the build, so the limit
  /// is far from that.
  static let jobs = 1_000_000
  public init() {}
}
