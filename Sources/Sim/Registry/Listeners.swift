import Messaging
import Synchronization

/// The actors of a play that are no agents with lines and hear lines all the same: those whose messages are
/// ``LineMessage``s. They are complete when all actors of the play are there, before anybody speaks.
final class Listeners: Sendable {
  typealias Say = @Sendable (String, Address<ScriptedMessage>, ActorContext) -> Void
  private let known = Mutex<[String: Say]>([:])

  func add(_ name: String, _ say: @escaping Say) { known.withLock { $0[name] = say } }

  func say(
    _ text: String, to name: String, from speaker: Address<ScriptedMessage>, _ context: ActorContext
  ) {
    known.withLock { $0[name] }?(text, speaker, context)
  }
}
