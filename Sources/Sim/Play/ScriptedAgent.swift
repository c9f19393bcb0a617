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

/// What an episode of `troupe run` came to.
public struct PlayedAnswer: Sendable, Hashable {
  public var text: String
  public var reward: Double?

  public init(text: String, reward: Double?) {
    self.text = text
    self.reward = reward
  }

  /// What an episode finishes with, so that it counts as an answer.
  public var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.write(text)
    writer.write(reward) { $0.write($1.bitPattern) }
    return writer.bytes
  }

  init(encoded bytes: [UInt8]) throws(MalformedRecord) {
    var reader = ByteReader(bytes)
    text = try reader.text()
    reward = try reader.optional { reader throws(MalformedRecord) in
      Double(bitPattern: try reader.integer())
    }
    try reader.finish()
  }
}
