/// The way in which the orders of tasks are chosen.
public enum InterleavingStrategyKind: Sendable, Hashable {
  /// A random walk: each part that is ready has the same probability.
  case random
  /// Partial order sampling (Yuan, Yang and Gu, CAV 2018).
  case partialOrderSampling
  /// Selectively uniform random walk (SURW, ASPLOS 2025).
  case uniformWalk
  /// Random priorities of tasks, which are senders, that fall at `depth` - 1 random moments (Burckhardt et al., ASPLOS
  /// 2010).
  case tasksByPriority(depth: Int)
  /// Random priorities of actors, which are receivers, that fall at `depth` - 1 random moments.
  case actorsByPriority(depth: Int)
  /// Every order in which at most `switches` times a task stands back though it could go on; all orders if it is `nil`.
  ///
  /// If `tasksMeetInActors`, of orders that differ only by parts on different actors one is played. This is right for tasks
  /// that share no memory, lock or cancellation apart from actors.
  case everyOrder(switches: Int? = nil, tasksMeetInActors: Bool = false)

  /// Makes the strategy for schedules with these rules.
  package func make(_ rules: ScheduleRules = ScheduleRules()) -> any InterleavingStrategy {
    let strategy = makeForParts()
    let mostCancelled = rules.cancels.most
    guard mostCancelled > 0, !(strategy is DepthFirstStrategy) else { return strategy }
    return CancellationSampling(of: strategy, atMost: mostCancelled)
  }

  private func makeForParts() -> any InterleavingStrategy {
    switch self {
    case .random: RandomWalkStrategy()
    case .partialOrderSampling: PartialOrderSampling()
    case .uniformWalk: UniformWalkStrategy()
    case .tasksByPriority(let depth): PriorityChangeStrategy(depth: depth, isOverActors: false)
    case .actorsByPriority(let depth): PriorityChangeStrategy(depth: depth, isOverActors: true)
    case .everyOrder(let switches, let meet): DepthFirstStrategy(switches: switches, usesSleepSets: meet)
    }
  }
}
