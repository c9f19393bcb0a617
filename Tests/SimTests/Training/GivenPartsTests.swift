import Actors
import Foundation
import Messaging
import Policy
import Testing

@testable import Sim

/// What a scenario can give in place of what a run would make by itself: scripts, and the cold start.
///
/// Tests that train whole runs are left to the release build.
@Suite("Given scripts and cold starts")
struct GivenPartsTests {
  private let directory: StudyTests.Directory

  init() throws { directory = try StudyTests.Directory() }

  private static let chain = "a = agent step(task); b = agent solve(a); answer b"

  private func scenario(_ change: (inout Scenario) -> Void = { _ in }) throws -> Scenario {
    var scenario = try Scenario(json5: StudyTests.scenario)
    change(&scenario)
    return scenario
  }

  private func train(_ scenario: Scenario, _ name: String, coldStart: RoleWeights? = nil) throws
    -> RunDirectory
  {
    let place = RunDirectory(directory.url.appending(path: name))
    _ = try TrainingRun(scenario, Registry(), in: place, threads: 1, after: coldStart).train { _ in }
    return place
  }

  @Test("a family with a script asks no designer, in training and in evaluations")
  func scripts() throws {
    let scenario = try scenario { $0.rollout.scripts = ["arithmetic": Self.chain] }
    let trainer = try Trainer(scenario, threads: 1)
    var state = TrainerState(scenario, trainer.configuration)
    for _ in 0..<scenario.coldStart.steps { _ = try trainer.coldStep(&state) }
    let step = try trainer.step(&state)
    let designs = step.tree.tasks.flatMap(\.designs)
    #expect(designs.count == 8 && designs.allSatisfy { $0.turn == nil })
    #expect(step.tree.executions.allSatisfy { $0.transcript.outcome.calls.map(\.role) == ["step", "solve"] })

    let evaluator = Evaluator(scenario, tasks: trainer.tasks, threads: 1)
    let models = trainer.models(state.models)
    let players = Evaluator.Players("p", designer: models.designer, executor: models.executor)
    let (row, tree) = try #require(try evaluator.evaluate(players, temperature: 1).first)
    #expect(tree.tasks.allSatisfy { $0.designs[0].turn == nil })
    #expect(row.episodes == 8 && row.calls == 16 && row.tokens >= 16)
    let counts = DesignCount.counts(of: tree, row)
    #expect(counts.map(\.level) == [2, 3] && counts.reduce(0) { $0 + $1.tasks } == 8)
    #expect(counts.reduce(0) { $0 + $1.successes } == row.successes)
    #expect(counts.allSatisfy { DesignCount.oneLine($0.script) == Self.chain && $0.policy == "p" })
    // The script that is asked for by hand goes before the scenario's.
    let solve = ["arithmetic": "a = agent solve(task); answer a"]
    #expect(try evaluator.evaluate(players, temperature: 1, scripts: solve).first?.row.calls == 8)
  }

  @Test(
    "a run that starts from another's cold start ends in its bytes, however it was given",
    .enabled(if: CreditTable.isRelease))
  func coldStart() throws {
    let whole = try train(scenario(), "whole")
    let weights = try Checkpoint.readWeights(whole.coldPolicy)
    let taken = try train(scenario(), "taken", coldStart: RoleWeights(weights))
    let from = try train(scenario { $0.coldStart.from = whole.coldPolicy.path }, "from")
    for other in [taken, from] {
      for file in [\RunDirectory.metrics, \.evaluation, \.outcomes, \.designs] {
        #expect(try Data(contentsOf: other[keyPath: file]) == Data(contentsOf: whole[keyPath: file]))
      }
      for policy in [\RunDirectory.policy, \.coldPolicy] {
        let name = "model.safetensors"
        #expect(
          try Data(contentsOf: other[keyPath: policy].appending(path: name))
            == Data(contentsOf: whole[keyPath: policy].appending(path: name)))
      }
    }
    // The checkpoints are the same as well, so that a run does not depend on who had the cold start (P6).
    func checkpoint(_ run: RunDirectory) throws -> [String: Data] {
      let place = run.checkpoints.appending(path: try #require(RunCheckpoint.names(run.checkpoints).max()))
      var files: [String: Data] = [:]
      for name in try FileManager.default.subpathsOfDirectory(atPath: place.path) {
        files[name] = FileManager.default.contents(atPath: place.appending(path: name).path)
      }
      return files
    }
    #expect(try checkpoint(taken) == checkpoint(whole) && checkpoint(whole).count > 4)
    // The log's header names the scenario, which differs by `from` alone.
    #expect(try Data(contentsOf: taken.log) == Data(contentsOf: whole.log))
  }

  @Test(
    "a policy that does not fit is refused by what does not fit, and leaves no directory",
    .enabled(if: CreditTable.isRelease))
  func unfit() throws {
    let whole = try train(scenario { $0.stages.count = 0 }, "whole")
    func error(_ change: (inout Scenario) -> Void) throws -> String {
      let scenario = try scenario {
        $0.coldStart.from = whole.coldPolicy.path
        change(&$0)
      }
      let place = RunDirectory(directory.url.appending(path: "unfit"))
      let error = #expect(throws: ScenarioError.self) { try TrainingRun(scenario, in: place, threads: 1) }
      #expect(!place.exists && error?.path.hasPrefix("coldStart") == true)
      return try #require(error).description
    }
    #expect(try error { $0.policy.layers = 2 }.contains("does not have the shape"))
    #expect(try error { $0.script.nodes = [.agent, .debate] }.contains("the vocabulary of"))
    #expect(try error { $0.coldStart.from = "/nowhere" }.contains("/nowhere"))
    for kind in [Scenario.ParameterSharing.Kind.split, .adapter] {
      let own = try train(scenario { $0.weights.kind = kind }, "own-\(kind)")
      #expect(try error { $0.coldStart.from = own.policy.path }.contains("other weights for each role"))
    }
  }

  @Test("a cold start shows the demonstrations of a file, the same ones in each run, and learns them")
  func demonstrationFile() throws {
    let file = try directory.write(
      """
      { "prompt": "solve : 2 + 3 =", "completion": "5" }

      { "prompt": "design : 2 + 3 * 2 =", "completion": "a = agent solve ( task ) ; answer a" }
      """, to: "shown.jsonl")
    let scenario = try scenario {
      ($0.coldStart.from, $0.coldStart.steps) = (file.path, 60)
    }
    let trainer = try Trainer(scenario, threads: 1)
    let tokenizer = trainer.agents.tokenizer
    let shown = try [
      ("solve : 2 + 3 =", "5"), ("design : 2 + 3 * 2 =", "a = agent solve ( task ) ; answer a"),
    ].map {
      try tokenizer.encode($0) + tokenizer.encode($1) + [tokenizer.endToken]
    }
    let sequences = try trainer.fineTuning.sequences(step: 3)
    // 16 for executors, 8 for the designer
    #expect(sequences.count == 24 && Set(sequences.map(\.tokens)) == Set(shown))
    #expect(try trainer.fineTuning.sequences(step: 3).map(\.tokens) == sequences.map(\.tokens))
    #expect(try trainer.fineTuning.sequences(step: 4).map(\.tokens) != sequences.map(\.tokens))
    var state = TrainerState(scenario, trainer.configuration)
    let losses = try (0..<scenario.coldStart.steps).map { _ in try trainer.coldStep(&state) }
    #expect(try #require(losses.last) < losses[0] / 2)
  }

  @Test("a file of demonstrations is refused by file, line and what is wrong")
  func badDemonstrations() throws {
    var stream = SeededStream(seed: 3, name: "a held-out problem")
    let heldOut = try ArithmeticFamily(firstOperands: 1...19, values: 0...19).instance(
      level: 2, split: .heldOut, using: &stream)
    for (text, what) in [
      ("{ \"prompt\": \"solve : 2 + 3 =\" }", ":1:1: the key \"completion\" is missing"),
      ("{ \"prompt\": \"solve : 2 + 3 =\", \"completion\": \"5\" }\n{", ":2:"),
      ("{ \"prompt\": \"solve : apple =\", \"completion\": \"5\" }", "apple"),
      ("{ \"prompt\": \"solve : 2 =\", \"completion\": \"pear\" }", "completion: "),
      ("{ \"prompt\": \"2 + 3\", \"completion\": \"5\" }", ":1:13: prompt: a prompt has a role"),
      ("{ \"prompt\": \"solve : 2 =\", \"said\": \"5\" }", "unknown key \"said\""),
      (
        "{ \"prompt\": \"solve : \(heldOut.statement) =\", \"completion\": \"5\" }", "the problem is held out"
      ),
      ("{ \"prompt\": \"solve : 2 + =\", \"completion\": \"5\" }", "no family of the scenario has the state"),
      (
        "{ \"prompt\": \"solve : 2 =\", \"completion\": \"\(String(repeating: "1 ", count: 600))\" }",
        "tokens, and the model reads 512"
      ),
      (" \n", "has no demonstrations"),
    ] {
      let file = try directory.write(text, to: "bad.jsonl")
      let error = #expect(throws: ScenarioError.self) {
        try Trainer(scenario { $0.coldStart.from = file.path }, threads: 1)
      }
      let description = error?.description ?? ""
      #expect(description.hasPrefix(file.path) && description.contains(what), "\(description)")
    }
    #expect(throws: ScenarioError.self) {
      try Trainer(scenario { $0.coldStart.from = "/no.jsonl" }, threads: 1)
    }
  }

  @Test("what a cold start depends on is told from what comes after it")
  func dependence() throws {
    let base = try scenario().ofColdStart
    let later: [(inout Scenario) -> Void] = [
      { $0.name = "other" }, { $0.rollout.tasks = 7 }, { $0.credit.costPerCall = 0 },
      { $0.weights.kind = .split },
      { $0.stages.count = 9 }, { $0.optimizer.executor.learningRate = 1 }, { $0.exploration.prior = 1 },
      { $0.evaluation.tasks = 1 }, { $0.checkpoints.every = 3 },
    ]
    for change in later { #expect(try scenario(change).ofColdStart == base) }
    let earlier: [(inout Scenario) -> Void] = [
      { $0.seed = 2 }, { $0.coldStart.learningRate = 1 }, { $0.optimizer.clipNorm = 9 },
      { $0.policy.layers = 2 },
      { $0.roles = ["solve"] }, { $0.tasks.families[0].levels = 2...2 }, { $0.script.maximumCalls = 3 },
      { $0.tools = ["run"] },
    ]
    for change in earlier { #expect(try scenario(change).ofColdStart != base) }
  }

  @Test(
    "a study takes the cold start of a finished cell, and says the same as cells by themselves",
    .enabled(if: CreditTable.isRelease))
  func study() throws {
    let text = """
      { name: "s", scenario: "base.json5", seeds: [1, 2],
        arms: [{ name: "a" }, { name: "b", changes: { stages: { executorSteps: 1 }, weights: { kind: "split" } } }] }
      """
    let (study, cells) = try directory.read(text)
    let run = try StudyRun(study, cells, in: RunDirectory(directory.url.appending(path: "out")), threads: 1)
    let (results, failures) = try run.run { _ in }
    #expect(failures.isEmpty)
    func coldSteps(_ place: RunDirectory) throws -> Int {
      try String(contentsOf: place.timings, encoding: .utf8).split(separator: "\n").count {
        $0.hasPrefix("cold,")
      }
    }
    // Of each seed, the second cell has no cold step of its own.
    #expect(try cells.map { try coldSteps(run.place(of: $0)) } == [20, 20, 0, 0])
    for cell in cells.dropFirst() {
      let (place, alone) = (run.place(of: cell), try train(cell.scenario, "alone \(cell.name)"))
      #expect(try coldSteps(alone) == 20)
      for file in [\RunDirectory.log, \.metrics, \.evaluation] {
        #expect(try Data(contentsOf: place[keyPath: file]) == Data(contentsOf: alone[keyPath: file]))
      }
    }

    // 4 and 3 steps of 4 tasks x 2 designs x 2 executions
    let training = try String(contentsOf: run.files.training, encoding: .utf8).split(separator: "\n")
    #expect(training[0] == "study,arm,seed,settings,steps,executions,calls,tokens,fork_tokens")
    #expect(
      training.count == 5 && training[1].hasPrefix("s,a,1,\(cells[0].settings),4,64,")
        && training[3].hasPrefix("s,b,1,\(cells[2].settings),3,48,"))
    let tokens = try cells.suffix(2).map { cell in
      let text = try String(contentsOf: run.place(of: cell).metrics, encoding: .utf8)
      return try MetricsTable(csv: text).rows.reduce(0) { $0 + ($1.values["generated_tokens"] ?? 0) }
    }
    #expect(results.cost("b", \.tokens) == (tokens[0] + tokens[1]) / 2 && tokens[0] > 0)
    #expect(results.cost("c", \.tokens) == nil)

    // The base scenario is evaluated after steps 2 and 4, and arm b after 2 and 3.
    let curves = try String(contentsOf: run.files.curves, encoding: .utf8).split(separator: "\n")
    #expect(curves[0] == "study,arm,seed,steps,tokens,family,held_out" && curves.count == 1 + 4 * 2)
    #expect(curves[1].hasPrefix("s,a,1,2,") && curves[2].hasPrefix("s,a,1,4,"))
    #expect(curves[5].hasPrefix("s,b,1,2,") && curves[6].hasPrefix("s,b,1,3,"))
  }
}
