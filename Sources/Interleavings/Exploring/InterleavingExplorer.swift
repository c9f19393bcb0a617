import CInterleaving

/// How long an exploration goes on.
public enum InterleavingBudget: Sendable, Hashable {
  case schedules(Int)
  /// The number of schedules that are played in this time depends on the machine. A failure says how to play it anywhere.
  case seconds(Double)
}

/// A search for an order of tasks in which a test fails.
package struct InterleavingExplorer: Sendable {
  package var strategy = InterleavingStrategyKind.random
  package var budget = InterleavingBudget.schedules(1000)
  package var seed: UInt64 = 0
  package var rules = ScheduleRules()
  /// The most schedules that shrinking plays.
  package var shrinkingBudget = 2000
  package var stallLimit = Duration.seconds(30)

  package init() {}

  package struct Failure: Sendable {
    package var failure: ScheduleFailure
    /// The number of the schedule that failed, counted from 1. The first is the one without switches.
    package var schedule: Int
    package var seed: UInt64
    package var found: InterleavingPlan
    package var shrunk: InterleavingPlan
    /// The shrunk schedule, with names.
    package var played: PlayedSchedule
  }
  package struct Exploration: Sendable {
    package var failure: Failure?
    package var coverage: InterleavingCoverage
    package var wasInterrupted = false
  }

  /// Plays schedules until one fails or the budget is used up. The first schedule has no switches.
  package func explore(_ test: InterleavingTest) throws(InterleavingError) -> Exploration {
    try RuntimeCheck.pass()
    troupe_watch_signals()
    defer { troupe_unwatch_interrupts() }
    var rules = rules
    rules.followsEffects = strategy.needsEffects(rules)
    if rules.followsEnds { try EffectsCheck.pass() }
    let player = InterleavingPlayer(rules, stallLimit: stallLimit)
    var straight: any InterleavingStrategy = StraightStrategy()
    let first = player.play(test, &straight, makesNames: true)
    var strategy = strategy.make(rules)
    let profile = first.profile
    var counts = ScheduleCounts()
    let interrupts = troupe_interrupts()
    let start = ContinuousClock.now
    var (index, isExhausted, wasInterrupted) = (0, false, false)
    while goesOn(index, since: start), !isExhausted {
      guard troupe_interrupts() == interrupts else {
        wasInterrupted = true
        break
      }
      let seed = seed &+ UInt64(index)
      strategy.begin(seed: seed, profile: profile)
      // A search through all orders begins with the order without switches itself.
      let samples = strategy.enumeration == nil
      let played = samples && index == 0 ? first : player.play(test, &strategy)
      counts.add(played.trace)
      index += 1
      if let failure = played.failure {
        let failure = try shrunk(player, test, failure, played, index, seed)
        return Exploration(
          failure: failure, coverage: coverage(counts, strategy, isExhausted: false),
          wasInterrupted: wasInterrupted)
      }
      if !samples || index > 1 { isExhausted = !strategy.end() }
    }
    return Exploration(
      coverage: coverage(counts, strategy, isExhausted: isExhausted), wasInterrupted: wasInterrupted)
  }

  private func goesOn(_ index: Int, since start: ContinuousClock.Instant) -> Bool {
    switch budget {
    case .schedules(let count): index < count
    case .seconds(let seconds): index == 0 || ContinuousClock.now - start < .seconds(seconds)
    }
  }

  /// Plays one plan. A plan that does not fit is an error, unless the schedule fails anyway.
  package func replay(_ plan: InterleavingPlan, _ test: InterleavingTest) throws(InterleavingError)
    -> PlayedSchedule
  {
    try RuntimeCheck.pass()
    if rules.followsEnds { try EffectsCheck.pass() }
    troupe_watch_signals()
    defer { troupe_unwatch_interrupts() }
    let (played, unused) = follow(plan, InterleavingPlayer(rules, stallLimit: stallLimit), test)
    if let unused, played.failure == nil {
      throw .planDoesNotFit(
        switch: "\(unused)", planned: plan.build, build: InterleavingPlan.thisBuild)
    }
    return played
  }

  func follow(
    _ plan: InterleavingPlan, _ player: InterleavingPlayer, _ test: InterleavingTest,
    listsOptions: Bool = false
  ) -> (played: PlayedSchedule, unused: InterleavingPlan.Switch?) {
    var strategy: any InterleavingStrategy = PlannedStrategy(plan)
    let played = player.play(test, &strategy, makesNames: !listsOptions, listsOptions: listsOptions)
    return (played, (strategy as? PlannedStrategy)?.unused)
  }

  func shrunk(
    _ player: InterleavingPlayer, _ test: InterleavingTest, _ failure: ScheduleFailure,
    _ first: PlayedSchedule, _ schedule: Int, _ seed: UInt64
  ) throws(InterleavingError) -> Failure {
    let found = first.plan
    let again = follow(found, player, test).played
    guard again.failure?.isLike(failure) == true else {
      // The order was the same, so something outside of the schedule decided.
      throw failure.error ?? .failsOnce(text: failure.text, difference: again.difference(from: first))
    }
    let interrupts = troupe_interrupts()
    var shrinker = PlanShrinker(plan: found, budget: shrinkingBudget) { plan, listsOptions in
      let (played, _) = follow(plan, player, test, listsOptions: listsOptions)
      // After an interrupt nothing is accepted any more, so that shrinking ends with what it has.
      let isLike = played.failure?.isLike(failure) == true && troupe_interrupts() == interrupts
      return (played, isLike)
    }
    shrinker.run()
    let played = follow(shrinker.plan, player, test).played
    return Failure(
      failure: played.failure ?? failure, schedule: schedule, seed: seed, found: found,
      shrunk: shrinker.plan, played: played)
  }

  private func coverage(
    _ counts: ScheduleCounts, _ strategy: any InterleavingStrategy, isExhausted: Bool
  ) -> InterleavingCoverage {
    var gaps: [String] = []
    if let enumeration = strategy.enumeration {
      if enumeration.hasDiverged { gaps.append("orders of a test that did not do the same twice") }
      gaps += enumeration.gaps
    }
    if !rules.timersRace { gaps.append("orders in which a sleep ends before what is ready has run") }
    gaps.append(
      rules.cancels.most == 0
        ? "cancellations that the test does not make" : "more than \(rules.cancels.most) cancelled tasks")
    gaps.append("orders of jobs that wait in one actor's queue after a continuation or `Task` put them there")
    gaps.append("what happens between two awaits (data races)")
    if rules.respectsPriorities { gaps.append("orders in which a lower priority goes first") }
    return InterleavingCoverage(
      schedules: counts.total, different: counts.different, playedOnce: counts.once,
      hasEveryOrder: isExhausted && strategy.enumeration?.hasDiverged == false,
      notEnumerated: gaps)
  }
}
