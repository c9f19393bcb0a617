import ActorTesting
import Messaging

/// An agent that says the lines which a scenario gives it, each after it hears its cue and pauses.
actor ScriptedAgent: SimulatedActor {
  nonisolated let context: ActorContext
  private let name: String
  private let lines: [Scenario.Line]
  private let listeners: Listeners
  private var peers: [String: Address<ScriptedMessage>] = [:]
  /// What was heard before the beginning, which other orders than `fifo` may bring late.
  private var early: [String] = []

  /// Makes the agent called `name`. `listeners` are the actors that are no agents with lines and hear lines all the same.
  init(_ context: ActorContext, name: String, lines: [Scenario.Line], listeners: Listeners) {
    self.context = context
    self.name = name
    self.lines = lines
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
    }
  }

  /// Says the lines that have this cue; those without one if it is `nil`.
  private func speak(after cue: String?) async throws {
    for line in lines where line.on == cue {
      if line.after > .zero { try await context.sleep(for: line.after) }
      if let listener = line.to {
        say(line.say, to: listener)
      } else {
        context.finish(PlayedAnswer(text: line.say, reward: line.reward).encoded)
      }
    }
  }

  private func say(_ text: String, to listener: String) {
    if let peer = peers[listener] {
      context.send(.say(text), to: peer)
    } else if let own = peers[name] {
      listeners.say(text, to: listener, from: own, context)
    }
  }
}
