/// What a strategy chooses among.
public enum Granularity: Sendable, Hashable {
  /// The events that are ready at one instant. Jobs between two events run in the order in which they came.
  case events
  /// The events, and between two events the jobs that are ready: the parts of plain actors and tasks from one await to the
  /// next.
  case awaits
}
