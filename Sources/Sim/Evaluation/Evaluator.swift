import Actors
import Policy

/// Measures success on held-out tasks, with one design and one execution for each task.
public struct Evaluator: Sendable {
  /// Who plays the two roles.
  public struct Players: Sendable {
    package var name: String
    /// Makes the servers of one thread.
    package var servers: @Sendable () throws -> HierarchicalRollout.Servers

    public init(_ name: String, servers: @escaping @Sendable () throws -> HierarchicalRollout.Servers) {
      self.name = name
      self.servers = servers
    }

    /// One policy plays both roles.
    public init(_ name: String, _ policy: PolicySource) {
      self.init(name) { try policy.servers() }
    }

    /// Each role is played by its own model.
    public init(_ name: String, designer: Transformer, executor: Transformer) {
      self.init(name) { .init(designer: designer, executor: executor) }
    }
  }

  package let scenario: Scenario
  package let tasks: TaskSource
  /// How many threads play; the result does not depend on it.
  package var threads: Int

  public init(_ scenario: Scenario, tasks: TaskSource, threads: Int) {
    self.scenario = scenario
    self.tasks = tasks
    self.threads = threads
  }

  /// How rows name the decoding at a temperature: `greedy` for 0, or such as `T = 1`.
  package static func decoding(_ temperature: Double) -> String {
    temperature == 0 ? "greedy" : "T = \(temperature.short)"
  }

  /// Plays the first `count` held-out tasks of each family, by default all, and returns one row for each family.
  ///
  /// Every policy plays a task under the same seed, so policies do not differ by luck alone. Temperature 0 is greedy.
  /// A family with an entry in `scripts`, or in the scenario's, runs that script and needs no designer.
  /// - Complexity: two episodes a task, the design and its execution.
  public func evaluate(
    _ players: Players, temperature: Double, count: Int? = nil, scripts: [String: String] = [:]
  ) throws -> [(row: EvaluationRow, tree: RolloutTree)] {
    try scenario.requireTasksOnly()
    let agents = try AgentSetup(
      scenario, families: tasks.families, tokenizer: tasks.tokenizer, temperature: temperature)
    let rollout = HierarchicalRollout(
      agents: agents, designs: 1, executions: 1, strategy: scenario.strategy, threads: threads)
    return try tasks.heldOut.map { family, heldOut in
      let drawn = Array(heldOut.prefix(count ?? heldOut.count))
      let given = (scripts[family] ?? scenario.rollout.scripts[family]).map {
        Array(repeating: $0, count: drawn.count)
      }
      let tree = try rollout.run(
        drawn, name: "evaluation/\(family)", seed: scenario.seed, scripts: given, servers: players.servers)
      let row = EvaluationRow(
        policy: players.name, family: family,
        decoding: Self.decoding(temperature),
        scores: tree.tasks.map { .init($0.designs[0].executions[0].transcript.outcome) })
      return (row, tree)
    }
  }
}

extension Double {
  /// `1` rather than `1.0`.
  fileprivate var short: String { self == rounded() ? "\(Int(self))" : "\(self)" }
}
