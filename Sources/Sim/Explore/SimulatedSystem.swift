import Messaging

/// A system of actors to be explored: how an episode of it begins, what can go wrong, and what must hold.
///
/// ```
/// var system = SimulatedSystem("counter") { root, _ in
///   let counter = root.spawn("counter") { Counter($0) }
///   root.send(.increment, to: counter)
/// } violation: { played in
///   played.notes("total").last == [2] ? nil : "an increment was lost"
/// }
/// system.faults.rates.drop = 0.1
/// let found = Explorer(system).explore(seeds: 0..<1000)
/// ```
public struct SimulatedSystem: Sendable {
  public var name: String
  /// Sizes of the system by name, such as the number of its nodes; shrinking tries smaller ones, down to the least.
  public var sizes: [String: Size] = [:]
  public var faults = FaultPlan()
  public var limits = EpisodeLimits()
  public var escapes = EscapeRule.fail
  /// Whether an episode in which nothing is left to happen has ended well.
  public var endsQuiet = true
  /// Spawns the first actors and sends the first messages; told the value of each size.
  public var setUp: @Sendable (ActorContext, [String: Int]) -> Void
  /// What a played episode did that it must not do; `nil` if nothing. Not asked about one that failed otherwise than by
  /// having nothing left to happen: why it failed is told instead.
  public var violation: @Sendable (PlayedEpisode) -> String?
  /// Runs an episode to its end; replaced where something outside has to be served.
  public var run: @Sendable (Episode) throws -> EpisodeStatus = { $0.run() }
  /// What the set-up is made from, for the record.
  public var input: [UInt8] = []

  /// A whole number of the set-up.
  public struct Size: Sendable, Hashable {
    public var value: Int
    public var least: Int

    public init(_ value: Int, least: Int = 1) {
      self.value = value
      self.least = least
    }
  }

  public init(
    _ name: String, setUp: @escaping @Sendable (ActorContext, [String: Int]) -> Void,
    violation: @escaping @Sendable (PlayedEpisode) -> String? = { _ in nil }
  ) {
    self.name = name
    self.setUp = setUp
    self.violation = violation
  }
}

/// An episode that has been played.
public struct PlayedEpisode: Sendable {
  public var status: EpisodeStatus
  public var history: EpisodeHistory
  /// Decoded on demand, O(n).
  public var events: [EventRecord] { history.events }

  public init(status: EpisodeStatus, history: EpisodeHistory) {
    self.status = status
    self.history = history
  }

  /// The payloads of the notes of that name, in order.
  public func notes(_ name: String) -> [[UInt8]] {
    events.filter { $0.kind == .note && $0.name == name }.map(\.payload)
  }

  /// Who noted something of that name, in order.
  public func notedBy(_ name: String) -> [String] {
    events.filter { $0.kind == .note && $0.name == name }.map(\.subject)
  }
}

/// How the orders to be explored are chosen.
public enum ExplorationStrategy: Sendable, Hashable {
  /// Uniform among the ready events.
  case random
  /// Random priorities that change `depth` - 1 times within about `steps` choices.
  case pct(depth: Int, steps: Int)
  /// All orders of the first `depth` choices, one after the other; seeds change nothing but chance.
  case dfs(depth: Int)
  /// The oldest first: chance alone changes.
  case fifo

  /// The strategy of one episode; that of `dfs` has a state of its own.
  func made(seed: UInt64) -> any Strategy {
    switch self {
    case .random: RandomStrategy(seed: seed)
    case .pct(let depth, let steps): PCTStrategy(seed: seed, depth: depth, steps: steps)
    case .dfs(let depth): DFSStrategy(depth: depth)
    case .fifo: FIFOStrategy()
    }
  }
}
