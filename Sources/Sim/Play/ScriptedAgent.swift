import ActorTesting
import Messaging
import Synchronization

/// A message that scripted agents send each other.
enum ScriptedMessage: Message {
  static let messageName = "scripted"
  /// The beginning of the play, with the addresses of all agents.
  case begin([String: Address<ScriptedMessage>])
  case say(String)
  /// The time has come to say what the timeline has, by its number among all that the timeline says.
  case cue(Int)
}

/// An agent that says the lines which a scenario gives it, each after it hears its cue and pauses, and what the timeline
/// lets it say.
actor ScriptedAgent: SimulatedActor {
  nonisolated let context: ActorContext
  private let agent: Scenario.Agent
  /// What the timeline lets agents say.
  private let cued: [Scenario.Line]
  private let everybody: Everybody
  private var peers: [String: Address<ScriptedMessage>] = [:]
  /// What was heard before the beginning, which other orders than `fifo` may bring late.
  private var early: [String] = []

  /// The addresses of all scripted agents, from which one that comes back after a crash knows them.
  final class Everybody: Sendable {
    let addresses = Mutex<[String: Address<ScriptedMessage>]>([:])
  }

  init(_ context: ActorContext, _ agent: Scenario.Agent, cued: [Scenario.Line], _ everybody: Everybody) {
    self.context = context
    self.agent = agent
    self.cued = cued
    self.everybody = everybody
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
    peers = everybody.addresses.withLock(\.self)
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
    if let name = line.to {
      if let peer = peers[name] { context.send(.say(line.say), to: peer) }
    } else {
      context.finish(PlayedAnswer(text: line.say, reward: line.reward).encoded)
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
