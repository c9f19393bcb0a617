/// What can be wrong with a schedule or its set-up, apart from the test that it plays.
package enum InterleavingError: Error, Sendable, Hashable {
  /// Nothing is left to run, and the test has not ended.
  case waitsOutside
  /// The test has not ended, and a task that an earlier schedule made would go on now.
  case waitsForEarlierSchedule
  /// A thread that does not play the schedule resumed one of its tasks.
  case resumedFromOutside
  /// The schedule has more parts than it may have. `sleeps` says whether a task slept, whose sleep could not end.
  case tooManyParts(limit: Int, busiest: String, sleeps: Bool)
  /// The text is not a plan.
  case unreadablePlan(part: String)
  /// The plan says something that did not come up.
  case planDoesNotFit(switch: String, planned: String, build: String)
  /// The schedule failed, and did not fail when it was played again.
  ///
  /// `difference` says what was done otherwise.
  case failsOnce(text: String, difference: String)
  /// The Swift runtime does not do what the schedules need.
  case runtimeChanged(what: String)
}

extension InterleavingError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .waitsOutside:
      "nothing is left to run, and the test has not ended: it waits for something outside (a thread, a Dispatch queue, a "
        + "process, input or output), or for a continuation that nobody resumes"
    case .waitsForEarlierSchedule:
      "nothing is left to run, and the test has not ended: it has woken a task that was made when the test was played before, "
        + "which a global or static variable keeps. Such a task belongs to one play; make what it serves anew in the test"
    case .resumedFromOutside:
      "another thread resumed a task of the test: what a thread or a Dispatch queue does cannot be played again"
    case .tooManyParts(let limit, let busiest, let sleeps):
      "the test did not end within \(limit) parts; task \(busiest) ran most of them"
        + (sleeps ? ". A task sleeps: a sleep ends while others can go on only with `timersRace: true`" : "")
    case .unreadablePlan(let part):
      "`\(part)` is no plan: a plan is BUILD/TASK#PART>TASK,..., such as r6.3/0.1#2>0.2"
    case .planDoesNotFit(let entry, let planned, let build):
      planned == build
        ? "the plan does not fit any more: its decision \(entry) did not come up, because the test has changed"
        : "the plan does not fit: its decision \(entry) did not come up. It was made for the build \(planned), and this is "
          + "\(build), whose tasks may have other parts"
    case .failsOnce(let text, let difference):
      "this failed in one order, and not when the same order was played again, so something other than the order decides "
        + "(memory that plays share, a thread, a file): \(text)\n\(difference)"
    case .runtimeChanged(let what):
      "schedules cannot be played with this Swift runtime: \(what)"
    }
  }
}
