import Actors
import Messaging

extension SimulatedSystem {
  /// The system that a scenario describes; episode `index` of `troupe run`, if it has tasks.
  ///
  /// Designers and executors are played by a scripted policy that knows the answers. The numbers of agents, and the
  /// options that they are given, are sizes that shrink.
  public init(_ scenario: Scenario, _ registry: ActorRegistry = ActorRegistry(), episode index: Int = 0)
    throws
  {
    let families = try TaskSource(scenario).families
    let player = try Player(
      scenario, registry, servers: .both(ScriptedServer(ScriptedPolicy(families: families))))
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
      let known = registry.kind(agent.kind)?.catalogue.options ?? []
      for option in known {
        guard let value = agent.options[option.name], value > option.range.lowerBound else { continue }
        sizes[agent.sizeName(of: option.name)] = Size(value, least: option.range.lowerBound)
      }
    }
    if !setup.isScripted {
      run = { episode in
        let server = ScriptedServer(ScriptedPolicy(families: families))
        return try EpisodeDriver(designer: server, executor: server).run([episode])[0]
      }
    }
  }
}

/// A schedule that can be pasted back: which scenario, which seed, and what was decided.
///
/// `1f3a9c2b.7/12=1,40=2;3:drop`: the first half of the scenario's digest, the seed of the episode, and the plan.
public struct Schedule: Sendable, Hashable, CustomStringConvertible {
  public var digest: UInt32
  public var seed: UInt64
  public var plan: EpisodePlan

  public init(_ plan: EpisodePlan, seed: UInt64, of scenario: Scenario) {
    digest = Self.digest(of: scenario)
    self.seed = seed
    self.plan = plan
  }

  /// A change of the seed is no change of the scenario.
  private static func digest(of scenario: Scenario) -> UInt32 {
    var scenario = scenario
    scenario.seed = 0
    return UInt32(truncatingIfNeeded: scenario.digest >> 32)
  }

  public var description: String { "\(String(digest, radix: 16)).\(seed)/\(plan)" }

  /// Reads what ``description`` prints; refuses a schedule of another scenario.
  public init(parsing text: String, for scenario: Scenario) throws(ScheduleError) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let head = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, head.count == 2, let digest = UInt32(head[0], radix: 16),
      let seed = UInt64(head[1])
    else { throw .malformed("it begins with DIGEST.SEED/") }
    do {
      plan = try EpisodePlan(parsing: String(parts[1]))
    } catch {
      throw .malformed(error.description)
    }
    guard digest == Self.digest(of: scenario) else { throw .otherScenario(scenario.name) }
    self.digest = digest
    self.seed = seed
  }
}

/// A text that is no schedule, or none of the scenario.
public enum ScheduleError: Error, Hashable, Sendable, CustomStringConvertible {
  case malformed(String)
  case otherScenario(String)

  public var description: String {
    switch self {
    case .malformed(let what): "not a schedule: \(what)"
    case .otherScenario(let name):
      "the schedule is of another scenario than \"\(name)\", or of an older version of it"
    }
  }
}
