import ActorTesting
import Actors
import Messaging
import Synchronization

extension SimulatedSystem {
  /// Makes the system that a scenario describes. If the scenario has tasks, it is episode `index` of `troupe run`.
  ///
  /// The policy that the scenario's `player` names plays designers and executors. The numbers of agents and their
  /// options are sizes, which can shrink.
  public init(_ scenario: Scenario, _ registry: Registry = Registry(), episode index: Int = 0)
    throws
  {
    let policy = try PolicySource(named: nil, scenario, registry)
    let player = try Player(scenario, registry, servers: policy.servers())
    let setup = player.setup
    let input = player.input(of: index)
    self.init(scenario.name) { root, sizes in
      setup.setUp(root, input: input, sizes: sizes)
    } violation: { played in
      do {
        return try setup.violations(played).first?.description
      } catch {
        return "\(error)"
      }
    }
    self.input = input
    // The scenario says what counts as a good end, and `violations` asks it.
    endsQuiet = scenario.ends == .quiet
    faults = scenario.faultPlan
    for (index, agent) in scenario.agents.enumerated() {
      if agent.count > 1 {
        let least = scenario.leastCount(ofAgent: index, registry.catalogue)
        sizes[agent.name] = Size(agent.count, least: least)
      }
      let known = registry.kinds[agent.kind]?.catalogue.options ?? []
      for option in known {
        guard let value = agent.options[option.name], value > option.range.lowerBound else { continue }
        sizes[agent.sizeName(of: option.name)] = Size(value, least: option.range.lowerBound)
      }
    }
    if !setup.isScripted {
      run = { episode in
        let servers = try policy.servers()
        return try EpisodeDriver(designer: servers.designer, executor: servers.executor).run([episode])[0]
      }
    }
  }
}

/// The orders of a recorded episode that could not be played to their end, because they ask what no answer was recorded to.
///
/// Several threads may count at once.
package final class UnansweredOrders: Sendable {
  private let counted = Mutex(0)
  package init() {}
  package var count: Int { counted.withLock { $0 } }
  fileprivate func add() { counted.withLock { $0 += 1 } }
}

extension SimulatedSystem {
  /// Makes the system that plays a recorded episode in other orders and with other faults: what actors draw is as it was recorded, and
  /// `servers` answer, which are made anew for each order.
  ///
  /// An order that asks what `servers` have no record of is left there. It is counted in `unanswered`, and is no failure.
  package init(
    of history: EpisodeHistory, seed: UInt64, _ setup: EpisodeSetup, unanswered: UnansweredOrders,
    servers: @escaping @Sendable () throws -> HierarchicalRollout.Servers
  ) {
    self.init(setup.scenario.name) { root, _ in
      setup.setUp(root, input: history.input)
    } violation: { played in
      if case .paused = played.status { return nil }
      do {
        return try setup.violations(played).first?.description
      } catch {
        return "\(error)"
      }
    }
    input = history.input
    drawSeed = seed
    limits = history.limits
    faults = history.faults
    endsQuiet = setup.scenario.ends == .quiet
    guard !setup.isScripted else { return }
    run = { episode in
      let servers = try servers()
      do {
        return try EpisodeDriver(designer: servers.designer, executor: servers.executor).run([episode])[0]
      } catch is RecordedServer.NeverAsked {
        unanswered.add()
        return .paused
      }
    }
  }
}

extension Scenario {
  /// The fewest agents, 2 or more, that can be of a kind of which there are several, so that a line, a fault or an
  /// expectation names none that is missing.
  fileprivate func leastCount(ofAgent index: Int, _ catalogue: ScenarioCatalogue) -> Int {
    func isValid(_ count: Int) -> Bool {
      var smaller = self
      smaller.agents[index].count = count
      return (try? smaller.validated(by: catalogue)) != nil
    }
    var (tooFew, enough) = (2, agents[index].count)
    guard !isValid(tooFew), isValid(enough) else { return tooFew }
    while tooFew + 1 < enough {
      let middle = (tooFew + enough) / 2
      if isValid(middle) { enough = middle } else { tooFew = middle }
    }
    return enough
  }
}

extension Schedule {
  public init(_ plan: EpisodePlan, seed: UInt64, of scenario: Scenario) {
    self.init(plan, seed: seed, digest: scenario.digestWithoutSeed)
  }

  /// Reads a text that `Schedule.description` printed, and refuses a schedule of another scenario.
  public init(parsing text: String, for scenario: Scenario) throws(ScheduleError) {
    try self.init(parsing: text, digest: scenario.digestWithoutSeed, named: scenario.name)
  }
}

extension Scenario {
  /// The digest of the scenario with its seed left out, because another seed is not another scenario.
  fileprivate var digestWithoutSeed: UInt64 {
    var scenario = self
    scenario.seed = 0
    return scenario.digest
  }
}
