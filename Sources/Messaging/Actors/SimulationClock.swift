/// A clock that shows an episode's virtual time, for any code that takes `some Clock<Duration>`.
package struct SimulationClock: Clock {
  /// A moment, which is the time since the episode began.
  package struct Instant: InstantProtocol {
    package var sinceBeginning: Duration

    package func advanced(by duration: Duration) -> Instant {
      Instant(sinceBeginning: sinceBeginning + duration)
    }
    package func duration(to other: Instant) -> Duration { other.sinceBeginning - sinceBeginning }
    package static func < (a: Instant, b: Instant) -> Bool { a.sinceBeginning < b.sinceBeginning }
  }
  let context: ActorContext

  package var now: Instant { Instant(sinceBeginning: context.now) }
  package var minimumResolution: Duration { .nanoseconds(1) }

  /// Waits as ``ActorContext/sleep(for:)`` does. `tolerance` has no effect.
  package func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
    try await context.sleep(for: max(.zero, deadline.sinceBeginning - context.now))
  }
}
