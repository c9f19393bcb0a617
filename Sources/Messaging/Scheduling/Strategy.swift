/// A rule that chooses among the events that are ready at one instant.
public protocol Strategy: Sendable {
  /// The strategy's name in records.
  var name: String { get }
  /// Whether the strategy chooses by rank, so that candidates have to be kept in order.
  var choosesByRank: Bool { get }
  /// Whether the strategy wants to be told of every candidate.
  var watchesCandidates: Bool { get }
  /// Notes that an event became a candidate.
  mutating func enter(_ candidate: Candidate)
  /// Notes that a candidate was taken, by this strategy's choice or by another's.
  mutating func leave(_ candidate: Candidate)
  /// Chooses the next event among `count` candidates, at least 2.
  mutating func choose(among count: Int) -> StrategyChoice
  /// Chooses the next job. It is called only where the order of jobs is chosen: see ``Granularity/awaits``.
  /// - Parameters:
  ///   - tasks: The task of each job that is ready, the oldest job first; at least 2. An episode numbers its tasks in the order in
  ///     which they come up. In a replay of a log that was written before tasks had numbers, each is 0.
  ///   - stream: A stream for these choices, which nothing else draws from.
  /// - Returns: The place of the job by age; 0 is the oldest.
  mutating func chooseJob(among tasks: [Int], using stream: inout SeededStream) -> Int
  /// Goes on with another seed from the present position, as a fork does.
  mutating func reseed(_ seed: UInt64)
}

extension Strategy {
  public var choosesByRank: Bool { true }
  public var watchesCandidates: Bool { false }
  public mutating func enter(_ candidate: Candidate) {}
  public mutating func leave(_ candidate: Candidate) {}
  public mutating func chooseJob(among tasks: [Int], using stream: inout SeededStream) -> Int { 0 }
  public mutating func reseed(_ seed: UInt64) {}
}

/// An event that may be the next one.
public struct Candidate: Sendable, Hashable {
  /// The number of the event, in the order of creation.
  public let number: Int
  /// The seat of the actor that the event happens to, which is its number in the order of spawning.
  public let receiver: Int
  let slot: Int32

  init(_ event: borrowing PendingEvent, in slot: Int32) {
    number = event.number
    receiver = Int(event.receiver)
    self.slot = slot
  }
}

public enum StrategyChoice: Sendable, Hashable {
  /// The candidate that has this many older candidates, for a strategy that chooses by rank.
  case rank(Int)
  /// The candidate at this index of an arbitrary order that is the same in every run. This is the cheapest choice.
  case index(Int)
  /// A candidate of which the strategy was told.
  case candidate(Candidate)
}
