import ActorTesting
import Actors
import Messaging
import Policy

/// Plays the episodes of a scenario one by one and checks what it expects of them: `troupe run`.
public struct Player {
  /// One episode, played.
  public struct Played: Sendable {
    public var id: String
    public var status: EpisodeStatus
    public var answer: PlayedAnswer?
    public var record: EpisodeRecord
    /// Expectations that do not hold, each in a line.
    public var violations: [String]
    /// Which of the scenario's faults struck, by their places in its list.
    public var struckFaults: Set<Int> = []
  }

  public let setup: EpisodeSetup
  private let driver: EpisodeDriver
  private let tasks: [TaskInstance]

  /// `servers` answer the generations of designers and executors; scripted agents ask nothing.
  public init(
    _ scenario: Scenario, _ registry: Registry = Registry(), servers: HierarchicalRollout.Servers
  ) throws {
    setup = try EpisodeSetup(scenario, registry)
    driver = EpisodeDriver(designer: servers.designer, executor: servers.executor)
    let families = setup.isScripted ? [] : try TaskSource(scenario, registry).heldOut.map(\.tasks)
    // Families in turn.
    let most = families.map(\.count).max() ?? 0
    tasks = (0..<most).flatMap { index in families.compactMap { index < $0.count ? $0[index] : nil } }
  }

  /// Plays episode `index`; its seed derives from the scenario's and its id.
  ///
  /// A `schedule` says both the seed and what is decided.
  public func play(_ index: Int, schedule: Schedule? = nil) throws -> Played {
    let scenario = setup.scenario
    let id = "run/episode-\(index)"
    let seed = schedule?.seed ?? EpisodeSeed.of(id, run: scenario.seed)
    let input = input(of: index)
    let episode = Episode(
      seed: seed, strategy: scenario.strategy.made(seed: seed, pct: scenario.pct), faults: scenario.faultPlan,
      plan: schedule?.plan
    ) {
      setup.setUp($0, input: input)
    }
    defer { episode.close() }
    let status = try driver.run([episode])[0]
    let record = episode.record(id: id, input: input)
    let played = PlayedEpisode(status: status, history: try EpisodeHistory(record))
    return Played(
      id: id, status: status, answer: try setup.answer(of: status), record: record,
      violations: try setup.violations(played), struckFaults: episode.struckFaults)
  }

  /// What episode `index` is set up from.
  func input(of index: Int) -> [UInt8] {
    setup.isScripted ? [] : EpisodeStart(task: tasks[index % tasks.count]).encoded
  }
}

extension EpisodeSetup {
  /// The answer of a finished episode.
  public func answer(of status: EpisodeStatus) throws -> PlayedAnswer? {
    if case .finished(let result) = status { try answer(result) } else { nil }
  }

  /// Why an episode failed, if it did, then the expectations that it does not meet.
  ///
  /// To have nothing left to happen is a failure only of an episode that meets its expectations and must end with an
  /// answer: otherwise they say better what is wrong.
  public func violations(_ played: PlayedEpisode) throws -> [String] {
    let broken = expectations.violations(of: played, answer: try answer(of: played.status))
    guard case .failed(let error) = played.status else { return broken }
    guard error == .nothingLeftToHappen else { return ["\(error)"] + broken }
    return broken.isEmpty && scenario.ends != .quiet ? ["\(error)"] : broken
  }
}
