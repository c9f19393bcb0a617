extension Scenario.TimelineEntry {
  init(_ deed: Deed, at time: Duration) { (self.deed, at) = (deed, time) }

  private init(_ deed: Deed, at time: Duration, from: String, to: String, nth: Int, by: Duration? = nil) {
    self.init(deed, at: time)
    (self.from, self.to, self.nth) = (from, to, nth)
    if let by { self.by = by }
  }

  /// Loses the `nth` message, from 1, that `from` sends to `to` at this time or later.
  public static func drop(at time: Duration, from: String, to: String, nth: Int = 1) -> Self {
    Self(.drop, at: time, from: from, to: to, nth: nth)
  }

  /// Lets the `nth` message arrive twice.
  public static func duplicate(at time: Duration, from: String, to: String, nth: Int = 1) -> Self {
    Self(.duplicate, at: time, from: from, to: to, nth: nth)
  }

  /// Lets the `nth` message arrive late `by` a time, and those that `from` sends to `to` meanwhile behind it.
  public static func delay(
    at time: Duration, from: String, to: String, nth: Int = 1, by: Duration = .seconds(1)
  ) -> Self {
    Self(.delay, at: time, from: from, to: to, nth: nth, by: by)
  }

  /// Lets the `nth` message arrive late `by` a time, while later ones overtake it.
  public static func reorder(
    at time: Duration, from: String, to: String, nth: Int = 1, by: Duration = .seconds(1)
  ) -> Self {
    Self(.reorder, at: time, from: from, to: to, nth: nth, by: by)
  }

  /// Cuts the sender of the `nth` message off from all others for the time `by`.
  public static func isolate(
    at time: Duration, from: String, to: String, nth: Int = 1, by: Duration = .seconds(1)
  ) -> Self {
    Self(.isolate, at: time, from: from, to: to, nth: nth, by: by)
  }

  /// Crashes an agent, which restarts after a while, or never if `restart` is `nil`.
  public static func crash(at time: Duration, agent: String, restart: Duration? = nil) -> Self {
    var entry = Self(.crash, at: time)
    (entry.agent, entry.restart) = (agent, restart)
    return entry
  }

  /// Loses messages between agents of different groups until a later time. An agent in no group reaches everybody.
  public static func partition(at time: Duration, groups: [[String]], until: Duration) -> Self {
    var entry = Self(.partition, at: time)
    (entry.groups, entry.until) = (groups, until)
    return entry
  }

  /// Fails the `nth` operation of this name, such as the use of a tool, counted for one agent or for all.
  public static func fail(at time: Duration, operation: String, agent: String? = nil, nth: Int = 1) -> Self {
    var entry = Self(.fail, at: time)
    (entry.operation, entry.agent, entry.nth) = (operation, agent, nth)
    return entry
  }

  /// Makes calls of the policy take `factor` times as long, for one agent or for all, if they begin before `until`.
  public static func slow(at time: Duration, agent: String? = nil, factor: Int = 10, until: Duration) -> Self
  {
    var entry = Self(.slow, at: time)
    (entry.agent, entry.factor, entry.until) = (agent, factor, until)
    return entry
  }

  /// Lets an agent with lines say something to another one, or, if `to` is `nil`, give the episode's answer.
  public static func say(
    at time: Duration, agent: String, text: String, to: String? = nil, reward: Double? = nil
  ) -> Self {
    var entry = Self(.say, at: time)
    (entry.agent, entry.text, entry.to, entry.reward) = (agent, text, to, reward)
    return entry
  }
}
