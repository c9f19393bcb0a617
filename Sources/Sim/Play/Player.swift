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
  }

  public let setup: EpisodeSetup
  private let driver: EpisodeDriver
  private let tasks: [TaskInstance]

  /// `server` answers the generations of designers and executors; scripted agents ask nothing.
  public init(_ scenario: Scenario, server: any GenerationServer) throws {
    setup = try EpisodeSetup(scenario)
    driver = EpisodeDriver(designer: server, executor: server)
    let families = setup.isScripted ? [] : try TaskSource(scenario).heldOut.map(\.tasks)
    // Families in turn.
    let most = families.map(\.count).max() ?? 0
    tasks = (0..<most).flatMap { index in families.compactMap { index < $0.count ? $0[index] : nil } }
  }

  /// Plays episode `index`; its seed derives from the scenario's and its id.
  public func play(_ index: Int) throws -> Played {
    let scenario = setup.scenario
    let id = "run/episode-\(index)"
    let seed = EpisodeSetup.seed(ofEpisode: id, run: scenario.seed)
    let input = setup.isScripted ? [] : EpisodeStart(task: tasks[index % tasks.count]).encoded
    let episode = Episode(seed: seed, strategy: scenario.strategy.made(seed: seed), drops: setup.drops) {
      setup.setUp($0, input: input)
    }
    defer { episode.close() }
    let status = try driver.run([episode])[0]
    let record = episode.record(id: id, input: input)
    return try judge(id, status, episode.events, record)
  }

  private func judge(
    _ id: String, _ status: EpisodeStatus, _ events: [EventRecord], _ record: EpisodeRecord
  ) throws -> Played {
    let answer = try setup.answer(of: status)
    return Played(
      id: id, status: status, answer: answer, record: record,
      violations: setup.violations(status: status, events: events, answer: answer))
  }
}

extension EpisodeSetup {
  /// The answer of a finished episode.
  public func answer(of status: EpisodeStatus) throws -> PlayedAnswer? {
    if case .finished(let result) = status { try answer(result) } else { nil }
  }

  /// The expectations that an episode does not meet. One that failed and was expected to do nothing still failed.
  public func violations(status: EpisodeStatus, events: [EventRecord], answer: PlayedAnswer?) -> [String] {
    let broken = scenario.expect.compactMap { $0.violation(status: status, events: events, answer: answer) }
    if broken.isEmpty, case .failed(let error) = status { return ["\(error)"] }
    return broken
  }
}
