/// The strategy that chooses uniformly among the ready events, from a stream of its own.
public struct RandomStrategy: Strategy {
  public var name: String { "random" }
  public var choosesByRank: Bool { false }
  private var stream: SeededStream

  public init(seed: UInt64) { stream = SeededStream(seed: seed, name: "scheduler") }

  public mutating func choose(among count: Int) -> StrategyChoice {
    .index(Int.random(in: 0..<count, using: &stream))
  }

  public mutating func chooseJob(among tasks: [Int], using stream: inout SeededStream) -> Int {
    Int.random(in: tasks.indices, using: &stream)
  }

  public mutating func reseed(_ seed: UInt64) { stream = stream.reseeded(seed) }
}
