/// A value that actors send each other.
public protocol Message: Codable, Sendable {
  /// What logs call it: stable, whatever the type is renamed to.
  static var messageName: String { get }
  /// Writes what records hold of it: by way of `Codable`, unless a type that is sent very often does it itself.
  func encode(to writer: inout CBORWriter) throws
}

/// Where an actor that receives `M` can be reached. Sending another type does not compile.
public struct Address<M: Message>: Hashable, Sendable, Codable {
  /// The actor's number within its episode, in order of spawning.
  public let seat: Int
}

/// Where the answer to one `ask` goes; travels inside the message that asks.
public struct ReplyTo<R: Message>: Hashable, Sendable, Codable {
  /// The ask's number within its episode.
  let ask: Int
}

/// Why an `ask` has no answer.
public enum AskError: Error, Hashable, Sendable {
  /// No reply came by the deadline.
  case deadline
  /// The actor had stopped when the question reached it.
  case stopped
}

/// The actor has crashed: whatever its old incarnation waited for is released with this.
public struct ActorCrashed: Error, Hashable, Sendable {}

/// An operation that can fail did: a fault of the episode's plan.
public struct InjectedFault: Error, Hashable, Sendable, CustomStringConvertible {
  public var operation: String
  public var description: String { "\(operation) failed" }
}

/// The episode is over; everything that still waits is released with this.
public struct EpisodeEnded: Error, Hashable, Sendable {}
