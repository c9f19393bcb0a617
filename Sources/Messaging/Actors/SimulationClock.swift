/// A clock that shows an episode's virtual time, for any code that takes `some Clock<Duration>`.
public struct SimulationClock: Clock {
  /// A moment, which is the time since the episode began.
  public struct Instant: InstantProtocol {
    public var sinceBeginning: Duration

    public func advanced(by duration: Duration) -> Instant {
      Instant(sinceBeginning: sinceBeginning + duration)
    }
    public func duration(to other: Instant) -> Duration { other.sinceBeginning - sinceBeginning }
    public static func < (a: Instant, b: Instant) -> Bool { a.sinceBeginning < b.sinceBeginning }
  }
  let context: ActorContext

  public var now: Instant { Instant(sinceBeginning: context.now) }
  public var minimumResolution: Duration { .nanoseconds(1) }

  /// Waits as ``ActorContext/sleep(for:)`` does. `tolerance` has no effect.
  public func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
    try await context.sleep(for: max(.zero, deadline.sinceBeginning - context.now))
  }
}
