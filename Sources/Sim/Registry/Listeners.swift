import Messaging
import Synchronization

/// The actors of a play that hear lines: the agents with lines, and those whose messages are ``LineMessage``s. They are
/// complete when all actors of the play are there, before anybody speaks.
final class Listeners: Sendable {
  typealias Say = @Sendable (String, Address<ScriptedMessage>, ActorContext) -> Void
  private let known = Mutex<[String: Say]>([:])
  private let scripted = Mutex<[String: Address<ScriptedMessage>]>([:])

  /// The agents with lines. One that comes back after a crash knows them from here.
  var agents: [String: Address<ScriptedMessage>] { scripted.withLock(\.self) }

  func add(_ agents: [String: Address<ScriptedMessage>]) { scripted.withLock { $0 = agents } }

  func add(_ name: String, _ say: @escaping Say) { known.withLock { $0[name] = say } }

  func say(
    _ text: String, to name: String, from speaker: Address<ScriptedMessage>, _ context: ActorContext
  ) {
    known.withLock { $0[name] }?(text, speaker, context)
  }
}
