import Dispatch
import Messaging
import Synchronization

/// A search that plays a system in many orders and with many faults until an episode fails, and shrinks the failure.
///
/// It uses several threads. Its answer is the smallest failing seed, so it does not depend on their number.
public struct Explorer: Sendable {
  public var system: SimulatedSystem
  public var strategy = ExplorationStrategy.random
  /// What the strategy chooses among: events alone, or also the jobs of plain actors and tasks between two events.
  public var granularity = Granularity.events
  public var threads = 1
  /// Whether every episode is played twice, so that a difference is an error.
  public var checksDeterminism = false
  /// The greatest number of episodes that shrinking plays.
  public var shrinkingBudget = 2000

  public init(_ system: SimulatedSystem) { self.system = system }

  /// The result of an exploration.
  public struct Exploration: Sendable {
    /// The number of episodes up to the failure, or of all. Under `dfs` each episode is another order.
    public var episodes: Int
    /// What `dfs` enumerated and what it did not; `nil` under strategies that sample, and if there is a failure.
    public var coverage: Coverage?
    public var failure: Failure?
  }

  /// An episode that fails, as it was found and as it was shrunk.
  public struct Failure: Sendable {
    /// The seed of the shrunk episode. A smaller system may fail under another seed than the first.
    public var seed: UInt64
    /// The text that says what is wrong with the shrunk episode.
    public var violation: String
    /// The plan as it was found.
    public var found: EpisodePlan
    public var shrunk: EpisodePlan
    /// The faults of the timeline that the failure still needs.
    public var timeline: [Fault]
    public var sizes: [String: Int]
    /// The shrunk episode's record for a log.
    public var record: EpisodeRecord
    /// The shrunk episode as a picture for a terminal: a lane for each actor (`●` where something happens to it), a row for each event, and
    /// arrows from where a message was sent. Each line has at most 100 columns.
    public var diagram: String
  }

  // MARK: Exploring

  /// Plays each seed once. Under `dfs` it plays every order of ready events, or of events and jobs, under each seed: see
  /// ``Coverage``.
  public func explore(seeds: Range<UInt64>) throws -> Exploration {
    if case .dfs(let depth) = strategy { return try exploreAll(seeds, depth) }
    let batch: UInt64 = 64
    var start = seeds.lowerBound
    while start < seeds.upperBound {
      let end = min(seeds.upperBound, start + batch)
      if let seed = try firstFailure(start..<end) {
        return Exploration(episodes: Int(seed - seeds.lowerBound) + 1, failure: try shrunk(seed))
      }
      start = end
    }
    return Exploration(episodes: seeds.count)
  }

  /// Returns the smallest failing seed. If a smaller seed threw an error, it throws that error.
  private func firstFailure(_ seeds: Range<UInt64>) throws -> UInt64? {
    let found = Mutex<(seed: UInt64, error: (any Error)?)?>(nil)
    let next = Atomic(seeds.lowerBound)
    DispatchQueue.concurrentPerform(iterations: max(1, threads)) { _ in
      while true {
        let seed = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard seed < seeds.upperBound, found.withLock({ $0.map { seed < $0.seed } ?? true }) else { return }
        var failure: (any Error)?
        do {
          guard try fails(seed) else { continue }
        } catch {
          failure = error
        }
        found.withLock { if $0.map({ seed < $0.seed }) ?? true { $0 = (seed, failure) } }
      }
    }
    return try found.withLock {
      if let error = $0?.error { throw error }
      return $0?.seed
    }
  }

  private func fails(_ seed: UInt64) throws -> Bool {
    let attempt = try attempt(seed, strategy.made(seed: seed))
    if checksDeterminism {
      let again = try self.attempt(seed, strategy.made(seed: seed))
      if let difference = try attempt.record.firstDifference(from: again.record) {
        throw Nondeterminism(seed: seed, difference: difference)
      }
    }
    return attempt.violation != nil
  }

  private func exploreAll(_ seeds: Range<UInt64>, _ depth: Int) throws -> Exploration {
    var episodes = 0
    var (isCut, isDrawn, usedActorQueues) = (false, false, false)
    for seed in seeds {
      var path: DFSStrategy? = DFSStrategy(depth: depth)
      while let strategy = path {
        episodes += 1
        let attempt = try attempt(seed, strategy)
        if let violation = attempt.violation {
          return Exploration(
            episodes: episodes, failure: try shrunk(seed, attempt.plan, violation))
        }
        isCut = isCut || strategy.isCut
        isDrawn = isDrawn || attempt.isDrawn
        usedActorQueues = usedActorQueues || attempt.usedActorQueues
        path = strategy.next
      }
    }
    guard !seeds.isEmpty else { return Exploration(episodes: 0) }
    var gaps: [Coverage.Gap] = isCut ? [.choices(beyond: depth)] : []
    if isDrawn { gaps.append(.draws) }
    if !system.faults.rates.isZero { gaps.append(.faultsByChance) }
    if granularity == .events { gaps.append(.jobs) }
    if usedActorQueues { gaps.append(.jobsAtOneActor) }
    let coverage = Coverage(
      seeds: seeds.count, hasEveryOrder: !isCut, granularity: granularity, notEnumerated: gaps)
    return Exploration(episodes: episodes, coverage: coverage)
  }

  /// The error for an episode that differs when it is played again, because something other than the seed decides.
  public struct Nondeterminism: Error, Hashable, Sendable, CustomStringConvertible {
    package var seed: UInt64
    package var difference: ReplayDivergence
    public var description: String { "seed \(seed), played twice, differs at \(difference.betweenPlays)" }
  }

  // MARK: One episode

  private struct Attempt {
    var plan: EpisodePlan
    var record: EpisodeRecord
    var played: PlayedEpisode
    var violation: String?
    /// Whether any actor drew from a stream.
    var isDrawn: Bool
    /// Whether any plain actor ran jobs out of its own queue, whose order cannot be chosen.
    var usedActorQueues: Bool

    /// Whether the attempt fails in the same way: the two texts are equal except for numbers.
    func fails(like other: String) -> Bool {
      violation.map(Self.withoutNumbers) == Self.withoutNumbers(other)
    }

    /// Small times are printed with an exponent, as `1e-06 seconds`.
    private static func withoutNumbers(_ text: String) -> String {
      text.replacing(/[0-9]+(\.[0-9]+)?(e-?[0-9]+)?/, with: "0")
    }
  }

  /// Plays one episode under a strategy or by a plan.
  private func attempt(
    _ seed: UInt64, _ strategy: any Strategy = FIFOStrategy(), plan: EpisodePlan? = nil,
    timeline: [Fault]? = nil, sizes: [String: Int]? = nil
  ) throws -> Attempt {
    var faults = system.faults
    if let timeline { faults.timeline = timeline }
    let sizes = sizes ?? system.sizes.mapValues(\.value)
    let episode = Episode(
      seed: system.drawSeed ?? seed, strategy: strategy, limits: system.limits, faults: faults, plan: plan,
      escapes: system.escapes, granularity: granularity
    ) { system.setUp($0, sizes) }
    defer { episode.close() }
    let status = try system.run(episode)
    let record = episode.record(id: "explore/seed-\(seed)", input: system.input)
    let played = PlayedEpisode(status: status, history: try EpisodeHistory(record))
    return Attempt(
      plan: episode.plan, record: record, played: played, violation: violation(played),
      isDrawn: episode.hasDrawn, usedActorQueues: episode.usedActorQueues)
  }

  private func violation(_ played: PlayedEpisode) -> String? {
    guard case .failed(let error) = played.status else { return system.violation(played) }
    // The error of an episode is the cause of whatever else is wrong with it, so it is told first.
    if error != .nothingLeftToHappen { return "\(error)" }
    return system.violation(played) ?? (system.endsQuiet ? nil : "\(error)")
  }

  /// Plays the episode that a plan determines. The violation is `nil` if nothing is wrong with it.
  public func play(
    seed: UInt64, plan: EpisodePlan, timeline: [Fault]? = nil, sizes: [String: Int]? = nil
  ) throws -> (played: PlayedEpisode, violation: String?) {
    let attempt = try attempt(seed, plan: plan, timeline: timeline, sizes: sizes)
    return (attempt.played, attempt.violation)
  }

  // MARK: Shrinking

  /// Returns the failure of `seed`, shrunk.
  private func shrunk(_ seed: UInt64) throws -> Failure? {
    let found = try attempt(seed, strategy.made(seed: seed))
    guard let violation = found.violation else { return nil }
    return try shrunk(seed, found.plan, violation)
  }

  private func shrunk(_ seed: UInt64, _ found: EpisodePlan, _ violation: String) throws -> Failure? {
    var shrinker = Shrinker(
      seed: seed, plan: found, timeline: system.faults.timeline, sizes: system.sizes,
      budget: shrinkingBudget
    ) { seed, plan, timeline, sizes in
      // The plan that the episode used has no decisions that never came up.
      let attempt = try attempt(seed, plan: plan, timeline: timeline, sizes: sizes)
      return attempt.fails(like: violation) ? attempt.plan : nil
    } plays: { seed, timeline, sizes in
      let attempt = try attempt(seed, strategy.made(seed: seed), timeline: timeline, sizes: sizes)
      return attempt.fails(like: violation) ? attempt.plan : nil
    }
    try shrinker.run()
    let sizes = shrinker.sizes.mapValues(\.value)
    let last = try attempt(shrinker.seed, plan: shrinker.plan, timeline: shrinker.timeline, sizes: sizes)
    return Failure(
      seed: shrinker.seed, violation: last.violation ?? violation, found: found, shrunk: shrinker.plan,
      timeline: shrinker.timeline, sizes: sizes, record: last.record,
      diagram: EpisodeDiagram(try system.caused(last.record, sizes: sizes)).text)
  }
}
