import Actors
import Policy

/// Plays given designs with executors that do not learn, and counts what they solve.
package struct DesignTrial: Sendable {
  private let scenario: Scenario
  private let tasks: TaskSource
  private let rollout: HierarchicalRollout
  private let servers: @Sendable () throws -> HierarchicalRollout.Servers

  /// Makes a trial of the policy that `servers` run. Temperature 0 is greedy; if models answer (`areModels`), designs then share the
  /// generations in which they agree.
  package init(
    _ scenario: Scenario, tasks: TaskSource, temperature: Double, threads: Int,
    areModels: Bool = false, servers: @escaping @Sendable () throws -> HierarchicalRollout.Servers
  ) throws {
    try scenario.requireTasksOnly()
    self.scenario = scenario
    self.tasks = tasks
    self.servers = {
      let made = try servers()
      return areModels ? made.mapped { GenerationMemo($0, isModel: true) } : made
    }
    let agents = try AgentSetup(
      scenario, families: tasks.families, tokenizer: tasks.tokenizer, temperature: temperature)
    rollout = HierarchicalRollout(
      agents: agents, designs: 1, executions: 1, strategy: scenario.strategy, threads: threads)
  }

  /// How often a design was tried, how often it succeeded, and what it used.
  package struct Score: Hashable, Sendable {
    package var (episodes, successes, calls, tokens) = (0, 0, 0, 0)

    package init() {}

    /// Makes the score of one episode from its outcome.
    package init(_ outcome: Outcome) {
      (episodes, successes, calls) = (1, outcome.success ? 1 : 0, outcome.calls.count)
      tokens = outcome.calls.reduce(0) { $0 + $1.tokens }
    }

    /// The share of successes; 0 if nothing was tried.
    package var success: Double { episodes == 0 ? 0 : Double(successes) / Double(episodes) }

    package static func + (a: Score, b: Score) -> Score {
      var sum = a
      sum.episodes += b.episodes
      sum.successes += b.successes
      sum.calls += b.calls
      sum.tokens += b.tokens
      return sum
    }
  }

  /// The most episodes that are in memory at once.
  private static let batch = 8192

  /// Plays each task with the script beside it, and returns a score for each pair. The sampled tokens depend on `name` and on
  /// the place of the pair.
  /// - Complexity: two episodes a pair, of which the first has no calls.
  package func play(_ pairs: [(task: TaskInstance, script: String)], name: String) throws -> [Score] {
    var scores: [Score] = []
    for begin in stride(from: 0, to: pairs.count, by: Self.batch) {
      let part = pairs[begin..<min(begin + Self.batch, pairs.count)]
      let tree = try rollout.run(
        part.map(\.task), name: "\(name)/\(begin)", seed: scenario.seed, scripts: part.map(\.script),
        servers: servers)
      scores += tree.tasks.map { Score($0.designs[0].executions[0].transcript.outcome) }
    }
    return scores
  }
}
