import Actors
import Messaging
import Policy
import Testing

@testable import Sim

/// Credit by forks through the whole path: episodes, forks, rewards, estimators.
@Suite("Forks of executions")
struct ForkRolloutTests {
  private static let scenario = {
    var scenario = Scenario()
    scenario.tasks.families = [.init("arithmetic")]
    scenario.tasks.heldOut.perFamily = 8
    scenario.script.maximumCalls = 12
    scenario.roles = ["step", "solve", "check"]
    return scenario
  }()
  private let source: TaskSource
  private let agents: AgentSetup
  private let credit = scenario.credit

  init() throws {
    source = try TaskSource(Self.scenario)
    agents = try AgentSetup(Self.scenario, families: source.families)
  }

  private func server(errors: Double) -> ScriptedServer {
    ScriptedServer(ScriptedPolicy(families: source.families, executor: .reference(errorRate: errors)))
  }

  /// Plays `script` on a few tasks, and its forks.
  private func rollout(
    _ script: String, _ asked: CreditForks?, errors: Double = 0.5, tasks: Int = 6, threads: Int = 1,
    _ wrap: @escaping @Sendable (any GenerationServer) -> any GenerationServer = { $0 }
  ) throws -> RolloutTree {
    var rollout = HierarchicalRollout(agents: agents, designs: 1, executions: 3, threads: threads)
    rollout.forks = asked
    return try rollout.run(
      source.trainingTasks(step: 0, count: tasks), name: "test", seed: 4,
      scripts: Array(repeating: script, count: tasks)
    ) { .both(wrap(server(errors: errors))) }
  }

  /// For each execution, its reward and the advantages of its calls.
  private func credits(
    _ estimator: some CreditEstimator, _ script: String, errors: Double = 0.5, tasks: Int = 6
  ) throws -> [(reward: Double, calls: [Double])] {
    let tree = try rollout(script, estimator.declaration.forks, errors: errors, tasks: tasks)
    let rewards = tree.rewards(credit)
    let advantages = try estimator.advantages(of: rewards)
    for law in CreditLaw.allCases {
      let example = CreditLaw.Case(
        tree: rewards, shift: 0.5, siblings: .executions(0, 1, ofDesign: 0, ofTask: 1),
        replacement: rewards.tasks[0])
      #expect(law.holds(for: estimator, on: example), "\(law)")
    }
    return zip(rewards.tasks, advantages.tasks).flatMap { task, designs in
      zip(task.designs[0].executions, designs[0].calls).map { (reward: $0, calls: $1) }
    }
  }

  private static let estimators: [any CreditEstimator] = [
    Counterfactual(), Counterfactual(draws: 3), Counterfactual(baseline: .handOn),
    Counterfactual(baseline: .role("solve")), LeaveOneOutCall(), Shapley(),
    Shapley(exactCalls: 1, permutations: 3),
  ]

  @Test(
    "P9: a call whose output cannot reach the answer has a credit of exactly 0, by every estimator",
    arguments: estimators.indices)
  func idle(index: Int) throws {
    let script = "a = agent step(task);\nb = agent solve(task);\nc = agent step(b);\nanswer b"
    let credits = try credits(Self.estimators[index], script)
    #expect(credits.count == 18 && Set(credits.map(\.reward)) == [0, 1])
    #expect(credits.allSatisfy { $0.calls.count == 3 && $0.calls[0] == 0 && $0.calls[2] == 0 })
    // A solver that is replaced by another solver under the same seed is replaced by itself.
    let isSame = Self.estimators[index] as? Counterfactual == Counterfactual(baseline: .role("solve"))
    #expect(credits.contains { $0.calls[1] != 0 } != isSame)
  }

  @Test("P9: if nobody errs, the only call that matters has the whole reward, in every way to replace it")
  func all() throws {
    let script = "a = agent step(task);\nb = agent solve(a);\nanswer b"
    for estimator in [Counterfactual(baseline: .handOn), Counterfactual(baseline: .role("step"))] {
      let credits = try credits(estimator, script, errors: 0)
      // Without the first step, the solver still solves; without the solver there is no answer.
      #expect(credits.allSatisfy { $0.reward == 1 })
      #expect(credits.allSatisfy { $0.calls[1] == 1 })
    }
    #expect(try credits(LeaveOneOutCall(), script, errors: 0).allSatisfy { $0.calls == [0, 1] })
    #expect(try credits(Shapley(), script, errors: 0).allSatisfy { $0.calls == [0, 1] })
    // A policy that always says the same makes no difference by saying it again.
    #expect(try credits(Counterfactual(draws: 2), script, errors: 0).allSatisfy { $0.calls == [0, 0] })
  }

  @Test(
    "P9: Shapley values share the reward among copies of a vote, where leaving one out gives them nothing")
  func vote() throws {
    let script = "a = ensemble 3 solve(task) by majority;\nanswer a"
    let shapley = try credits(Shapley(), script, errors: 0)
    #expect(shapley.allSatisfy { $0.calls.allSatisfy { abs($0 - 1.0 / 3) < 1e-12 } })
    #expect(try credits(LeaveOneOutCall(), script, errors: 0).allSatisfy { $0.calls == [0, 0, 0] })
    // With errors, they sum to the reward, because nothing is earned if all are handed on.
    for credit in try credits(Shapley(), script) {
      #expect(abs(credit.calls.reduce(0, +) - credit.reward) < 1e-12)
    }
  }

  @Test("more calls than are exact are sampled: values sum to the reward, and their error is reported")
  func sampled() throws {
    let script = "a = agent step(task);\nb = ensemble 8 solve(a) by majority;\nanswer b"
    let estimator = Shapley(permutations: 4)
    let tree = try rollout(script, estimator.declaration.forks)
    let rewards = tree.rewards(credit)
    let advantages = try estimator.advantages(of: rewards)
    for (task, designs) in zip(rewards.tasks, advantages.tasks) {
      for (execution, calls) in designs[0].calls.enumerated() {
        let forks = task.designs[0].forks[execution]
        #expect(forks.orders.count == 4 && forks.played.count <= 4 * 8 + 1)
        #expect(abs(calls.reduce(0, +) - task.designs[0].executions[execution]) < 1e-12)
      }
    }
    #expect(try #require(rewards.sampledCreditError) > 0)
    #expect(
      try rollout(script, Shapley(exactCalls: 9).declaration.forks, tasks: 1).rewards(credit)
        .sampledCreditError == nil)
    // The orders of one execution are not those of another.
    #expect(Set(rewards.tasks.map { $0.designs[0].forks[0].orders }).count > 1)
  }

  @Test("sampled values come near to the exact ones as orders are added, within four standard errors")
  func converges() throws {
    let script = "a = agent step(task);\nb = ensemble 3 solve(a) by majority;\nanswer b"
    let (exact, sampled) = (Shapley(), Shapley(exactCalls: 0, permutations: 200))
    let truth = try exact.advantages(of: rollout(script, exact.declaration.forks).rewards(credit))
    let rewards = try rollout(script, sampled.declaration.forks).rewards(credit)
    for (task, designs) in zip(rewards.tasks, truth.tasks) {
      for (execution, calls) in designs[0].calls.enumerated() {
        let estimates = try Shapley.estimates(
          reward: task.designs[0].executions[execution], calls: calls.count,
          forks: task.designs[0].forks[execution])
        for (estimate, value) in zip(estimates, calls) {
          #expect(abs(estimate.value - value) <= 4 * estimate.standardError + 1e-12)
        }
      }
    }
  }

  @Test("a call that is handed on is no format error, and leaves the work as it was")
  func handedOn() throws {
    let script = "a = agent step(task);\nb = agent solve(a);\nanswer b"
    let tree = try rollout(script, .coalitions(exactCalls: 8, permutations: 2))
    for execution in tree.executions {
      let forks = try #require(execution.forks)
      #expect(forks.played.map(\.replaced) == [[0], [1], [0, 1]])
      let nothing = try #require(forks.played.last).outcome
      #expect(nothing.answer == nil && nothing.formatErrors == 0 && !nothing.success)
      #expect(nothing.calls.map(\.fault) == [.timedOut, .timedOut] && nothing.calls.map(\.tokens) == [0, 0])
    }
  }

  @Test("P1: forks do not depend on the number of threads, and executions do not depend on forks")
  func threads() throws {
    let script = "a = agent step(task);\nb = ensemble 2 solve(a) by majority;\nanswer b"
    for asked in [
      Shapley().declaration.forks, .eachCall(.redraw, draws: 2), .eachCall(.role("step"), draws: 1),
    ] {
      let one = try rollout(script, asked)
      #expect(one.executions.allSatisfy { $0.forks?.played.isEmpty == false })
      for threads in [2, 3] {
        let other = try rollout(script, asked, threads: threads)
        #expect(other.executions.map(\.forks) == one.executions.map(\.forks))
        #expect(other.forkCost == one.forkCost)
      }
      #expect(try rollout(script, nil).records == one.records)
    }
  }

  /// A server that counts its questions.
  private final class Counted: GenerationServer {
    private let server: any GenerationServer
    private(set) var statistics = Decoder.Statistics()

    init(_ server: any GenerationServer) { self.server = server }

    func submit(_ request: GenerationRequest) throws -> Int {
      statistics.steps += 1
      return try server.submit(request)
    }

    func step() throws -> [Decoder.Update] { try server.step() }
  }

  @Test("P4: what forks share with their execution and with each other is generated once, and counted apart")
  func shared() throws {
    let script = "a = agent step(task);\nb = agent solve(a);\nanswer b"
    // In one fork the first call is handed on, and the second has another question; in the other fork the first call
    // has the answer of the execution, and the second is handed on.
    let tree = try rollout(script, LeaveOneOutCall().declaration.forks, errors: 0) { Counted($0) }
    #expect(tree.forkCost.forks == 36 && tree.forkCost.calls == 36 && tree.forkCost.generations == 18)
    #expect(tree.generation.steps == 36 + 18)
    #expect(tree.forkCost.tokens > 0 && tree.generatedTokens > tree.forkCost.tokens)
    // Of the four sets of two calls, two ask the second call something that nobody asked before.
    let coalitions = try rollout(script, Shapley().declaration.forks, errors: 0) { Counted($0) }
    #expect(coalitions.forkCost.forks == 54 && coalitions.forkCost.generations == 18)
    // A call that is drawn again costs its own draw, and what follows only if the draw differs.
    let drawn = try rollout(script, .eachCall(.redraw, draws: 1), errors: 0) { Counted($0) }
    #expect(drawn.forkCost.generations == 36 && drawn.forkCost.calls == 72)
  }

  @Test("P4: forks whose generations are kept are those whose generations are made again, each time")
  func recomputed() throws {
    let script = "a = agent step(task);\nb = ensemble 2 solve(a) by majority;\nanswer b"
    for asked: CreditForks in [
      .eachCall(.redraw, draws: 2), .eachCall(.role("step"), draws: 1),
      .coalitions(exactCalls: 8, permutations: 2),
    ] {
      let kept = try rollout(script, asked)
      let originals = try kept.tasks.flatMap { task in
        let design = try EpisodeHistory(EpisodeRecord(encoded: task.designs[0].record))
        return try task.designs[0].executions.map { execution in
          let record = try EpisodeRecord(encoded: execution.record)
          return ForkRollout.Original(
            id: execution.id, seed: record.seed, start: EpisodeStart(task: task.instance, script: script),
            design: design, record: record, calls: execution.transcript.outcome.calls)
        }
      }
      // This server keeps nothing.
      let server = Counted(server(errors: 0.5))
      let driver = EpisodeDriver(designer: server, executor: server)
      let again = try ForkRollout(agents: agents, asked: asked, driver: driver).play(originals)
      #expect(again == kept.executions.map(\.forks))
      #expect(server.statistics.steps == kept.forkCost.calls)
      #expect(server.statistics.steps > kept.forkCost.generations)
    }
  }

  @Test(
    "P5: each estimator trains from a scenario, on-policy to the bit, and says what its forks cost",
    arguments: [
      "estimator: 'counterfactual', draws: 2", "estimator: 'counterfactual', baseline: 'handOn'",
      "estimator: 'counterfactual', baseline: 'solve'", "estimator: 'leaveoneout'", "estimator: 'shapley'",
    ])
  func trains(settings: String) throws {
    let text = "{ credit: { \(settings) } }"
    let credit = try Scenario(json5: text).credit
    func step(threads: Int) throws -> (MetricsRow, TrainerState) {
      let scenario = TrainerTests.scenario {
        ($0.credit, $0.rollout.executions) = (credit, 1)
        $0.credit.formatPenalty = 1
      }
      let trainer = try Trainer(scenario, threads: threads)
      var state = TrainerState(scenario, trainer.configuration)
      let row = MetricsRow(try trainer.step(&state), of: scenario)
      return (row, state)
    }
    let (row, state) = try step(threads: 1)
    let other = try step(threads: 2)
    #expect(other.0 == row && other.1 == state)
    let values = row.values
    #expect(try #require(values["forks"]) > 0 && #require(values["generated_tokens"]) > 0)
    // Outputs of this policy are malformed in every role, so that another role makes no difference.
    let isLearned = !settings.contains("'solve'")
    #expect((try #require(values["sequences"]) > 0) == isLearned)
    #expect(values[MetricsTable.Column.gap] == (isLearned ? 0 : nil))
  }

  @Test("executors that do not learn are not forked, and nothing is learned of them")
  func frozen() throws {
    var scenario = TrainerTests.scenario { $0.stages.first = .designer }
    scenario.credit.estimator = "shapley"
    let trainer = try Trainer(scenario, threads: 1)
    let tree = try trainer.rollOut(TrainerState(scenario, trainer.configuration))
    #expect(tree.forkCost == .init() && tree.executions.allSatisfy { $0.forks == nil })
    let advantages = try Shapley().advantages(of: tree.rewards(scenario.credit))
    #expect(advantages.executors.joined().joined().joined().allSatisfy { $0 == 0 })
  }

  @Test("P9: a malformed output costs its own call the penalty, and no other")
  func malformed() throws {
    let script = "a = agent step(task);\nb = agent solve(a);\nanswer b"
    var rollout = HierarchicalRollout(agents: agents, designs: 1, executions: 1)
    let policy = ScriptedPolicy(families: source.families, executor: .texts(["step": "ok", "solve": "no"]))
    for estimator in [Counterfactual(baseline: .handOn), LeaveOneOutCall(), Shapley()]
      as [any CreditEstimator]
    {
      rollout.forks = estimator.declaration.forks
      let tree = try rollout.run(
        source.trainingTasks(step: 0, count: 2), name: "test", seed: 4, scripts: [script, script]
      ) { .both(ScriptedServer(policy)) }
      let rewards = tree.rewards(credit)
      #expect(rewards.tasks[0].designs[0].executions == [-0.2])
      for calls in try estimator.advantages(of: rewards).tasks.map({ $0[0].calls[0] }) {
        #expect(calls.allSatisfy { abs($0 + 0.1) < 1e-12 })
      }
    }
  }

  @Test("draws of one call differ from each other, and from the execution's own")
  func draws() throws {
    let tree = try rollout("a = agent solve(task);\nanswer a", .eachCall(.redraw, draws: 2))
    let answers = tree.executions.map { execution in
      [execution.transcript.outcome.answer] + (execution.forks?.played ?? []).map(\.outcome.answer)
    }
    #expect(answers.allSatisfy { $0.count == 3 })
    for (one, other) in [(0, 1), (0, 2), (1, 2)] { #expect(answers.contains { $0[one] != $0[other] }) }
  }

  @Test("the standard error is that of a mean of differences, worked by hand")
  func standardError() throws {
    // In one order the first call adds 1 to nothing, in the other it adds 0 to the second.
    let forks = RewardTree.Forks(
      played: [
        .init(replaced: [0, 1], reward: 0), .init(replaced: [1], reward: 1), .init(replaced: [0], reward: 3),
      ], orders: [[0, 1], [1, 0]])
    let estimates = try Shapley.estimates(reward: 3, calls: 2, forks: forks)
    // Differences 1 and 0 have the deviation √½ as a sample, and their mean half of that variance.
    #expect(estimates.map(\.value) == [0.5, 2.5])
    #expect(estimates.allSatisfy { abs($0.standardError - 0.5) < 1e-12 })
  }

  @Test("a scenario's settings are those of its estimator")
  func settings() throws {
    func estimator(_ settings: String) throws -> any CreditEstimator {
      try Registry().estimator(of: Scenario(json5: "{ credit: { \(settings) } }"))
    }
    #expect(try estimator("estimator: 'counterfactual'") as? Counterfactual == Counterfactual())
    #expect(
      try estimator("estimator: 'counterfactual', draws: 3") as? Counterfactual == Counterfactual(draws: 3))
    #expect(
      try estimator("estimator: 'counterfactual', baseline: 'handOn'") as? Counterfactual
        == Counterfactual(baseline: .handOn))
    #expect(
      try estimator("estimator: 'counterfactual', baseline: 'step'") as? Counterfactual
        == Counterfactual(baseline: .role("step")))
    #expect(try estimator("estimator: 'leaveoneout'") is LeaveOneOutCall)
    #expect(
      try estimator("estimator: 'shapley', permutations: 5") as? Shapley
        == Shapley(exactCalls: 8, permutations: 5))
  }

  @Test("P3: `troupe fork --hand-on` plays the fork of credit, from the log alone")
  func logged() throws {
    let script = "a = agent step(task);\nb = agent solve(a);\nanswer b"
    let tree = try rollout(script, LeaveOneOutCall().declaration.forks, errors: 0.3)
    let setup = try EpisodeSetup(Self.scenario)
    for task in tree.tasks {
      let design = try EpisodeHistory(EpisodeRecord(encoded: task.designs[0].record))
      for execution in task.designs[0].executions {
        let record = try EpisodeRecord(encoded: execution.record)
        let history = try EpisodeHistory(record, of: design)
        let completions = history.events.filter { $0.kind == .completion && $0.name == PolicyCall.kind }
        for (fork, event) in zip(try #require(execution.forks).played, completions) {
          let player = ForkPlayer(setup: setup, history: history, event: event.number)
          let played = try player.play(
            0, seed: record.seed, replacing: player.handOn(), servers: .both(server(errors: 0.3)))
          guard case .finished(let result) = played.status else { throw RolloutError.unknownCall("") }
          #expect(try Outcome(encoded: result) == fork.outcome)
        }
        #expect(throws: ForkError.self) { try ForkPlayer(setup: setup, history: history, event: 0).handOn() }
      }
    }
  }

  @Test("a tree without a fork that the estimator needs is an error with its calls")
  func missing() throws {
    let calls = (0..<2).map { RewardTree.Call(role: "solve", place: CallID(statement: $0, index: 0)) }
    let forks = RewardTree.Forks(played: [.init(replaced: [0], reward: 0)])
    let tree = RewardTree([.init([.init(reward: 1, executions: [1], calls: [calls], forks: [forks])])])
    #expect(throws: MissingFork(replaced: [1])) { try LeaveOneOutCall().advantages(of: tree) }
    #expect(throws: MissingFork(replaced: [0, 1])) { try Shapley().advantages(of: tree) }
  }
}
