/// A Swift actor whose messages and waits an episode schedules.
///
/// ```
/// actor Echo: SimulatedActor {
///   let context: ActorContext
///   init(_ context: ActorContext) { self.context = context }
///   func receive(_ message: Ping) { context.reply(Pong(), to: message.replyTo) }
/// }
/// ```
/// Handlers may suspend. While one is suspended, the actor receives other messages, as every Swift actor does.
public protocol SimulatedActor: Actor {
  associatedtype Incoming: Message
  nonisolated var context: ActorContext { get }
  /// Handles a message. An error ends the episode with ``EpisodeError/actorFailed(path:error:)``.
  func receive(_ message: Incoming) async throws
  /// Prepares the actor after a crash, before it receives messages. The default does nothing.
  ///
  /// `context.persisted(as:)` returns what the actor had persisted.
  func recover() async throws
  /// The order in which messages are handled; ``Mailbox/reentrant`` by default.
  static var mailbox: Mailbox { get }
}

/// The rule for a message that arrives while a handler of the actor is suspended.
public enum Mailbox: Sendable, Hashable {
  /// The message is handled meanwhile, as in every Swift actor.
  case reentrant
  /// The message waits until the handler has returned. Replies do not wait.
  case serial
}

extension SimulatedActor {
  public func recover() async throws {}
  public static var mailbox: Mailbox { .reentrant }
  /// The actor's address.
  public nonisolated var address: Address<Incoming> { Address(seat: context.seat) }
  public nonisolated var unownedExecutor: UnownedSerialExecutor { context.lane.asUnownedSerialExecutor() }
}

/// A simulated actor whose handler never suspends, so it is called directly, several times as fast as in a task.
///
/// It cannot `ask` or `sleep`; it may `send`, `reply`, `spawn`, draw and finish.
public protocol DirectActor: SimulatedActor {
  /// Handles a message. An error ends the episode with ``EpisodeError/actorFailed(path:error:)``.
  func receive(_ message: Incoming) throws
  func recover() throws
}

extension DirectActor {
  public func recover() throws {}
}
