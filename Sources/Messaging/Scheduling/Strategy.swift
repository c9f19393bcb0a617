/// Chooses among the events that are ready at one instant.
public protocol Strategy: Sendable {
  /// The index of the next event among `count` candidates in order of creation; `count` is at least 2.
  mutating func choose(among count: Int) -> Int
}

/// First in, first out.
public struct FIFOStrategy: Strategy {
  public init() {}
  public mutating func choose(among count: Int) -> Int { 0 }
}
