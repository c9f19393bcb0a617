import Actors
import Policy

/// Measures success on held-out tasks: one design and one execution a task.
public struct Evaluator: Sendable {
  /// Who plays each role.
  public struct Players: Sendable {
    public var name: String
    /// Those of one thread.
    public var servers: @Sendable () throws -> HierarchicalRollout.Servers

    public init(_ name: String, servers: @escaping @Sendable () throws -> HierarchicalRollout.Servers) {
      self.name = name
      self.servers = servers
    }

    /// One policy plays both.
    public init(_ name: String, _ policy: PolicySource) {
      self.init(name) { try policy.servers() }
    }

    public init(_ name: String, designer: Transformer, executor: Transformer) {
      self.init(name) { .init(designer: designer, executor: executor) }
    }
  }

  public let scenario: Scenario
  public let tasks: TaskSource
  public var threads: Int

  public init(_ scenario: Scenario, tasks: TaskSource, threads: Int) {
    self.scenario = scenario
    self.tasks = tasks
    self.threads = threads
  }

  /// A row a family, over its first `count` held-out tasks; temperature 0 is greedy.
  ///
  /// Every policy plays every task under the same seed, so that differences are not those of luck alone.
  public func evaluate(
    _ players: Players, temperature: Double, count: Int? = nil, scripts: [String: String] = [:]
  ) throws -> [(row: EvaluationRow, tree: RolloutTree)] {
    try scenario.requireTasksOnly()
    let agents = try AgentSetup(scenario, families: tasks.families, temperature: temperature)
    let rollout = HierarchicalRollout(
      agents: agents, designs: 1, executions: 1, strategy: scenario.strategy, threads: threads)
    return try tasks.heldOut.map { family, heldOut in
      let drawn = Array(heldOut.prefix(count ?? heldOut.count))
      let given = scripts[family].map { Array(repeating: $0, count: drawn.count) }
      let tree = try rollout.run(
        drawn, name: "evaluation/\(family)", seed: scenario.seed, scripts: given, servers: players.servers)
      let successes = tree.tasks.count { $0.designs[0].executions[0].transcript.outcome.success }
      let row = EvaluationRow(
        policy: players.name, family: family,
        decoding: temperature == 0 ? "greedy" : "T = \(temperature.short)",
        successes: successes, episodes: drawn.count)
      return (row, tree)
    }
  }
}

extension Double {
  /// `1` rather than `1.0`.
  fileprivate var short: String { self == rounded() ? "\(Int(self))" : "\(self)" }
}
