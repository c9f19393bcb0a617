/// What a step did, as far as the schedule saw it.
package struct StepEffect: Sendable, Hashable {
  /// The numbers of the steps that it made ready.
  package var arrivals: Range<Int> = 0..<0
  /// Whether it may depend on any other step: it asked for a sleep, ended a task whose end anybody may wait for, ran what waited
  /// in an actor's queue, or was a cancellation or the end of a sleep.
  package var isGlobal = true
  /// The task that waits for this one's end, by its key, if the step ended a child.
  package var endsChildOf: UInt64?
  /// Whether that child was one of a group, whose order of ends the group shows.
  package var endsInGroup = false
  /// The actors, by their keys, into whose queues it put something.
  package var queues: [UInt64] = []
}
