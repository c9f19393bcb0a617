/// A fault on the timeline of an episode. It names actors by their paths.
public enum Fault: Sendable, Hashable {
  /// The effect strikes the `nth` message (from 1) that one actor sends to the other, counted from the time `after`.
  case message(FaultEffect, from: String, to: String, nth: Int = 1, after: Duration = .zero)
  /// The actor loses everything except what it persisted. It restarts after a while, or never.
  case crash(String, at: Duration, restartAfter: Duration?)
  /// Messages between actors of different groups are lost. An actor that is in no group reaches everybody.
  case partition([[String]], from: Duration, until: Duration)
  /// The `nth` operation called `name` fails, counted for one actor or, if `by` is `nil`, for all.
  case failure(of: String, by: String?, nth: Int = 1, after: Duration = .zero)
  /// External calls of one actor, or of all, take `factor` times as long if they begin in this interval.
  case slowness(by: String?, factor: Int, from: Duration, until: Duration)

  /// Makes a fault that loses a message.
  public static func drop(from: String, to: String, nth: Int = 1, after: Duration = .zero) -> Fault {
    .message(.drop, from: from, to: to, nth: nth, after: after)
  }
}

/// The probabilities with which faults strike at each place, all within 0...1.
public struct FaultRates: Sendable, Hashable {
  public var drop = 0.0
  public var duplicate = 0.0
  public var delay = 0.0
  public var reorder = 0.0
  public var isolate = 0.0
  /// The probability at each event of an actor: a delivery, a reply, a timer, a deadline, an answer of the outside or a
  /// checkpoint, and before the actor persists, notes, calls the outside or spawns.
  public var crash = 0.0
  /// The probability at each operation that can fail.
  public var fail = 0.0
  /// The probability at each external call.
  public var slow = 0.0
  /// The duration of delays, reorderings and isolations.
  public var delays = DelayDistribution.uniform(.milliseconds(1), .seconds(1))
  /// The time for which a crashed actor is down; `nil` if it never restarts.
  public var restartAfter: DelayDistribution? = .uniform(.milliseconds(1), .seconds(1))
  public var slowness = 10
  /// The number of faults in an episode after which chance strikes no more: few faults are easier to understand.
  public var most = 4

  public init() {}

  /// Whether no fault can strike by chance.
  package var isZero: Bool {
    [drop, duplicate, delay, reorder, isolate, crash, fail, slow].allSatisfy { $0 <= 0 }
  }

  /// Draws the effect that strikes at a place; `nil` if none does.
  func draw(at kind: FaultSite.Kind, using stream: inout SeededStream) -> FaultEffect? {
    let rates: [(Double, (inout SeededStream) -> FaultEffect)] =
      switch kind {
      case .message:
        [
          (drop, { _ in .drop }), (duplicate, { _ in .duplicate }),
          (delay, { .delay(delays.draw(using: &$0)) }), (reorder, { .reorder(delays.draw(using: &$0)) }),
          (isolate, { .isolate(delays.draw(using: &$0)) }),
        ]
      case .event: [(crash, { .crash(restartAfter: restartAfter?.draw(using: &$0)) })]
      case .operation: [(fail, { _ in .fail })]
      case .call: [(slow, { _ in .slow(slowness) })]
      }
    var rest = Double.random(in: 0..<1, using: &stream)
    for (rate, effect) in rates {
      if rest < rate { return effect(&stream) }
      rest -= rate
    }
    return nil
  }
}

/// The distribution of a duration.
public enum DelayDistribution: Sendable, Hashable {
  case fixed(Duration)
  case uniform(Duration, Duration)

  /// Draws a duration in whole microseconds, at least one.
  func draw(using stream: inout SeededStream) -> Duration {
    switch self {
    case .fixed(let duration): return max(duration, .microseconds(1))
    case .uniform(let least, let most):
      let span = max(0, Int64((most - least) / .microseconds(1)))
      return max(least + .microseconds(Int64.random(in: 0...span, using: &stream)), .microseconds(1))
    }
  }
}

/// The faults of an episode: those on its timeline, and those that strike by chance.
public struct FaultPlan: Sendable, Hashable {
  public var timeline: [Fault]
  public var rates: FaultRates

  public init(timeline: [Fault] = [], rates: FaultRates = FaultRates()) {
    self.timeline = timeline
    self.rates = rates
  }

  package var isEmpty: Bool { timeline.isEmpty && rates.isZero }
}
