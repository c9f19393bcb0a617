import Actors
import Messaging

/// Sets up the episodes of a scenario: its scripted agents, or an environment with a task.
///
/// The same for a first run, a replay and a fork, so that a log needs to hold only the input.
public struct EpisodeSetup: Sendable {
  public let scenario: Scenario
  private let agents: AgentSetup

  /// - Throws: what keeps the scenario's families or grammar from being made.
  public init(_ scenario: Scenario) throws {
    self.scenario = scenario
    let families = try scenario.tasks.families.map(TaskSource.family)
    agents = try AgentSetup(scenario, families: families)
  }

  /// Whether the scenario lists its agents, rather than tasks for designers and executors.
  public var isScripted: Bool { !scenario.agents.isEmpty }

  /// The faults of the timeline, between agents by name.
  public var drops: [Drop] {
    scenario.faults.map {
      Drop(from: "root/\($0.from)", to: "root/\($0.to)", nth: $0.nth, after: $0.at)
    }
  }

  /// Spawns the first actors and sends the first messages; `input` is what the episode's record holds.
  public func setUp(_ root: ActorContext, input: [UInt8]) {
    guard isScripted else {
      if let start = try? EpisodeStart(encoded: input) { agents.setUp(root, start) }
      return
    }
    var addresses: [String: Address<ScriptedMessage>] = [:]
    for agent in scenario.agents {
      addresses[agent.name] = root.spawn(agent.name) { ScriptedAgent($0, lines: agent.lines) }
    }
    for agent in scenario.agents {
      if let address = addresses[agent.name] { root.send(.begin(addresses), to: address) }
    }
  }

  /// Runs a recorded episode again, every event checked (P2).
  public func replay(_ history: EpisodeHistory) -> EpisodeStatus {
    let episode = Episode(replaying: history) { setUp($0, input: history.input) }
    defer { episode.close() }
    return episode.run()
  }

  /// The answer and its reward: 1 for a verified answer of designers and executors.
  public func answer(_ result: [UInt8]) throws -> PlayedAnswer {
    if isScripted { return try PlayedAnswer(encoded: result) }
    let outcome = try Outcome(encoded: result)
    return PlayedAnswer(text: outcome.answer ?? outcome.designFault ?? "", reward: outcome.success ? 1 : 0)
  }

  /// The seed of an episode, from its run's and its own name.
  static func seed(ofEpisode id: String, run seed: UInt64) -> UInt64 {
    var stream = SeededStream(seed: seed, name: id)
    return stream.next()
  }
}

extension Scenario.Strategy {
  /// The strategy of an episode with this seed.
  func made(seed: UInt64) -> any Strategy {
    switch self {
    case .fifo: FIFOStrategy()
    case .random: RandomStrategy(seed: seed)
    }
  }
}
