/// A stand-in strategy for an episode that follows recorded choices. Where these name none, it takes the oldest event.
package struct RecordedStrategy: Strategy {
  package let name: String
  package init() { name = "replay" }
  private init(name: String) { self.name = name }
  package mutating func choose(among count: Int) -> StrategyChoice { .rank(0) }

  /// Returns the strategy that records call `name`, if it can be made from its seed alone; otherwise a stand-in.
  static func named(_ name: String, seed: UInt64, _ rules: EpisodeRules) -> any Strategy {
    let words = name.split(separator: " ")
    switch words.first {
    case "fifo": return FIFOStrategy()
    case "random": return RandomStrategy(seed: seed)
    case "pct":
      guard words.count == 3, let depth = Int(words[1]), let steps = Int(words[2]),
        (1...1000).contains(depth), (1...1_000_000_000).contains(steps)
      else { return RecordedStrategy(name: name) }
      return PCTStrategy(
        seed: seed, depth: depth, steps: steps, drawsJobs: rules == .awaitsOutsideActors)
    default: return RecordedStrategy(name: name)
    }
  }
}
