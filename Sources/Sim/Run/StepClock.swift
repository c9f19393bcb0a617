/// What the wall-clock time of one step was spent on.
package struct StepTimes: Sendable, Hashable {
  /// The time of each part that this step had.
  package var parts: [StepPart: Duration] = [:]
  /// The time from the end of the step before to the end of this one. It is measured apart from the parts.
  package var total = Duration.zero

  package init() {}
}

/// Measures consecutive steps, and the parts of each step.
///
/// ```swift
/// var clock = StepClock()
/// let step = try trainer.step(&state) { clock.begin($0) }
/// let times = clock.endStep()
/// ```
/// The wall clock decides nothing: its times go only to `timings.csv` (P1).
package struct StepClock: Sendable {
  private var start = ContinuousClock.now
  private var parts: [StepPart: Duration] = [:]
  /// The part that is measured now, and since when.
  private var current: StepPart?
  private var currentStart = ContinuousClock.now

  /// The first step begins now.
  package init() {}

  /// Ends the part that is measured and begins `part`; time of `nil` belongs to no part.
  package mutating func begin(_ part: StepPart?) { begin(part, at: ContinuousClock.now) }

  private mutating func begin(_ part: StepPart?, at now: ContinuousClock.Instant) {
    if let current { add(now - currentStart, to: current) }
    (current, currentStart) = (part, now)
  }

  /// Adds a time that was measured elsewhere to `part`.
  package mutating func add(_ duration: Duration, to part: StepPart) {
    parts[part, default: .zero] += duration
  }

  /// Ends the step and returns its times. The next step begins at the same instant.
  package mutating func endStep() -> StepTimes {
    let end = ContinuousClock.now
    begin(nil, at: end)
    var times = StepTimes()
    (times.parts, times.total) = (parts, end - start)
    (parts, start) = ([:], end)
    return times
  }
}
