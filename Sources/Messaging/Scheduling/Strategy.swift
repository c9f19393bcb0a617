/// Chooses among the events that are ready at one instant.
public protocol Strategy: Sendable {
  /// What records call it.
  var name: String { get }
  /// The index of the next event among `count` candidates in order of creation; `count` is at least 2.
  mutating func choose(among count: Int) -> Int
  /// Goes on with another seed where it stands: what a fork does.
  mutating func reseed(_ seed: UInt64)
}

/// First in, first out.
public struct FIFOStrategy: Strategy {
  public let name = "fifo"
  public init() {}
  public mutating func choose(among count: Int) -> Int { 0 }
  public mutating func reseed(_ seed: UInt64) {}
}
