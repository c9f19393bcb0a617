/// The strategy that takes the oldest event first.
public struct FIFOStrategy: Strategy {
  public var name: String { "fifo" }
  public init() {}
  public mutating func choose(among count: Int) -> StrategyChoice { .rank(0) }
}
