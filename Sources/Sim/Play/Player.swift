import ActorTesting
import Actors
import Messaging
import Policy

/// A player that plays a scenario's episodes one by one and checks the expectations, for `troupe run`.
public struct Player {
  /// An episode that was played.
  public struct Played: Sendable {
    public var id: String
    public var status: EpisodeStatus
    public var answer: PlayedAnswer?
    public var record: EpisodeRecord
    /// Why nobody knows whether the answer is right; `nil` otherwise.
    package var unknown: String?
    /// The expectations that do not hold, each as one line.
    public var violations: [String]
    /// What was done of the scenario's timeline, by the indices in its list.
    package var done: Set<Int> = []
  }

  package let setup: EpisodeSetup
  private let driver: EpisodeDriver
  private let tasks: [TaskInstance]

  /// Makes a player. `servers` answer the generations of designers and executors; scripted agents need none.
  public init(
    _ scenario: Scenario, _ registry: Registry = Registry(), servers: HierarchicalRollout.Servers
  ) throws {
    setup = try EpisodeSetup(scenario, registry)
    driver = EpisodeDriver(designer: servers.designer, executor: servers.executor)
    let families = setup.isScripted ? [] : try TaskSource(scenario, registry).heldOut.map(\.tasks)
    // The tasks of the families take turns.
    let most = families.map(\.count).max() ?? 0
    tasks = (0..<most).flatMap { index in families.compactMap { index < $0.count ? $0[index] : nil } }
  }

  /// Plays episode `index`. Its seed derives from the scenario's seed and its id.
  ///
  /// A `schedule` determines both the seed and the plan.
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
      unknown: try setup.unknown(status),
      violations: try setup.violations(played).map(\.description),
      done: done(played, struck: episode.struckFaults))
  }

  /// Returns which entries of the timeline were done; `struck` are faults by their numbers among the timeline's faults.
  private func done(_ played: PlayedEpisode, struck: Set<Int>) -> Set<Int> {
    let timeline = setup.scenario.timeline
    let faults = timeline.indices.filter { timeline[$0].fault != nil }
    let cues = timeline.indices.filter { timeline[$0].line != nil }
    let said = ScriptedMessage.cues(in: cues.isEmpty ? [] : played.events, of: cues.count)
    return Set(struck.map { faults[$0] } + said.map { cues[$0] })
  }

  /// Returns the input of episode `index`: its task, and the script if the scenario has one for the task's family.
  func input(of index: Int) -> [UInt8] {
    guard !setup.isScripted else { return [] }
    let task = tasks[index % tasks.count]
    return EpisodeStart(task: task, script: setup.scenario.rollout.scripts[task.family]).encoded
  }
}

extension EpisodeSetup {
  /// Why nobody knows whether the answer of a finished episode is right; `nil` if that is known, or if there is none.
  func unknown(_ status: EpisodeStatus) throws -> String? {
    guard !isScripted, case .finished(let result) = status else { return nil }
    return try Outcome(encoded: result).unknown
  }

  /// Returns the answer of a finished episode.
  package func answer(of status: EpisodeStatus) throws -> PlayedAnswer? {
    if case .finished(let result) = status { try answer(result) } else { nil }
  }

  /// Returns why an episode failed, if it did, and then the expectations that it does not meet.
  ///
  /// That nothing was left to happen is told only if the episode meets all expectations and must end with an answer.
  /// Otherwise the expectations say better what is wrong.
  package func violations(_ played: PlayedEpisode) throws -> [EpisodeViolation] {
    let broken = expectations.violations(of: played, answer: try answer(of: played.status))
    guard case .failed(let error) = played.status else { return broken }
    let failure = EpisodeViolation("\(error)")
    guard error == .nothingLeftToHappen else { return [failure] + broken }
    return broken.isEmpty && scenario.ends != .quiet ? [failure] : broken
  }
}
