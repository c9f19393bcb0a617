import ActorTesting
import Messaging

/// An agent that says the lines which a scenario gives it, each after it hears its cue and pauses, and what the timeline
/// lets it say.
actor ScriptedAgent: SimulatedActor {
  nonisolated let context: ActorContext
  private let agent: Scenario.Agent
  private let name: String
  /// What the timeline lets agents say.
  private let cued: [Scenario.Line]
  private let listeners: Listeners
  private var peers: [String: Address<ScriptedMessage>] = [:]
  /// What was heard before the beginning, which other orders than `fifo` may bring late.
  private var early: [String] = []

  /// Makes the agent called `name`. `listeners` are all who hear lines.
  init(
    _ context: ActorContext, _ agent: Scenario.Agent, name: String, cued: [Scenario.Line],
    listeners: Listeners
  ) {
    self.context = context
    self.agent = agent
    self.name = name
    self.cued = cued
    self.listeners = listeners
  }

  func receive(_ message: ScriptedMessage) async throws {
    switch message {
    case .begin(let peers):
      self.peers = peers
      try await speak(after: nil)
      for cue in early { try await speak(after: cue) }
    case .say(let cue) where peers.isEmpty: early.append(cue)
    case .say(let cue): try await speak(after: cue)
    case .cue(let number): say(cued[number])
    }
  }

  func recover() async throws {
    guard agent.afterCrash != .silent else { return }
    peers = listeners.agents
    if agent.afterCrash == .begin { try await speak(after: nil) }
  }

  /// Says the lines that have this cue; those without one if it is `nil`.
  private func speak(after cue: String?) async throws {
    for line in agent.lines where line.on == cue {
      if line.after > .zero { try await context.sleep(for: line.after) }
      say(line)
    }
  }

  private func say(_ line: Scenario.Line) {
    guard let listener = line.to else {
      return context.finish(PlayedAnswer(text: line.say, reward: line.reward).encoded)
    }
    if let peer = peers[listener] {
      context.send(.say(line.say), to: peer)
    } else if let own = peers[name] {
      listeners.say(line.say, to: listener, from: own, context)
    }
  }
}

extension ScriptedMessage {
  /// The cues, of `count` ones, that came to their agents.
  static func cues(in events: [EventRecord], of count: Int) -> Set<Int> {
    guard count > 0 else { return [] }
    let numbers = Dictionary(
      uniqueKeysWithValues: (0..<count).map { ("{\"cue\": {\"_0\": \($0)}}", $0) })
    return Set(
      events.lazy.filter { $0.kind == .delivery && $0.name == messageName }
        .compactMap { json(ofCBOR: $0.payload).flatMap { numbers[$0] } })
  }
}
