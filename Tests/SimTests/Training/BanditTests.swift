import Testing

@testable import Sim

/// The whole pipeline, from rollout to AdamW, on a bandit whose optimum is known.
///
/// A problem is one operation on numbers up to three, so that there are four answers, and a design that lets one
/// executor solve is as good as any other and the cheapest. The best executors are always right, and the best designer
/// makes one call. Failures teach executors nothing here (`negativeScale` is 0): whatever they learn comes from the calls
/// that successes are credited to.
@Suite("A bandit with a known optimum")
struct BanditTests {
  private static let scenario = {
    var scenario = Scenario()
    scenario.seed = 1
    scenario.tasks.families = [.init("arithmetic")]
    scenario.tasks.families[0].levels = 1...1
    scenario.tasks.families[0].options["largest"] = 3
    // Problems of one operation are too few to hold any out.
    scenario.tasks.heldOut.perFamily = 0
    (scenario.policy.hiddenSize, scenario.policy.headDimension) = (32, 16)
    scenario.policy.intermediateSize = 64
    scenario.roles = ["solve"]
    (scenario.script.maximumStatements, scenario.script.maximumCalls) = (2, 3)
    scenario.executor.maximumTokens = 4
    // The cold start shows the form of an answer, and ends while executors are wrong half of the time. Half of the designs that
    // it shows let three executors vote.
    (scenario.coldStart.steps, scenario.coldStart.warmup, scenario.coldStart.learningRate) = (60, 5, 1e-2)
    scenario.coldStart.executor.shares = ["solve": 1]
    scenario.coldStart.executor.levels = ["arithmetic": [1]]
    scenario.coldStart.executor.finished = ["arithmetic": 0]
    scenario.coldStart.executor.batch = ["arithmetic": 16]
    scenario.coldStart.designer.batch = 2
    (scenario.coldStart.designer.chains, scenario.coldStart.designer.ensembles) = (["arithmetic": [1]], 12)
    (scenario.rollout.tasks, scenario.rollout.designs, scenario.rollout.executions) = (32, 4, 4)
    (scenario.credit.normalize, scenario.credit.negativeScale, scenario.credit.costPerCall) = (true, 0, 0.2)
    (scenario.stages.count, scenario.stages.executorSteps, scenario.stages.designerSteps) = (2, 40, 10)
    scenario.optimizer.executor = .init(learningRate: 1e-3, minibatches: 4, entropy: 0)
    scenario.optimizer.designer = .init(learningRate: 3e-3, minibatches: 1, entropy: 0)
    scenario.optimizer.anchor = 0.05
    return scenario
  }()

  /// The mean of a column over some steps.
  private func mean(_ column: String, _ rows: some Collection<MetricsRow>) throws -> Double {
    try rows.reduce(0) { try $0 + #require($1.values[column]) } / Double(rows.count)
  }

  /// Heavy tests run in release.
  private static var isRelease: Bool {
    #if DEBUG
      false
    #else
      true
    #endif
  }

  @Test(
    "P9: executors come to be right, and then the designer comes to make one call", .enabled(if: isRelease))
  func optimum() throws {
    let trainer = try Trainer(Self.scenario, threads: 2)
    var state = TrainerState(Self.scenario, trainer.configuration)
    for _ in 0..<Self.scenario.coldStart.steps { _ = try trainer.coldStep(&state) }
    let rows = try (0..<Self.scenario.stages.steps).map { _ in
      MetricsRow(try trainer.step(&state), of: Self.scenario)
    }
    let (executors, designer) = (rows.filter { $0.role == .executor }, rows.filter { $0.role == .designer })
    #expect(try mean("train.arithmetic", executors.prefix(3)) < 0.6)
    #expect(try mean("train.arithmetic", executors.suffix(3)) > 0.9)
    #expect(try mean("calls", executors) > 1.5)
    #expect(try mean("calls", designer.suffix(3)) < 1.1)
  }
}
