/// Chooses among the events that are ready at one instant.
public protocol Strategy: Sendable {
  /// What records call it.
  var name: String { get }
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
  public var watchesCandidates: Bool { false }
  public mutating func enter(_ candidate: Candidate) {}
  public mutating func leave(_ candidate: Candidate) {}
  public mutating func reseed(_ seed: UInt64) {}
}

/// An event that may be the next one.
public struct Candidate: Sendable, Hashable {
  /// In order of creation.
  public var number: Int
  /// The seat of the actor it happens to: its number in order of spawning.
  public var receiver: Int
}

public enum StrategyChoice: Sendable, Hashable {
  /// The candidate that this many candidates are older than.
  case rank(Int)
  /// The candidate with this number.
  case event(Int)
}
