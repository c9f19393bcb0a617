import Actors
import Messaging
import Policy
import Testing

@testable import Sim

/// What each statement of a script makes the design worth, down to the designer's tokens.
@Suite("Credit of spans")
struct SpanCreditTests {
  private static let script = "a = agent step(task);\nb = ensemble 3 solve(task) by majority;\nanswer b"
  private static let scenario = {
    var scenario = Scenario()
    scenario.tasks.families = [.init("arithmetic")]
    scenario.tasks.heldOut.perFamily = 8
    scenario.credit.spans = 0.5
    return scenario
  }()
  private let source: TaskSource
  private let agents: AgentSetup

  init() throws {
    source = try TaskSource(Self.scenario)
    agents = try AgentSetup(Self.scenario, families: source.families)
  }

  private func rollout(_ script: String, errors: Double, threads: Int = 1) throws -> RolloutTree {
    var rollout = HierarchicalRollout(agents: agents, designs: 1, executions: 4, threads: threads)
    rollout.deletesStatements = true
    return try rollout.run(source.trainingTasks(step: 0, count: 5), name: "test", seed: 4) {
      .both(
        ScriptedServer(
          ScriptedPolicy(
            families: source.families, designer: .text(script), executor: .reference(errorRate: errors))))
    }
  }

  @Test("each token belongs to the statement that ends with the next `;`, and the answer's to none")
  func spans() throws {
    let tokenizer = agents.tokenizer
    let tokens = try tokenizer.encode("a = agent step ( task ) ; b = agent solve ( a ) ; answer b")
    let spans = StatementSpans(tokenizer).statements(of: tokens + [tokenizer.endToken])
    #expect(spans == Array(repeating: 0, count: 8) + Array(repeating: 1, count: 8) + [nil, nil, nil])
    #expect(StatementSpans(tokenizer).statements(of: try tokenizer.encode("answer a")) == [nil, nil])
  }

  @Test("P9: an idle statement is worth minus its cost, and the one that answers all but the other's cost")
  func worth() throws {
    let credit = Self.scenario.credit
    for design in try rollout(Self.script, errors: 0).tasks.map({ $0.designs[0] }) {
      let found = design.statementCredit(credit)
      #expect(found.count == 2)
      #expect(abs(try #require(found[0]) + credit.costPerCall) < 1e-12)
      // All three copies are gone together, where each of them alone would not be missed.
      #expect(abs(try #require(found[1]) - (1 - 4 * credit.costPerCall)) < 1e-12)
    }
  }

  @Test("P3: without a statement, an execution is that of the script in which its readers read what it read")
  func edited() throws {
    let script = "a = agent step(task);\nb = agent step(a);\nc = agent solve(b);\nanswer c"
    for task in try rollout(script, errors: 0).tasks {
      for execution in task.designs[0].executions {
        let answers = execution.deletions.map(\.outcome.answer)
        #expect(execution.deletions.map(\.statement) == [0, 1, 2])
        for (answer, edited) in zip(
          answers,
          [
            "a = agent step(task);\nb = agent solve(a);\nanswer b",
            "a = agent step(task);\nb = agent solve(a);\nanswer b",
            "a = agent step(task);\nb = agent step(a);\nanswer b",
          ])
        {
          // Where nobody errs, draws do not matter, and the names of actors neither.
          var rollout = HierarchicalRollout(agents: agents, designs: 1, executions: 1)
          rollout.deletesStatements = false
          let tree = try rollout.run([task.instance], name: "edited", seed: 1, scripts: [edited]) {
            .both(ScriptedServer(ScriptedPolicy(families: source.families)))
          }
          #expect(tree.executions[0].transcript.outcome.answer == answer)
        }
      }
    }
  }

  @Test("P9: the tokens of a statement have the design's advantage and the weight of what it is worth")
  func tokens() throws {
    let tree = try rollout(Self.script, errors: 0.4)
    let batch = RoleBatch(tree, Self.scenario, mask: agents.mask, spans: StatementSpans(agents.tokenizer))
    let advantages = Advantages(
      tree.tasks.indices.map { [.init(designer: Double($0) - 2, executions: [0, 0, 0, 0])] })
    let sequences = batch.sequences(of: .designer, advantages: advantages)
    #expect(sequences.count == 5)
    for (task, sequence) in sequences.enumerated() {
      let design = tree.tasks[task].designs[0]
      let credit = design.statementCredit(Self.scenario.credit)
      let tokens = try #require(design.turn).generation.tokens
      let expected = StatementSpans(agents.tokenizer).statements(of: tokens).map {
        Float(Double(task) - 2 + 0.5 * ($0.flatMap { credit[$0] } ?? 0))
      }
      #expect(sequence.advantages == expected && Set(expected).count >= 2)
    }
    var plain = Self.scenario
    plain.credit.spans = 0
    let without = RoleBatch(tree, plain, mask: agents.mask, spans: StatementSpans(agents.tokenizer))
    // A design with the advantage 0 is not learned from, unless its statements have credit.
    #expect(without.sequences(of: .designer, advantages: advantages).count == 4)
    #expect(without.sequences(of: .designer, advantages: advantages).allSatisfy { $0.advantages == nil })
  }

  @Test("P1: deletions do not depend on the number of threads, and executions do not depend on them")
  func threads() throws {
    let one = try rollout(Self.script, errors: 0.4)
    let other = try rollout(Self.script, errors: 0.4, threads: 3)
    #expect(one.executions.map(\.deletions) == other.executions.map(\.deletions))
    #expect(one.records == other.records && one.forkCost == other.forkCost)
    #expect(one.forkCost.forks == 40 && one.forkCost.generations == 0)
  }

  @Test("a gradient with an advantage a token is that of the tokens, each with its own")
  func gradient() throws {
    let begun = try TrainerTests.Begun(TrainerTests.scenario { $0.stages.first = .designer })
    let batch = RoleBatch(begun.tree, begun.trainer.scenario, mask: begun.trainer.agents.mask)
    var sequence = try #require(batch.calls(of: .designer).first)
    sequence.objective = .clippedSurrogate(advantage: 2, clipLow: 0.2, clipHigh: 0.2, entropy: 0)
    let model = begun.trainer.model(begun.state.models.weights(of: .designer))
    func gradient(_ advantages: [Float]?) throws -> [Float] {
      var sequence = sequence
      sequence.advantages = advantages
      return try begun.trainer.engine.gradient(of: [sequence], model: model).gradient
    }
    let count = sequence.completionCount
    let whole = try gradient(nil)
    #expect(try gradient(Array(repeating: 2, count: count)) == whole)
    let first = try gradient((0..<count).map { $0 < count / 2 ? 2 : 0 })
    let second = try gradient((0..<count).map { $0 < count / 2 ? 0 : 2 })
    let greatest = whole.map(abs).max() ?? 0
    let worst = zip(zip(first, second), whole).map { abs($0.0 + $0.1 - $1) }.max() ?? 1
    #expect(worst < 1e-4 * greatest && first != second && greatest > 0)
  }

  @Test("P5: a designer learns from spans, on-policy to the bit, and executors that learn are not edited")
  func trains() throws {
    func step(_ spans: Double, _ role: Scenario.Stages.Role, threads: Int = 1) throws -> (
      MetricsRow, TrainerState
    ) {
      // The format of executors' outputs does not matter to designers; any call costs a success.
      let scenario = TrainerTests.scenario {
        ($0.stages.first, $0.credit.spans) = (role, spans)
        ($0.rollout.designs, $0.coldStart.steps, $0.coldStart.warmup) = (2, 40, 5)
        $0.tasks.families = [.init("arithmetic")]
      }
      let trainer = try Trainer(scenario, threads: threads)
      var state = TrainerState(scenario, trainer.configuration)
      for _ in 0..<scenario.coldStart.steps { _ = try trainer.coldStep(&state) }
      return (MetricsRow(try trainer.step(&state), of: scenario), state)
    }
    let one = try step(1, .designer)
    let two = try step(1, .designer, threads: 2)
    #expect(one.0 == two.0 && one.1 == two.1)
    #expect(try #require(one.0.values["forks"]) > 0)
    #expect([nil, 0].contains(one.0.values[MetricsTable.Column.gap]))
    #expect(try step(1, .executor).0.values["forks"] == 0 && step(0, .designer).0.values["forks"] == 0)
  }
}
