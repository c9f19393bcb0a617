/// Stands in where another's choices are followed: what they do not name goes to the oldest event.
public struct RecordedStrategy: Strategy {
  public let name: String
  public init() { name = "replay" }
  private init(name: String) { self.name = name }
  public mutating func choose(among count: Int) -> StrategyChoice { .rank(0) }

  /// The strategy that records call `name`, where its seed is all that it is made from; else a stand-in.
  static func named(_ name: String, seed: UInt64) -> any Strategy {
    let words = name.split(separator: " ")
    switch words.first {
    case "fifo": return FIFOStrategy()
    case "random": return RandomStrategy(seed: seed)
    case "pct":
      guard words.count == 3, let depth = Int(words[1]), let steps = Int(words[2]),
        (1...1000).contains(depth), (1...1_000_000_000).contains(steps)
      else { return RecordedStrategy(name: name) }
      return PCTStrategy(seed: seed, depth: depth, steps: steps)
    default: return RecordedStrategy(name: name)
    }
  }
}
