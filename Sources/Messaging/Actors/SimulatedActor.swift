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
}

extension SimulatedActor {
  public nonisolated var unownedExecutor: UnownedSerialExecutor { context.lane.asUnownedSerialExecutor() }
}

/// A simulated actor whose handler never suspends: it is called directly, several times as fast as one in a task.
///
/// It cannot `ask` or `sleep`; it may `send`, `reply`, `spawn`, draw and finish.
public protocol DirectActor: SimulatedActor {
  /// An error thrown here ends the episode with ``EpisodeError/actorFailed(path:error:)``.
  func receive(_ message: Incoming) throws
}
