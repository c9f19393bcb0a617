/// The rules of a schedule.
package struct ScheduleRules: Sendable, Hashable {
  /// Whether a part runs only if none of a higher priority is ready.
  package var respectsPriorities = false
  /// Whether the sleep that ends first may end while parts are ready.
  package var timersRace = false
  /// The tasks that a schedule may cancel.
  package var cancels = CancellableTasks.none
  /// The most parts of a schedule.
  package var mostParts = 100_000
  package init() {}

  /// Whether it is followed what each part does: which tasks end, and what is put into the queues of actors.
  var followsEffects = false
  /// Whether it is followed which tasks have ended.
  var followsEnds: Bool { followsEffects || cancels.most > 0 }
  /// Whether the end of a sleep is a step even where nothing else can be done: something may be a choice beside it, or be ordered
  /// by it.
  var recordsWakeUps: Bool { timersRace || followsEnds }
}
