/// First in, first out.
public struct FIFOStrategy: Strategy {
  public let name = "fifo"
  public init() {}
  public mutating func choose(among count: Int) -> StrategyChoice { .rank(0) }
}
