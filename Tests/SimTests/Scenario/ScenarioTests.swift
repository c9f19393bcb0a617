import Foundation
import PropertyTesting
import Sim
import Testing

@Suite("Scenarios")
struct ScenarioTests {
  static let full = """
    // A scenario that gives every section.
    {
      name: 'everything', seed: 18446744073709551615, strategy: "random",
      tasks: {
        families: [
          { name: "arithmetic", levels: [2, 4], weight: 2, largest: 19 },
          { name: "synthesis", levels: 2 },
        ],
        heldOut: { perFamily: 300, seed: 9 },
      },
      policy: { preset: "micro" },
      roles: ["step", "solve", "check"], tools: ["run"],
      script: { maximumStatements: 6, maximumCalls: 7, maximumTokens: 80 },
      executor: { maximumTokens: 40 },
      latency: { perToken: 0.3, tool: 0.05 },
      coldStart: { steps: 10, learningRate: 2e-3, warmup: 2, finalRate: 0.2, weightDecay: 0,
        designer: { batch: 4, chains: { arithmetic: [2, 1] }, ensembles: 0 },
        executor: { batch: { arithmetic: 8 }, levels: { arithmetic: [1, 0.5] }, shares: { step: 2, solve: 1 },
          finished: { synthesis: 0.1 } } },
      rollout: { tasks: 2, designs: 3, executions: 5, temperature: 0.9 },
      credit: { estimator: "grpo", normalize: true, executorGrouping: "design" },
      stages: { first: "designer", count: 4, executorSteps: 2, designerSteps: 3, freeze: "hard" },
      exploration: { prior: 0.2, finalPrior: 0.02, designs: 8, executions: 2 },
      optimizer: { executor: { learningRate: 1e-4 }, clipHigh: 0.28, clipNorm: null },
      evaluation: { every: 3, tasks: 16 }, checkpoints: { every: 5 },
      agents: [
        { name: "asker", lines: [{ say: "2+2", to: "solver" }, { on: "4", say: "4", reward: 1 }] },
        { name: "solver", lines: [{ on: "2+2", after: 1.5, say: "4", to: "asker" }] },
      ],
      timeline: [{ at: 0.5, do: "drop", from: "solver", to: "asker", nth: 1 }],
      expect: [
        { kind: "answerWithin", seconds: 20 },
        { kind: "maximumMessages", agent: "solver", count: 5 },
        { kind: "rewardAtLeast", value: 0.5 },
      ],
    }
    """

  @Test("every section is read")
  func everySection() throws {
    let scenario = try Scenario(json5: Self.full)
    #expect(scenario.seed == .max)
    #expect(scenario.tasks.families.map(\.name) == ["arithmetic", "synthesis"])
    #expect(scenario.tasks.families[0].options == ["largest": 19])
    #expect(scenario.tasks.families[1].levels == 2...2)
    #expect(scenario.policy == Scenario.PolicyShape(.micro))
    #expect(scenario.latency.perToken == .milliseconds(300))
    #expect(scenario.coldStart.executor.levels == ["arithmetic": [1, 0.5]])
    #expect(scenario.stages.steps == 10)
    #expect(scenario.optimizer.executor == .init(learningRate: 1e-4, minibatches: 1, entropy: 0))
    #expect(scenario.optimizer.designer.entropy == 0.01)
    #expect(scenario.optimizer.clipNorm == nil)
    #expect(scenario.agents[1].lines[0].after == .milliseconds(1_500))
    #expect(scenario.timeline[0].from == "solver")
    #expect(scenario.expect.map(\.kind) == [.answerWithin, .maximumMessages, .rewardAtLeast])
    let estimator = try Registry().estimator(of: scenario) as? GRPO
    #expect(estimator == GRPO(normalize: true, executorGrouping: .design))
  }

  @Test("canonical text reads back as the same scenario, with the same digest")
  func roundTrip() throws {
    for scenario in [try Scenario(json5: Self.full), Scenario(), try Scenario(json5: "{}")] {
      let again = try Scenario(json5: scenario.canonicalText)
      #expect(again == scenario)
      #expect(again.canonicalText == scenario.canonicalText)
      #expect(again.digest == scenario.digest)
    }
    #expect(try Scenario(json5: "{}") == Scenario())
  }

  @Test("the digest ignores comments and spelled-out defaults, and notices every other change")
  func digest() throws {
    let plain = try Scenario(json5: "{rollout: {designs: 4}}")
    #expect(try Scenario(json5: "/* x */ {}").digest == plain.digest)
    #expect(try Scenario(json5: "{rollout: {designs: 5}}").digest != plain.digest)
  }

  @Test("any learning rate and latency survives the canonical text to the bit")
  func numbers() {
    let rate = Generator.double(in: 1e-9...1)
    forAll("round-trips", .zip(rate, .integer(in: 1...1_000_000_000_000_000))) { rate, nanoseconds in
      var scenario = Scenario()
      scenario.coldStart.learningRate = rate
      scenario.latency.perToken = .nanoseconds(nanoseconds)
      return try scenario.validated() == scenario
    }
  }

  @Test("a scenario built in Swift is checked like a file")
  func built() {
    var scenario = Scenario()
    scenario.rollout.designs = 0
    #expect(throws: ScenarioError.self) { try scenario.validated() }
  }

  @Test("stages alternate from the first role")
  func stages() {
    var stages = Scenario.Stages()
    (stages.executorSteps, stages.designerSteps) = (3, 2)
    let stageOfStep = (0..<8).map { stages.stage(ofStep: $0) }
    #expect(stageOfStep == [0, 0, 0, 1, 1, 2, 2, 2])
    #expect(
      stageOfStep.map { stages.role(ofStage: $0) }.prefix(6) == [
        .executor, .executor, .executor, .designer, .designer, .executor,
      ])
    #expect((0..<8).filter { stages.isStart($0) } == [0, 3, 5])
  }

  @Test("a program's own families, roles and tools are known once it names them")
  func ownCatalogue() throws {
    var catalogue = ScenarioCatalogue.stock
    catalogue.families.append(.init("chess", levels: 1...3, options: [.init("pieces", 4, in: 2...32)]))
    let text = "{tasks: {families: [{name: 'chess', levels: [1, 3], pieces: 6}]}}"
    let scenario = try Scenario(json5: text, catalogue: catalogue)
    #expect(scenario.tasks.families[0].options == ["pieces": 6])
    #expect(throws: ScenarioError.self) { try Scenario(json5: text) }
  }
}
