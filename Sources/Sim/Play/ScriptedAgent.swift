import ActorTesting
import Messaging

/// What scripted agents send each other.
enum ScriptedMessage: Message {
  static let messageName = "scripted"
  /// The play begins; everyone's address.
  case begin([String: Address<ScriptedMessage>])
  case say(String)
}

/// Says the lines that a scenario gives it: each on hearing its cue, after its pause.
actor ScriptedAgent: SimulatedActor {
  nonisolated let context: ActorContext
  private let lines: [Scenario.Line]
  private var peers: [String: Address<ScriptedMessage>] = [:]

  init(_ context: ActorContext, lines: [Scenario.Line]) {
    self.context = context
    self.lines = lines
  }

  func receive(_ message: ScriptedMessage) async throws {
    var cue: String?
    switch message {
    case .begin(let peers): self.peers = peers
    case .say(let text): cue = text
    }
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
