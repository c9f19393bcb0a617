/// A part of a step of training, by what its wall-clock time went into.
///
/// Parts never overlap, so the parts of a step add up to the step, but for what nobody measured.
public enum StepPart: String, Sendable, CaseIterable {
  /// The demonstrations of a step of the cold start are drawn.
  case demonstrations
  /// The threads of the rollout are in the policy (``RolloutTime/decode``).
  case decode
  /// The threads of the rollout run actors, and record what they do (``RolloutTime/actors``).
  case actors
  /// Threads of the rollout have nothing left to do (``RolloutTime/waiting``).
  case waiting
  /// Tasks are drawn; rewards become advantages, and generations the sequences that are learned from.
  case credit
  /// The reference says what the frozen role is anchored to.
  case anchors
  /// Forward and backward passes over what is learned from.
  case gradient
  /// The weights and moments change, and are looked at for what is not a number.
  case optimizer
  /// The policy plays held-out tasks.
  case evaluation
  /// Log, metrics, times and checkpoints are written, and whoever watches the run is told.
  case writing
}

/// Where the wall-clock time of one step went.
public struct StepTimes: Sendable, Hashable {
  /// The parts that this step had.
  public var parts: [StepPart: Duration] = [:]
  /// From the end of the step before to the end of this one, measured apart from the parts.
  public var total = Duration.zero

  public init() {}
}

/// Measures steps that follow each other, and the parts of each.
///
/// ```swift
/// var clock = StepClock()
/// let gradient = clock.measure(.gradient) { engine.gradient(of: sequences, model: model) }
/// let times = clock.endStep()
/// ```
/// The wall clock decides nothing: what is measured goes to `timings.csv` and nowhere else (P1).
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

  /// Adds time that was measured elsewhere.
  public mutating func add(_ duration: Duration, to part: StepPart) {
    parts[part, default: .zero] += duration
  }

  /// Ends the step; the next one begins at the same instant.
  public mutating func endStep() -> StepTimes {
    let end = ContinuousClock.now
    var times = StepTimes()
    (times.parts, times.total) = (parts, end - begin)
    (parts, begin) = ([:], end)
    return times
  }
}
