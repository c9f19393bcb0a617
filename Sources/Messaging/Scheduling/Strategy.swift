/// Chooses among the events that are ready at one instant.
public protocol Strategy: Sendable {
  /// What records call it.
  var name: String { get }
  /// Whether it chooses by rank, for which candidates have to be kept in order.
  var choosesByRank: Bool { get }
  /// Whether it wants to be told of every candidate.
  var watchesCandidates: Bool { get }
  /// An event became a candidate.
  mutating func enter(_ candidate: Candidate)
  /// A candidate was taken, by this strategy's choice or another's.
  mutating func leave(_ candidate: Candidate)
  /// The next event among `count` candidates, at least 2.
  mutating func choose(among count: Int) -> StrategyChoice
  /// Goes on with another seed where it stands: what a fork does.
  mutating func reseed(_ seed: UInt64)
}

extension Strategy {
  public var choosesByRank: Bool { true }
  public var watchesCandidates: Bool { false }
  public mutating func enter(_ candidate: Candidate) {}
  public mutating func leave(_ candidate: Candidate) {}
  public mutating func reseed(_ seed: UInt64) {}
}

/// An event that may be the next one.
public struct Candidate: Sendable, Hashable {
  /// In order of creation.
  public let number: Int
  /// The seat of the actor it happens to: its number in order of spawning.
  public let receiver: Int
  let slot: Int32

  init(_ event: borrowing PendingEvent, in slot: Int32) {
    number = event.number
    receiver = Int(event.receiver)
    self.slot = slot
  }
}

public enum StrategyChoice: Sendable, Hashable {
  /// The candidate that this many candidates are older than; of a strategy that chooses by rank.
  case rank(Int)
  /// The candidate at this index of an order that means nothing, but is the same in every run: the cheapest choice.
  case index(Int)
  /// A candidate that was told.
  case candidate(Candidate)
}
