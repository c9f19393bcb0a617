/// A fault on the timeline of an episode. Actors are named by their paths.
public enum Fault: Sendable, Hashable {
  /// The `nth` message, from 1, between two actors, counted from `after` on: lost, twice, late, overtaken or its sender
  /// cut off.
  case message(FaultEffect, from: String, to: String, nth: Int = 1, after: Duration = .zero)
  /// The actor loses all but what it persisted; it is started again after a while, or never.
  case crash(String, at: Duration, restartAfter: Duration?)
  /// Messages between actors of different groups are lost; whoever is in no group reaches everybody.
  case partition([[String]], from: Duration, until: Duration)
  /// The `nth` operation called `name`, of one actor or, if that is `nil`, of all.
  case failure(of: String, by: String?, nth: Int = 1, after: Duration = .zero)
  /// External calls of one actor, or of all, that begin in this time take `factor` times as long.
  case slowness(by: String?, factor: Int, from: Duration, until: Duration)

  /// Lets a message disappear.
  public static func drop(from: String, to: String, nth: Int = 1, after: Duration = .zero) -> Fault {
    .message(.drop, from: from, to: to, nth: nth, after: after)
  }
}

/// How often faults strike by themselves, each place alike; all rates within 0...1.
public struct FaultRates: Sendable, Hashable {
  public var drop = 0.0
  public var duplicate = 0.0
  public var delay = 0.0
  public var reorder = 0.0
  public var isolate = 0.0
  /// At each event of an actor: what is delivered to it, a reply, a timer, a deadline, an answer of the outside, a
  /// checkpoint, and before it persists, notes, calls the outside or spawns.
  public var crash = 0.0
  /// At each operation that can fail.
  public var fail = 0.0
  /// At each external call.
  public var slow = 0.0
  /// How long delays, reorderings and isolations last.
  public var delays = DelayDistribution.uniform(.milliseconds(1), .seconds(1))
  /// How long a crashed actor is down; `nil` for ever.
  public var restartAfter: DelayDistribution? = .uniform(.milliseconds(1), .seconds(1))
  public var slowness = 10
  /// No more than this many strike in one episode: a failure with few is one to learn from.
  public var most = 4

  public init() {}

  /// Whether any can strike.
  public var isZero: Bool {
    [drop, duplicate, delay, reorder, isolate, crash, fail, slow].allSatisfy { $0 <= 0 }
  }

  /// What strikes at a place, if anything.
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

/// How long something takes.
public enum DelayDistribution: Sendable, Hashable {
  case fixed(Duration)
  case uniform(Duration, Duration)

  /// In whole microseconds, at least one.
  func draw(using stream: inout SeededStream) -> Duration {
    switch self {
    case .fixed(let duration): return max(duration, .microseconds(1))
    case .uniform(let least, let most):
      let span = max(0, Int64((most - least) / .microseconds(1)))
      return max(least + .microseconds(Int64.random(in: 0...span, using: &stream)), .microseconds(1))
    }
  }
}

/// What goes wrong in an episode: on its timeline, and by chance.
public struct FaultPlan: Sendable, Hashable {
  public var timeline: [Fault]
  public var rates: FaultRates

  public init(timeline: [Fault] = [], rates: FaultRates = FaultRates()) {
    self.timeline = timeline
    self.rates = rates
  }

  public var isEmpty: Bool { timeline.isEmpty && rates.isZero }
}
