/// A value that actors send each other.
public protocol Message: Codable, Sendable {
  /// The message's name in logs. It stays the same when the type is renamed.
  static var messageName: String { get }
  /// Writes the message's bytes for records.
  ///
  /// By default it uses `Codable`. A type that is sent very often can write its bytes itself, which is faster.
  func encode(to writer: inout CBORWriter) throws
}

/// The address of an actor that receives `M`. Sending a message of another type does not compile.
public struct Address<M: Message>: Hashable, Sendable, Codable {
  /// The actor's number within its episode, in order of spawning.
  package let seat: Int
}

/// The place to which the answer to one `ask` goes. It travels inside the message that asks.
public struct ReplyTo<R: Message>: Hashable, Sendable, Codable {
  /// The ask's number within its episode.
  let ask: Int
}

/// The reason why an `ask` has no answer.
public enum AskError: Error, Hashable, Sendable {
  /// No reply came by the deadline.
  case deadline
  /// The actor had stopped when the question reached it.
  case stopped
}

/// The error with which the waits of an actor's old incarnation end after a crash.
public struct ActorCrashed: Error, Hashable, Sendable {}

/// The error of an operation that failed because the episode's plan of faults said so.
public struct InjectedFault: Error, Hashable, Sendable, CustomStringConvertible {
  public var operation: String
  public var description: String { "\(operation) failed" }
}

/// The error with which all waits end when the episode is over.
public struct EpisodeEnded: Error, Hashable, Sendable {}
