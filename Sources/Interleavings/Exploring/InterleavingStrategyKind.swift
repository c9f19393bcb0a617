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
  /// Every order, one after the other.
  ///
  /// With `switches`, those in which at most so many times a task stands back though it could go on (Musuvathi and Qadeer, PLDI
  /// 2007). With `delays`, those with at most so many delays: to choose what is further back in the queue of parts that are ready
  /// costs as many as there are parts before it (Emmi, Qadeer and Rakamarić, POPL 2011).
  ///
  /// If `tasksMeetInActors`, of orders that differ only by parts on different actors one is played (optimal dynamic partial order
  /// reduction; Abdulla et al., POPL 2014). This is right for tasks that share no memory, lock or cancellation apart from actors.
  /// It has no effect with a bound, or if priorities are respected: there it would leave out other orders, too.
  case everyOrder(switches: Int? = nil, delays: Int? = nil, tasksMeetInActors: Bool = false)

  /// Makes the strategy for schedules with these rules.
  package func make(_ rules: ScheduleRules = ScheduleRules()) -> any InterleavingStrategy {
    let strategy = needsEffects(rules) ? PartialOrderReduction(timersRace: rules.timersRace) : makeForParts()
    let mostCancelled = rules.cancels.most
    guard mostCancelled > 0, strategy.enumeration == nil else { return strategy }
    return CancellationSampling(of: strategy, atMost: mostCancelled)
  }

  private func makeForParts() -> any InterleavingStrategy {
    switch self {
    case .random: RandomWalkStrategy()
    case .partialOrderSampling: PartialOrderSampling()
    case .uniformWalk: UniformWalkStrategy()
    case .tasksByPriority(let depth): PriorityChangeStrategy(depth: depth, isOverActors: false)
    case .actorsByPriority(let depth): PriorityChangeStrategy(depth: depth, isOverActors: true)
    case .everyOrder(let switches, let delays, _): DepthFirstStrategy(switches: switches, delays: delays)
    }
  }

  /// Whether the strategy needs the ``StepEffect`` of every part that runs.
  func needsEffects(_ rules: ScheduleRules) -> Bool {
    guard case .everyOrder(nil, nil, true) = self else { return false }
    return !rules.respectsPriorities
  }
}
