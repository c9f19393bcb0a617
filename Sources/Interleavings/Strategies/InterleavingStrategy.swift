/// A rule that chooses what a schedule does next, which is nearly always a part of a task.
package protocol InterleavingStrategy: Sendable {
  /// Begins a schedule. `profile` says what the first schedule, in which nothing was switched, had in it.
  mutating func begin(seed: UInt64, profile: InterleavingProfile)
  /// Chooses the index of the next step among those that are possible, which are one or more. Cancellations come last.
  ///
  /// `straight` is the index at which the task that ran last goes on, or that of the oldest part if it cannot.
  mutating func choose(among ready: [ReadyStep], straight: Int) -> Int
  /// Notes that a part has run.
  mutating func ran(_ step: ReadyStep, _ effect: StepEffect)
  /// Ends a schedule. Returns whether there is another one to play.
  mutating func end() -> Bool
  /// What the strategy did not play, if it enumerates; `nil` if it samples.
  var enumeration: Enumeration? { get }
}

/// What a strategy that plays one schedule after another, each once, did not play.
package struct Enumeration: Sendable, Hashable {
  /// Whether the test did not do the same when the beginning of a schedule was played again.
  package var hasDiverged = false
  /// What was left out on purpose.
  package var gaps: [String] = []
}

extension InterleavingStrategy {
  package mutating func ran(_ step: ReadyStep, _ effect: StepEffect) {}
  package mutating func end() -> Bool { true }
  package var enumeration: Enumeration? { nil }
}

/// What the first schedule had in it, from which strategies guess what the next ones have.
package struct InterleavingProfile: Sendable {
  /// The number of parts that ran while more than one was ready.
  package var choices = 0
  /// The number of all parts that ran.
  package var steps = 0
  /// How often each task ran on each actor, by the keys of both.
  package var parts: [UInt64: [UInt64: Int]] = [:]
  /// The makers of tasks: the key of each task that made another, by the key of that one.
  package var makers: [UInt64: UInt64] = [:]
  package init() {}
}
