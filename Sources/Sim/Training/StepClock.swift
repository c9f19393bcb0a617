/// A part of a training step, named by what its wall-clock time is spent on.
///
/// Parts never overlap. Together they are the whole step, except for the time that nothing measures.
public enum StepPart: String, Sendable, CaseIterable {
  /// The cold start draws the demonstrations of a step.
  case demonstrations
  /// Rollout threads run the policy (``RolloutTime/decode``).
  case decode
  /// Rollout threads run actors and record what they do (``RolloutTime/actors``).
  case actors
  /// Rollout threads have nothing left to do (``RolloutTime/waiting``).
  case waiting
  /// The trainer draws tasks, turns rewards into advantages, and generations into training sequences.
  case credit
  /// The reference model computes the distributions that the frozen role is anchored to.
  case anchors
  /// The trainer runs forward and backward passes over the training sequences.
  case gradient
  /// The optimizer updates weights and moments, and checks that the weights are finite.
  case optimizer
  /// The policy plays held-out tasks.
  case evaluation
  /// The run writes log, metrics, times and checkpoints, and reports its progress.
  case writing
}

/// What the wall-clock time of one step was spent on.
public struct StepTimes: Sendable, Hashable {
  /// The time of each part that this step had.
  public var parts: [StepPart: Duration] = [:]
  /// The time from the end of the step before to the end of this one. It is measured apart from the parts.
  public var total = Duration.zero

  public init() {}
}

/// Measures consecutive steps, and the parts of each step.
///
/// ```swift
/// var clock = StepClock()
/// let gradient = clock.measure(.gradient) { engine.gradient(of: sequences, model: model) }
/// let times = clock.endStep()
/// ```
/// The wall clock decides nothing: its times go only to `timings.csv` (P1).
public struct StepClock: Sendable {
  private var begin = ContinuousClock.now
  private var parts: [StepPart: Duration] = [:]

  /// The first step begins now.
  public init() {}

  /// Runs `body`, and adds the time that it takes to `part`.
  public mutating func measure<Value, Failure: Error>(
    _ part: StepPart, _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let begin = ContinuousClock.now
    defer { add(ContinuousClock.now - begin, to: part) }
    return try body()
  }

  /// Adds a time that was measured elsewhere to `part`.
  public mutating func add(_ duration: Duration, to part: StepPart) {
    parts[part, default: .zero] += duration
  }

  /// Ends the step and returns its times. The next step begins at the same instant.
  public mutating func endStep() -> StepTimes {
    let end = ContinuousClock.now
    var times = StepTimes()
    (times.parts, times.total) = (parts, end - begin)
    (parts, begin) = ([:], end)
    return times
  }
}
