/// Uniform among the ready events, from its own stream.
public struct RandomStrategy: Strategy {
  public var name: String { "random" }
  private var stream: SeededStream

  public init(seed: UInt64) { stream = SeededStream(seed: seed, name: "scheduler") }

  public mutating func choose(among count: Int) -> StrategyChoice {
    .rank(Int.random(in: 0..<count, using: &stream))
  }

  public mutating func reseed(_ seed: UInt64) { stream = stream.reseeded(seed) }
}
