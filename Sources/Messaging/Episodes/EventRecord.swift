/// One event of an episode, as it happened.
public struct EventRecord: Sendable, Hashable, CustomStringConvertible {
  public enum Kind: String, Sendable, Hashable {
    case spawn, delivery, reply, timer, completion, mark, note, finish
    /// An `ask` whose deadline came first.
    case deadline
    /// A message to an actor that has stopped, or a reply that came after its deadline.
    case deadLetter
    /// A message that a fault took.
    case drop
  }
  /// In order of happening, from 0.
  public var number: Int
  /// Virtual time since the episode began.
  public var time: Duration
  public var kind: Kind
  /// The path of the actor it happened to.
  public var subject: String
  /// The message's name, the note's text, or the like.
  public var detail: String

  public var description: String { "\(number) \(time) \(kind.rawValue) \(subject) \(detail)" }
}
