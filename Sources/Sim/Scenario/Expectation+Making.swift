import ActorTesting

extension Scenario.Expectation {
  init(_ kind: Kind) { self.kind = kind }

  /// The episode answers at this virtual time or before.
  public static func answerWithin(_ seconds: Duration) -> Self {
    var expectation = Self(.answerWithin)
    expectation.seconds = seconds
    return expectation
  }

  /// No agent, or not the one that is named, sends more than `count` messages.
  public static func maximumMessages(_ count: Int, agent: String? = nil) -> Self {
    var expectation = Self(.maximumMessages)
    (expectation.count, expectation.agent) = (count, agent)
    return expectation
  }

  /// The answer has a reward of at least `value`.
  public static func rewardAtLeast(_ value: Double) -> Self {
    var expectation = Self(.rewardAtLeast)
    expectation.value = value
    return expectation
  }

  /// An invariant holds that the program registers under this name.
  public static func holds(_ name: String) -> Self {
    var expectation = Self(.holds)
    expectation.name = name
    return expectation
  }

  /// The condition holds after some event, and at the latest at this virtual time, if it is given.
  public static func eventually(_ that: EpisodeCondition, within: Duration? = nil) -> Self {
    var expectation = Self(.eventually)
    (expectation.that, expectation.within) = (that, within)
    return expectation
  }

  /// The condition holds after every event.
  public static func always(_ that: EpisodeCondition) -> Self { Self(.always, that) }

  /// The condition holds after no event.
  public static func never(_ that: EpisodeCondition) -> Self { Self(.never, that) }

  /// The condition holds after the last event.
  public static func atEnd(_ that: EpisodeCondition) -> Self { Self(.atEnd, that) }

  private init(_ kind: Kind, _ that: EpisodeCondition) { (self.kind, self.that) = (kind, that) }
}
