import ActorTesting
import Messaging

/// A message that scripted agents send each other.
enum ScriptedMessage: Message {
  static let messageName = "scripted"
  /// The beginning of the play, with the addresses of all agents.
  case begin([String: Address<ScriptedMessage>])
  case say(String)
}

/// An agent that says the lines which a scenario gives it, each after it hears its cue and pauses.
actor ScriptedAgent: SimulatedActor {
  nonisolated let context: ActorContext
  private let lines: [Scenario.Line]
  private var peers: [String: Address<ScriptedMessage>] = [:]
  /// What was heard before the beginning, which other orders than `fifo` may bring late.
  private var early: [String] = []

  init(_ context: ActorContext, lines: [Scenario.Line]) {
    self.context = context
    self.lines = lines
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
      if let name = line.to {
        if let peer = peers[name] { context.send(.say(line.say), to: peer) }
      } else {
        context.finish(PlayedAnswer(text: line.say, reward: line.reward).encoded)
      }
    }
  }
}
