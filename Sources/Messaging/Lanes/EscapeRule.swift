/// The rule for a task that leaves the lanes: `Task.detached`, or `Task {}` outside an actor's isolation.
public enum EscapeRule: Sendable, Hashable {
  /// The episode fails and names the actor.
  case fail
  /// The task runs on the lane of the actor that made it, and the log says so.
  case adopt
}
