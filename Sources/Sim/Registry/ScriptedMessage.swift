import Messaging

/// A message to an agent with lines.
///
/// Agents with lines send it to each other. An actor of your own sends `.say` to the address of such an agent, which it has
/// from a ``LineMessage`` or from the ``Cast``.
public enum ScriptedMessage: Message {
  public static let messageName = "scripted"
  /// The beginning of the play, with the addresses of all agents with lines. The root sends it.
  case begin([String: Address<ScriptedMessage>])
  /// A text that may be a cue.
  case say(String)
  /// The time has come to say what the timeline has, by its number among all that the timeline says. The root sends it.
  case cue(Int)
}
