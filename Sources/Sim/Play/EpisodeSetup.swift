import ActorTesting
import Actors
import Messaging

/// The set-up of a scenario's episodes: its scripted agents, or an environment with a task.
///
/// A first run, a replay and a fork use the same set-up, so a log needs to hold only the input.
public struct EpisodeSetup: Sendable {
  package let scenario: Scenario
  let registry: Registry
  let agents: AgentSetup

  /// - Throws: the error that keeps the scenario's families or grammar from being made.
  public init(_ scenario: Scenario, _ registry: Registry = Registry()) throws {
    self.scenario = scenario
    self.registry = registry
    try registry.checkListeners(of: scenario)
    agents = try AgentSetup(
      scenario, families: registry.families(of: scenario), tokenizer: registry.tokenizer(of: scenario))
  }

  /// Whether the scenario lists its agents, and not tasks for designers and executors.
  package var isScripted: Bool { !scenario.agents.isEmpty }

  /// Spawns the first actors and sends the first messages. `input` is the input in the episode's record.
  ///
  /// `sizes` replaces the sizes that it names: see ``Scenario/Agent/resized(_:)``.
  package func setUp(_ root: ActorContext, input: [UInt8], sizes: [String: Int] = [:]) {
    guard isScripted else {
      if let start = try? EpisodeStart(encoded: input) { agents.setUp(root, start) }
      return
    }
    var cast = Cast()
    let listeners = Listeners()
    var scripted: [String: Address<ScriptedMessage>] = [:]
    let cues = scenario.timeline.compactMap { entry in entry.line.map { (entry, line: $0) } }
    var all: [(name: String, kind: String)] = []
    for agent in scenario.agents.map({ $0.resized(sizes) }) {
      for name in agent.names {
        all.append((name, agent.kind))
        if let kind = registry.kinds[agent.kind] {
          kind.spawn(root, name, agent.options, &cast)
          kind.listen?(name, cast, listeners)
        } else {
          let cued = cues.map(\.line)
          let address = root.spawn(name) {
            ScriptedAgent($0, agent, name: name, cued: cued, listeners: listeners)
          }
          cast.add(name, agent.kind, address)
          scripted[name] = address
        }
      }
    }
    listeners.add(scripted)
    for (name, kind) in all {
      if let address = scripted[name] {
        root.send(.begin(scripted), to: address)
      } else {
        registry.kinds[kind]?.begin(root, name, cast)
      }
    }
    for (number, (entry, _)) in cues.enumerated() {
      guard let address = scripted[entry.agent ?? ""] else { continue }
      root.send(.cue(number), to: address, at: entry.at)
    }
  }

  /// Runs a recorded episode again and compares every event (P2).
  public func replay(_ history: EpisodeHistory) -> EpisodeStatus {
    let episode = Episode(replaying: history) { setUp($0, input: history.input) }
    defer { episode.close() }
    return episode.run()
  }

  /// Runs a recorded episode again, and returns what was ready before each of its events.
  package func choices(of history: EpisodeHistory) -> [ReadyChoice] {
    let episode = Episode(replaying: history) { setUp($0, input: history.input) }
    defer { episode.close() }
    return episode.choices()
  }

  /// Returns what a played episode did instead of what the invariant demands; `nil` if the invariant holds.
  func violation(of invariant: String, _ played: PlayedEpisode) -> String? {
    registry.invariants[invariant].flatMap { $0(played) }
  }

  /// Returns the answer and its reward. The reward of a verified answer of designers and executors is 1. There is none if
  /// nobody knows whether it is right.
  package func answer(_ result: [UInt8]) throws -> PlayedAnswer {
    if isScripted { return try PlayedAnswer(encoded: result) }
    let outcome = try Outcome(encoded: result)
    return PlayedAnswer(
      text: outcome.answer ?? outcome.designFault ?? "",
      reward: outcome.unknown == nil ? (outcome.success ? 1 : 0) : nil)
  }
}

extension LogReplay {
  /// Makes a replay of a scenario's episodes.
  public init(_ setup: EpisodeSetup, threads: Int) { self.init(threads: threads) { setup.replay($0) } }
}
