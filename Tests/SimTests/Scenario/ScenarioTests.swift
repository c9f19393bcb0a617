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
          { name: "arithmetic", levels: [1, 4], weight: 2, operands: 5 },
          { name: "synthesis", levels: 2 },
        ],
        heldOut: { perFamily: 300 },
      },
      policy: { preset: "micro" },
      roles: ["step", "solve", "check"], tools: ["run"],
      script: { maximumStatements: 6, maximumCalls: 7, maximumTokens: 80 },
      executor: { maximumTokens: 40 },
      latency: { perToken: 0.3, tool: 0.05 },
      coldStart: { steps: 10, batch: 8, learningRate: 2e-3, warmup: 2, designer: { chain: 2, vote: 1 },
        executor: { levels: { arithmetic: [1, 2] }, shares: { step: 2, solve: 1 } } },
      rollout: { tasks: 2, designs: 3, executions: 5, temperature: 0.9 },
      credit: { estimator: "grpo", normalize: true, executorGrouping: "design" },
      stages: { first: "designer", stepsPerStage: 3, steps: 12 },
      optimizer: { executor: { learningRate: 1e-4 }, clipHigh: 0.28, clipNorm: null },
      evaluation: { every: 3, episodes: 16, temperature: 0 },
      agents: [
        { name: "asker", lines: [{ say: "2+2", to: "solver" }, { on: "4", say: "4", reward: 1 }] },
        { name: "solver", lines: [{ on: "2+2", after: 1.5, say: "4", to: "asker" }] },
      ],
      faults: [{ at: 0.5, kind: "drop", from: "solver", to: "asker", nth: 1 }],
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
    #expect(scenario.tasks.families[0].options["operands"] == 5)
    #expect(scenario.tasks.families[1].levels == 2...2)
    #expect(scenario.policy == Scenario.PolicyShape(.micro))
    #expect(scenario.latency.perToken == .milliseconds(300))
    #expect(scenario.coldStart.executor.levels == ["arithmetic": 1...2])
    #expect(scenario.optimizer.executor == .init(learningRate: 1e-4, minibatches: 3, entropy: 0))
    #expect(scenario.optimizer.designer.entropy == 0.02)
    #expect(scenario.optimizer.clipNorm == nil)
    #expect(scenario.agents[1].lines[0].after == .milliseconds(1_500))
    #expect(scenario.faults[0].from == "solver")
    #expect(scenario.expect.map(\.kind) == [.answerWithin, .maximumMessages, .rewardAtLeast])
    let estimator = scenario.credit.creditEstimator as? GRPO
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
    let stages = Scenario.Stages()
    let roles = [0, 29, 30, 60].map { stages.role(ofStage: stages.stage(ofStep: $0)) }
    #expect(roles == [.executor, .executor, .designer, .executor])
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
