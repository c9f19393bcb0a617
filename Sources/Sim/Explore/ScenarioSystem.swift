import ActorTesting
import Actors
import Messaging

extension SimulatedSystem {
  /// The system that a scenario describes; episode `index` of `troupe run`, if it has tasks.
  ///
  /// Designers and executors are played by the policy that the scenario's `player` names. The numbers of agents, and the
  /// options that they are given, are sizes that shrink.
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
        return try setup.violations(played).first
      } catch {
        return "\(error)"
      }
    }
    self.input = input
    // What counts as well ended is the scenario's to say, which `violations` asks.
    endsQuiet = scenario.ends == .quiet
    faults = scenario.faultPlan
    for agent in scenario.agents {
      if agent.count > 1 { sizes[agent.name] = Size(agent.count, least: 2) }
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

extension Schedule {
  public init(_ plan: EpisodePlan, seed: UInt64, of scenario: Scenario) {
    self.init(plan, seed: seed, digest: scenario.digestWithoutSeed)
  }

  /// Reads what `Schedule.description` prints, and refuses a schedule of another scenario.
  public init(parsing text: String, for scenario: Scenario) throws(ScheduleError) {
    try self.init(parsing: text, digest: scenario.digestWithoutSeed, named: scenario.name)
  }
}

extension Scenario {
  /// A change of the seed is no change of the scenario.
  fileprivate var digestWithoutSeed: UInt64 {
    var scenario = self
    scenario.seed = 0
    return scenario.digest
  }
}
