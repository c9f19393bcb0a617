import Messaging

/// A report of what a search through all orders played, and of what it did not vary.
///
/// A search enumerates which of the events that are ready at one instant goes first and, if its granularity says so, which of
/// the jobs that are ready between two events. It proves nothing about what ``notEnumerated`` names. It does not vary the times
/// of the timeline's faults, the sizes or the input either, which belong to the system.
public struct Coverage: Sendable, Hashable {
  /// The number of seeds under which the orders were played.
  public var seeds: Int
  /// Whether the search ordered events alone, or also the jobs between two events.
  public var granularity: Granularity
  /// Whether every order of ready events, and of jobs by the granularity, was played under each of these seeds, with what the seed draws.
  ///
  /// False if an episode made as many choices as the search varies, because later choices took the oldest event.
  public var hasEveryOrder: Bool
  /// The things that the search did not enumerate, in which a failure may hide.
  public var notEnumerated: [Gap]

  package init(
    seeds: Int, hasEveryOrder: Bool, granularity: Granularity = .events, notEnumerated: [Gap]
  ) {
    self.seeds = seeds
    self.granularity = granularity
    self.hasEveryOrder = hasEveryOrder
    self.notEnumerated = notEnumerated
  }

  /// Something that a search did not enumerate.
  public enum Gap: Sendable, Hashable {
    /// The choices after this many took the oldest event.
    case choices(beyond: Int)
    /// The draws of actors: another seed gives other draws, which may be other pauses, numbers and answers.
    case draws
    /// The faults by chance: which ones strike, where, and for how long.
    case faultsByChance
    /// The order of jobs between two events: Troupe runs the jobs of plain actors and tasks in one order.
    case jobs
    /// The order of jobs that a `Task` of its own or a continuation puts into a plain actor's queue: the actor runs them in the order
    /// in which they came, and whoever enters it waits behind them. It is named only if there were such jobs.
    case jobsAtOneActor
  }
}

extension Coverage.Gap: CustomStringConvertible {
  public var description: String {
    switch self {
    case .choices(let depth): "orders beyond the first \(depth) choices"
    case .draws: "what actors draw under other seeds"
    case .faultsByChance: "faults by chance under other seeds"
    case .jobs: "other orders of jobs (plain actors, tasks) between two events"
    case .jobsAtOneActor:
      "other orders of jobs that wait in a plain actor's own queue, where a `Task` of its own or a continuation put them"
    }
  }
}

extension Coverage: CustomStringConvertible {
  public var description: String {
    "\(hasEveryOrder ? "every order" : "not every order") of ready \(granularity == .awaits ? "events and jobs" : "events") under \(seeds) seed\(seeds == 1 ? "" : "s")"
      + (notEnumerated.isEmpty
        ? "" : "; not enumerated: " + notEnumerated.map(\.description).joined(separator: "; "))
  }
}
