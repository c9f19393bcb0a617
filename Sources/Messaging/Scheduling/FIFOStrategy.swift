/// First in, first out.
public struct FIFOStrategy: Strategy {
  public var name: String { "fifo" }
  public init() {}
  public mutating func choose(among count: Int) -> StrategyChoice { .rank(0) }
}
