/// A Swift actor whose every step an episode schedules.
///
/// ```
/// actor Echo: SimulatedActor {
///   let context: ActorContext
///   init(_ context: ActorContext) { self.context = context }
///   func receive(_ message: Ping) { context.reply(Pong(), to: message.replyTo) }
/// }
/// ```
/// Handlers may suspend; as with every Swift actor, other messages are then received in between.
public protocol SimulatedActor: Actor {
  associatedtype Incoming: Message
  nonisolated var context: ActorContext { get }
  /// An error thrown here ends the episode with ``EpisodeError/actorFailed(path:error:)``.
  func receive(_ message: Incoming) async throws
  /// Called first when the actor is started again after a crash; nothing by default.
  ///
  /// What it had persisted is in `context.persisted(as:)`.
  func recover() async throws
  /// Whether messages are handled one after the other; ``Mailbox/reentrant`` by default.
  static var mailbox: Mailbox { get }
}

/// What happens to a message that arrives while a handler of the actor is suspended.
public enum Mailbox: Sendable, Hashable {
  /// It is handled meanwhile, as with every Swift actor.
  case reentrant
  /// It waits until the handler has returned; replies do not.
  case serial
}

extension SimulatedActor {
  public func recover() async throws {}
  public static var mailbox: Mailbox { .reentrant }
  /// Where this actor can be reached.
  public nonisolated var address: Address<Incoming> { Address(seat: context.seat) }
  public nonisolated var unownedExecutor: UnownedSerialExecutor { context.lane.asUnownedSerialExecutor() }
}

/// A simulated actor whose handler never suspends: it is called directly, several times as fast as one in a task.
///
/// It cannot `ask` or `sleep`; it may `send`, `reply`, `spawn`, draw and finish.
public protocol DirectActor: SimulatedActor {
  /// An error thrown here ends the episode with ``EpisodeError/actorFailed(path:error:)``.
  func receive(_ message: Incoming) throws
  func recover() throws
}

extension DirectActor {
  public func recover() throws {}
}
