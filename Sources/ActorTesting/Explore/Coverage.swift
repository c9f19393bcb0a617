/// What a search through all orders played, and what it left as its seeds have it.
///
/// A search enumerates one thing: which of the events that are ready at one instant goes first. It proves nothing
/// about what ``notEnumerated`` names. The times of the timeline's faults, the sizes and the input are the system's, and
/// are not varied either.
public struct Coverage: Sendable, Hashable {
  /// Under how many seeds the orders were played.
  public var seeds: Int
  /// Whether every order of ready events was played under each of these seeds, with what the seed draws.
  ///
  /// False where an episode made as many choices as the search varies, as later ones took the oldest event.
  public var hasEveryOrder: Bool
  /// What the search did not enumerate, so that a failure may lie there.
  public var notEnumerated: [Gap]

  public init(seeds: Int, hasEveryOrder: Bool, notEnumerated: [Gap]) {
    self.seeds = seeds
    self.hasEveryOrder = hasEveryOrder
    self.notEnumerated = notEnumerated
  }

  /// Something that was as one seed, or one rule, has it.
  public enum Gap: Sendable, Hashable {
    /// Choices beyond this many took the oldest event.
    case choices(beyond: Int)
    /// What actors draw: other seeds give other draws, which may be other pauses, numbers and answers.
    case draws
    /// Which faults strike by chance, where, and for how long.
    case faultsByChance
    /// The order of jobs between two events: Troupe runs those of plain actors and tasks in one order.
    case jobs
  }
}

extension Coverage.Gap: CustomStringConvertible {
  public var description: String {
    switch self {
    case .choices(let depth): "orders beyond the first \(depth) choices"
    case .draws: "what actors draw under other seeds"
    case .faultsByChance: "faults by chance under other seeds"
    case .jobs: "other orders of jobs (plain actors, tasks) between two events"
    }
  }
}

extension Coverage: CustomStringConvertible {
  public var description: String {
    "\(hasEveryOrder ? "every order" : "not every order") of ready events under \(seeds) seed\(seeds == 1 ? "" : "s"); "
      + "not enumerated: " + notEnumerated.map(\.description).joined(separator: "; ")
  }
}
