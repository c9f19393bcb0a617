import Actors
import Foundation
import Messaging
import Policy
import Testing

@testable import Sim

/// A model like a published one: random weights of Llama's architecture, and the byte pairs of PolicyTests' fixtures.
private final class PublishedModel {
  let directory = FileManager.default.temporaryDirectory.appending(path: "published-\(UUID())")

  init() throws {
    let byteTokens = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "PolicyTests/Fixtures/byte-pairs")
    let configuration = ModelConfiguration(
      vocabularySize: 1509, hiddenSize: 16, layerCount: 2, headCount: 2, keyValueHeadCount: 1,
      headDimension: 8, intermediateSize: 24, hasQueryKeyNorms: false, maximumPositions: 2048)
    try Checkpoint.write(
      .random(configuration, seed: 5), tokenizer: try Checkpoint.readTokenizer(byteTokens), to: directory)
  }

  deinit { try? FileManager.default.removeItem(at: directory) }

  func scenario(_ changes: String = "", base: String = "f32") throws -> Scenario {
    try Scenario(
      json5: """
        {
          tasks: { families: [{ name: "arithmetic", levels: [2, 3] }], heldOut: { perFamily: 4, seed: 3 } },
          policy: { from: "\(directory.path)" },
          weights: { rank: 4, base: "\(base)" },
          roles: ["step", "solve"], tools: [], script: { maximumCalls: 2 },
          coldStart: {
            steps: 2, warmup: 0, learningRate: 1e-3,
            designer: { batch: 4, uniformCalls: 2 }, executor: { batch: { arithmetic: 8 } },
          },
          rollout: { tasks: 3, designs: 2, executions: 2 },
          stages: { first: "executor", count: 2, executorSteps: 2, designerSteps: 2 },
          \(changes)
        }
        """, file: "language.json5")
  }
}

@Suite("A published model learns in its own tokens", .enabled(if: CreditTable.isRelease))
struct PublishedPolicyTests {
  private let model: PublishedModel

  init() throws { model = try PublishedModel() }

  /// Plays the whole of a small training, and returns its end and its steps.
  private func train(
    threads: Int, base: String = "f32"
  ) throws -> (Trainer, TrainerState, [Trainer.Step]) {
    let trainer = try Trainer(model.scenario(base: base), threads: threads)
    var state = trainer.initialState
    while state.coldSteps < trainer.scenario.coldStart.steps { _ = try trainer.coldStep(&state) }
    var steps: [Trainer.Step] = []
    while state.steps < trainer.scenario.stages.steps { steps.append(try trainer.step(&state)) }
    return (trainer, state, steps)
  }

  @Test("P5 is 0 for what it sampled, with chat template and mask; threads change nothing")
  func learns() throws {
    let (trainer, state, steps) = try train(threads: 1)
    let initial = trainer.initialState
    #expect(trainer.configuration.architecture == .llama && trainer.tokenizer is BytePairTokenizer)
    #expect(initial.models.shared == (try Checkpoint.readWeights(model.directory)))
    #expect(state.cold != initial.cold, "the cold start trains an adapter for each role")
    #expect(state.cold.designer != initial.cold.designer && state.cold.executor != initial.cold.executor)
    // Formats are penalized, so that executors of random weights have something to learn from.
    #expect(steps.map(\.update.gap) == [0, 0, 0, 0] && steps[0].update.checkedTokens > 20)
    #expect(state.models.executor != state.cold.executor)
    #expect(state.models.shared == initial.models.shared, "the model's own weights never change")
    #expect(state.coldStart.firstMoment.isEmpty)
    let turns = steps.flatMap { $0.tree.executions.flatMap(\.transcript.turns) }.compactMap(\.self)
    #expect(turns.count > 20)
    for turn in turns {
      let sampled = try #require(turn.generation.sampled)
      #expect(sampled.tokens.count == sampled.logProbabilities.count && sampled.prompt.count > 100)
      #expect(sampled.logProbabilities.allSatisfy { $0 < 0 })
    }
    let calls = steps.flatMap { $0.tree.executions.flatMap(\.transcript.outcome.calls) }
    #expect(turns.reduce(0) { $0 + $1.sampled.tokens.count } == calls.reduce(0) { $0 + $1.tokens })
    let (_, again, _) = try train(threads: 2)
    #expect(again == state)
  }

  @Test(
    "frozen in fewer bits: rounded once, when the model is read; P5 is 0, and threads change nothing",
    arguments: [("bf16", FrozenWeights.Format.bf16), ("q8_0", .q8)])
  func frozen(base: String, format: FrozenWeights.Format) throws {
    let (trainer, state, steps) = try train(threads: 1, base: base)
    let (initial, float) = (trainer.initialState, try Checkpoint.readWeights(model.directory))
    #expect(initial.models.frozen?.format == format && initial.models.shared != float)
    #expect(initial.models.shared == FrozenWeights(float, format).weights)
    #expect(steps.map(\.update.gap) == [0, 0, 0, 0] && steps[0].update.checkedTokens > 20)
    #expect(state.models.shared == initial.models.shared && state.models.frozen == initial.models.frozen)
    // The adapters learn in the cold start, and after it.
    #expect(state.cold.executor != initial.models.executor && state.cold.frozen == initial.models.frozen)
    #expect(state.models.executor != state.cold.executor)
    let (_, again, _) = try train(threads: 2, base: base)
    #expect(again == state)
    var given = initial
    given.takeColdStart(state.cold, trainer.scenario)
    #expect(given.models == state.cold && given.cold == state.cold)
  }

  @Test("frozen in fewer bits without a published model: the cold start trains float32, and its end rounds")
  func rounded() throws {
    func state(_ base: String) throws -> (Trainer, TrainerState) {
      let scenario = try Scenario(
        json5: """
          {
            tasks: { families: [{ name: "arithmetic", levels: [2, 3] }], heldOut: { perFamily: 4, seed: 3 } },
            weights: { kind: "adapter", rank: 4, base: "\(base)" },
            coldStart: {
              steps: 2, warmup: 0, designer: { batch: 4 }, executor: { batch: { arithmetic: 8 } },
            },
            rollout: { tasks: 2, designs: 2, executions: 2 },
            stages: { first: "executor", count: 2, executorSteps: 1, designerSteps: 1 },
          }
          """, file: "frozen.json5")
      let trainer = try Trainer(scenario, threads: 2)
      var state = trainer.initialState
      while state.coldSteps < 2 { _ = try trainer.coldStep(&state) }
      return (trainer, state)
    }
    let (_, float) = try state("f32")
    for format in FrozenWeights.Format.allCases {
      var (trainer, state) = try state(format.rawValue)
      #expect(trainer.initialState.models.frozen == nil && state.models.frozen?.format == format)
      #expect(state.cold.shared == FrozenWeights(float.cold.shared, format).weights)
      #expect(state.cold.shared != float.cold.shared && state.cold.areShared)
      var given = trainer.initialState
      given.takeColdStart(RoleWeights(state.cold.shared), trainer.scenario)
      #expect(given.models == state.models && given.cold == state.cold)
      let steps = try (0..<2).map { _ in try trainer.step(&state) }
      #expect(steps.map(\.update.gap) == [0, 0] && steps.contains { $0.update.checkedTokens > 0 })
      #expect(state.models.shared == state.cold.shared)
    }
  }

  @Test(
    "a run with frozen weights goes on from a checkpoint in the same bytes, and its policy plays as it did")
  func resumed() throws {
    var scenario = try model.scenario(
      "checkpoints: { every: 1 }, evaluation: { every: 6, tasks: 2 },", base: "q8_0")
    (scenario.stages.count, scenario.stages.executorSteps) = (1, 6)
    let root = FileManager.default.temporaryDirectory.appending(path: "frozen-\(UUID())")
    defer { try? FileManager.default.removeItem(at: root) }
    let whole = RunDirectory(root.appending(path: "whole"))
    let cut = RunDirectory(root.appending(path: "cut"))
    _ = try TrainingRun(scenario, in: whole, threads: 2).train { progress in
      // The files at this moment are those that a killed run leaves.
      guard case .step = progress, !cut.exists,
        FileManager.default.fileExists(atPath: whole.metrics.path)
      else { return }
      try? FileManager.default.copyItem(at: whole.url, to: cut.url)
    }
    #expect(!FileManager.default.fileExists(atPath: cut.policy.path))
    let initial = try Trainer(scenario, threads: 1).initialState
    let begun = try #require(try RunCheckpoint.latest(in: cut, initial: initial, scenario: scenario))
    _ = try TrainingRun(resuming: scenario, in: cut, threads: 1).train { _ in }
    #expect(
      try RoleWeights.read(cut.policy).weights.executor != begun.state.models.executor,
      "something is learned after the cut")
    for name in [
      "episodes.log", "metrics.csv", "policy/model.safetensors", "policy/executor/adapter_model.safetensors",
    ] {
      let files = [whole, cut].map { try? Data(contentsOf: $0.url.appending(path: name)) }
      #expect(files[0] != nil && files[0] == files[1], "\(name)")
    }
    // What its cold start left is taken by a scenario that stores weights as it does, and by no other.
    for base in ["q8_0", "bf16"] {
      var given = try model.scenario(base: base)
      given.coldStart.from = whole.coldPolicy.path
      let trainer = try Trainer(given, threads: 1)
      if base == "q8_0" {
        #expect(try trainer.givenColdStart()?.frozen?.format == .q8)
      } else {
        let error = #expect(throws: ScenarioError.self) { try trainer.givenColdStart() }
        #expect(error?.description.contains("not stored as weights.base says") == true)
      }
    }
    let policy = try RoleWeights.read(whole.policy).weights
    #expect(policy.frozen?.format == .q8)
    #expect(policy.digest != RoleWeights(policy.shared).digest)
    #expect(throws: FrozenWithOpenBLAS.self) { try policy.requireOwnProducts(.openBLAS) }
    #expect(throws: RunError.self) { try Trainer(scenario, products: .openBLAS, threads: 1) }
  }

  /// A run whose roles decay at other rates in their cold start once went on with those after a break.
  @Test("a checkpoint gives back the whole state: in the cold start, at its end, and in the stages")
  func checkpoints() throws {
    let scenario = try model.scenario("optimizer: { weightDecay: 0.25 },")
    #expect(scenario.coldStart.weightDecay == 0.01)
    let trainer = try Trainer(scenario, threads: 1)
    var state = trainer.initialState
    func readBack() throws -> (weightDecay: Float, isSame: Bool) {
      let run = RunDirectory(FileManager.default.temporaryDirectory.appending(path: "run-\(UUID())"))
      defer { try? FileManager.default.removeItem(at: run.url) }
      try RunCheckpoint(state: state, log: .init(length: 0, chain: "", records: 0), metrics: 0).write(
        under: run.checkpoints, products: .own, scenario: scenario)
      let read = try #require(
        try RunCheckpoint.latest(in: run, initial: trainer.initialState, scenario: scenario))
      return (read.state.executor.weightDecay, read.state == state)
    }
    _ = try trainer.coldStep(&state)
    #expect(try readBack() == (0.01, true))
    _ = try trainer.coldStep(&state)
    #expect(try readBack() == (0.25, true))
    while state.executor.step == 0, state.steps < scenario.stages.steps { _ = try trainer.step(&state) }
    #expect(state.executor.step > 0)
    #expect(try readBack() == (0.25, true))
  }

  @Test("what the trainer learns from is what was sampled: with another log-probability it is off-policy")
  func offPolicy() throws {
    let trainer = try Trainer(model.scenario(), threads: 1)
    var state = trainer.initialState
    while state.coldSteps < trainer.scenario.coldStart.steps { _ = try trainer.coldStep(&state) }
    var tree = try trainer.rollOut(state)
    var changed = 0
    for task in tree.tasks.indices {
      for design in tree.tasks[task].designs.indices {
        for execution in tree.tasks[task].designs[design].executions.indices {
          for turn in tree.tasks[task].designs[design].executions[execution].transcript.turns.indices {
            let place = tree.tasks[task].designs[design].executions[execution].transcript.turns[turn]
            guard place != nil else { continue }
            tree.tasks[task].designs[design].executions[execution].transcript.turns[turn]?.generation.sampled?
              .logProbabilities[0] -= 1
            changed += 1
          }
        }
      }
    }
    #expect(changed > 10)
    #expect(throws: OffPolicyError.self) { try trainer.learn(from: tree, &state) }
  }

  @Test("numbers are read and written without spaces; demonstrations are in the same spelling as questions")
  func spelling() throws {
    let trainer = try Trainer(model.scenario(), threads: 1)
    let tokenizer = try #require(trainer.tokenizer as? BytePairTokenizer)
    let texts = try trainer.fineTuning.sequences(step: 0).map { sequence in
      let (prompt, completion) = (
        sequence.tokens.prefix(sequence.promptCount), sequence.tokens.dropFirst(sequence.promptCount)
      )
      return (tokenizer.decode(prompt, keepingSpecial: true), tokenizer.decode(completion))
    }
    let executors = texts.filter { !$0.0.contains("\ndesign :") }
    #expect(
      executors.contains { $0.0.contains(#/: \d\d/#) } && executors.contains { $0.1.contains(#/\d\d/#) })
    #expect(!executors.contains { $0.1.contains(#/\d \d/#) || $0.0.contains(#/user\n.*\d \d.* =/#) })
    #expect(texts.contains { $0.1.hasPrefix("a = ") })
  }

  @Test(
    "a run is written as a directory with the model's own tokenizer, and its log replays without the model"
  )
  func run() throws {
    let scenario = try model.scenario("evaluation: { every: 4, tasks: 2 }")
    let place = FileManager.default.temporaryDirectory.appending(path: "run-\(UUID())")
    defer { try? FileManager.default.removeItem(at: place) }
    let directory = RunDirectory(place)
    _ = try TrainingRun(scenario, in: directory, threads: 1).train { _ in }
    let (weights, tokenizer) = try RoleWeights.read(directory.policy)
    #expect(tokenizer is BytePairTokenizer && weights.shared.configuration.architecture == .llama)
    #expect(weights.adapter(of: .executor) != nil)
    try FileManager.default.removeItem(at: model.directory)
    let setup = try EpisodeSetup(scenario)
    var log = try EpisodeLog(directory.log)
    var replayed = 0
    while let (_, history) = try log.next() {
      // The episode of a design ends where its executions fork.
      switch setup.replay(history) {
      case .finished, .paused: replayed += 1
      case let other: Issue.record("\(other)")
      }
    }
    #expect(replayed > 20)
  }

  @Test(
    "what cannot be: no model, a vocabulary of words, a preset beside it, credit by spans, and more than fits in memory"
  )
  func refusals() throws {
    func refused(_ scenario: () throws -> Scenario, _ says: String) {
      let error = #expect(throws: ScenarioError.self) { _ = try Trainer(scenario(), threads: 1) }
      #expect(error?.description.contains(says) == true, "\(error?.description ?? "") lacks \(says)")
    }
    refused(
      { try model.scenario("credit: { spans: 0.5 }") }, "credit.spans: a published model's tokens do not end")
    refused(
      { try Scenario(json5: "{ policy: { preset: 'nano', from: 'x' } }", file: "f") },
      "give the one or the other")
    refused(
      { try Scenario(json5: "{ weights: { base: 'q8_0' } }", file: "f") }, "only those under adapters")
    refused(
      { try Scenario(json5: "{ weights: { kind: 'adapter', base: 'q4_1' } }", file: "f") }, "q8_0")
    refused({ try Scenario(json5: "{ policy: { from: 'no/where.gguf' } }", file: "f") }, "no/where.gguf")
    let words = model.directory.appending(path: "words")
    try Checkpoint.write(
      .random(.nano(vocabularySize: 5), seed: 1), tokenizer: WordTokenizer(words: ["x", "y"]), to: words)
    refused(
      { try Scenario(json5: "{ policy: { from: '\(words.path)' } }", file: "f") },
      "has no vocabulary of byte pairs")
    let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "PolicyTests/Fixtures/gguf")
    let other = model.directory.appending(path: "other")
    try Checkpoint.write(
      .random(.nano(vocabularySize: 1509), seed: 1),
      tokenizer: Checkpoint.readTokenizer(fixtures.appending(path: "qwen2.gguf")), to: other)
    let scenario = try model.scenario("")
    var given = scenario
    given.coldStart.from = other.path
    let trainer = try Trainer(given, threads: 1)
    let error = #expect(throws: ScenarioError.self) { try trainer.givenColdStart() }
    #expect(error?.description.contains("is not the scenario's") == true, "\(error?.description ?? "")")
    given.coldStart.from = model.directory.path
    #expect(throws: ScenarioError.self, "no adapters") { try Trainer(given, threads: 1).givenColdStart() }
    given.weights.kind = .shared
    #expect(
      try Trainer(given, threads: 1).givenColdStart()?.shared == Checkpoint.readWeights(model.directory))
    let large = ModelConfiguration(
      vocabularySize: 150_000, hiddenSize: 4096, layerCount: 40, headCount: 32, keyValueHeadCount: 8,
      headDimension: 128, intermediateSize: 16_384)
    let memory = TrainingMemory(large, threads: 2)
    #expect(memory.complaint(about: "a", physical: 24 << 30)?.hasPrefix("training a takes about ") == true)
    #expect(memory.complaint(about: "a", physical: 4 << 40) == nil)
    // SmolLM2-135M on two threads was seen to take 6.7 GB, and 4.3 with a base in bfloat16.
    let small = ModelConfiguration(
      vocabularySize: 49_152, hiddenSize: 576, layerCount: 30, headCount: 9, keyValueHeadCount: 3,
      headDimension: 64, intermediateSize: 1536)
    let merged = TrainingMemory(small, adapters: true, threads: 2).bytes
    let frozen = TrainingMemory(small, adapters: true, frozen: true, threads: 2).bytes
    #expect(merged > 6_700_000_000 && merged < 7_500_000_000)
    #expect(frozen > 4_300_000_000 && frozen < 5_000_000_000)
  }

  /// A scenario of word problems for the same model.
  private func textScenario(
    _ changes: String = "",
    families: String = "{ name: \"stories\", levels: [2, 3] }, { name: \"prices\", levels: [2, 2] }",
    batch: String = "{ stories: 6, prices: 4 }"
  )
    throws -> Scenario
  {
    try Scenario(
      json5: """
        {
          tasks: { families: [\(families)], heldOut: { perFamily: 4, seed: 3 } },
          policy: { from: "\(model.directory.path)" }, weights: { rank: 4 },
          roles: ["step", "solve"], tools: [],
          script: { nodes: ["agent", "ensemble"], votes: ["majority"], maximumCalls: 2, maximumWording: 20 },
          coldStart: {
            steps: 3, warmup: 0, learningRate: 1e-3, wordings: { step: ["Do a sum."] },
            designer: { batch: 6, uniformCalls: 2 }, executor: { batch: \(batch) },
          },
          rollout: { tasks: 2, designs: 3, executions: 2 },
          stages: { first: "executor", count: 2, executorSteps: 1, designerSteps: 1 },
          \(changes)
        }
        """, file: "stories.json5")
  }

  @Test(
    "word problems are learned from in the model's tokens: P5 is 0, and a run killed after any step ends in the same bytes"
  )
  func stories() throws {
    let scenario = try textScenario("evaluation: { every: 9, tasks: 2 }, checkpoints: { every: 1 }")
    #expect(scenario.weights.kind == .adapter && scenario.coldStartTrainsAdapters)
    let place = FileManager.default.temporaryDirectory.appending(path: "stories-\(UUID())")
    defer { try? FileManager.default.removeItem(at: place) }
    let whole = RunDirectory(place.appending(path: "whole"))
    // What a kill after the first step would leave, to be gone on with.
    let cut = RunDirectory(place.appending(path: "cut"))
    // And what a kill in the cold start would.
    let cold = RunDirectory(place.appending(path: "cold"))
    let summary = try TrainingRun(scenario, in: whole, threads: 2).train { progress in
      if case .coldStart(done: 2, _, _) = progress {
        try? FileManager.default.copyItem(at: whole.url, to: cold.url)
      }
      guard case .step(let row, _) = progress, row.step == 0 else { return }
      try? FileManager.default.copyItem(at: whole.url, to: cut.url)
    }
    #expect(summary.greatestGap == 0 && summary.checkedTokens > 20)
    _ = try TrainingRun(resuming: scenario, in: cut, threads: 1).train { _ in }
    var steps: [Int] = []
    _ = try TrainingRun(resuming: scenario, in: cold, threads: 1).train { progress in
      if case .coldStart(let done, _, _) = progress { steps.append(done) }
    }
    #expect(steps == [2, 3], "the first step is not done again")
    for file in ["episodes.log", "metrics.csv", "evaluation.csv", "designs.csv"]
      + ["designer", "executor"].map({ "policy/\($0)/adapter_model.safetensors" })
    {
      for other in [cut, cold] {
        let (one, two) = (whole.url.appending(path: file), other.url.appending(path: file))
        #expect(
          try Data(contentsOf: one) == Data(contentsOf: two), "\(file) of \(other.url.lastPathComponent)")
      }
    }
    let trainer = try Trainer(scenario, threads: 1)
    var begun = trainer.initialState
    while begun.coldSteps < scenario.coldStart.steps { _ = try trainer.coldStep(&begun) }
    let kept = try RoleWeights.read(whole.coldPolicy).weights
    #expect(kept == begun.cold && kept.adapter(of: Scenario.Stages.Role.designer) != nil)
    // What one run's cold start left, another takes, and is then where the first was.
    var given = scenario
    given.coldStart.from = whole.coldPolicy.path
    let taker = try Trainer(given, threads: 1)
    var taken = taker.initialState
    taken.takeColdStart(try #require(try taker.givenColdStart()), given)
    #expect(taken == begun)
    // The log replays without the model, and holds what agents said.
    try FileManager.default.removeItem(at: model.directory)
    let setup = try EpisodeSetup(scenario)
    var log = try EpisodeLog(whole.log)
    var (replayed, said) = (0, 0)
    while let (_, history) = try log.next() {
      switch setup.replay(history) {
      case .finished, .paused: replayed += 1
      case let other: Issue.record("\(other)")
      }
      for event in history.events where event.name == PolicyCall.kind && event.kind == .completion {
        let generation = try Generation(encoded: event.payload)
        let sampled = try #require(generation.sampled)
        #expect(generation.text != nil && generation.tokens.isEmpty)
        #expect(event.units == max(1, sampled.tokens.count) && sampled.prompt.count > 20)
        said += 1
      }
    }
    #expect(replayed > 12 && said > 20)
  }

  @Test("demonstrations are conversations in the model's template, roles in words included")
  func conversations() throws {
    let trainer = try Trainer(textScenario(), threads: 1)
    let tokenizer = try #require(trainer.tokenizer as? BytePairTokenizer)
    let batches = try (0..<6).map { try trainer.fineTuning.demonstrations(step: $0) }
    func texts(_ role: Scenario.Stages.Role) -> [(prompt: String, completion: String)] {
      batches.flatMap { $0.sequences(of: role) }.map {
        (
          tokenizer.decode($0.tokens.prefix($0.promptCount), keepingSpecial: true),
          tokenizer.decode($0.tokens.dropFirst($0.promptCount))
        )
      }
    }
    let (executors, designers) = (texts(.executor), texts(.designer))
    #expect(executors.contains { $0.prompt.contains("system\nDo a sum.") && $0.completion.contains(" = ") })
    #expect(
      executors.contains { $0.completion.contains("Answer: ") }
        && executors.contains { $0.prompt.contains("cents") })
    #expect(designers.contains { $0.completion.contains("agent \"Do a sum.\" ( ") })
    #expect(designers.allSatisfy { $0.prompt.contains("A NODE is") && $0.completion.hasPrefix("a = ") })
    // Each role's weights are those of a mean over its tokens.
    for role in Scenario.Stages.Role.allCases {
      let sequences = batches[0].sequences(of: role)
      let total = sequences.reduce(0) { $0 + $1.weight * Float($1.tokens.count - $1.promptCount) }
      #expect(abs(total - 1) < 1e-5)
    }
    #expect(batches[0].sequences.count == 16)
  }

  @Test("without the grammar a designer of random weights writes no script; with it every text is one")
  func grammar() throws {
    for isMasked in [true, false] {
      var scenario = try textScenario()
      scenario.script.isMasked = isMasked
      let trainer = try Trainer(scenario, threads: 1)
      var state = trainer.initialState
      while state.coldSteps < scenario.coldStart.steps { _ = try trainer.coldStep(&state) }
      let step = try trainer.step(&state)
      let outcomes = step.tree.executions.map(\.transcript.outcome)
      #expect(outcomes.allSatisfy { ($0.script != nil) == isMasked }, "\(isMasked)")
      #expect(step.update.gap == 0)
    }
  }

  @Test("text and words do not mix; text takes a chat model, and roles in words take text")
  func mixtures() throws {
    func refused(_ scenario: () throws -> Scenario, _ says: String) {
      let error = #expect(throws: ScenarioError.self) { _ = try Trainer(scenario(), threads: 1) }
      #expect(error?.description.contains(says) == true, "\(error?.description ?? "") lacks \(says)")
    }
    refused(
      { try textScenario(families: "{ name: 'stories' }, { name: 'arithmetic' }", batch: "{}") },
      "a run has one or the other")
    refused(
      { try textScenario(families: "{ name: 'arithmetic' }", batch: "{}") },
      "a role can be worded only for problems that are text")
    refused(
      { try Scenario(json5: "{ tasks: { families: [{ name: 'stories' }] } }", file: "f") },
      "give a published chat model")
    let words = FileManager.default.temporaryDirectory.appending(path: "words-\(UUID())")
    defer { try? FileManager.default.removeItem(at: words) }
    let scenario = try Scenario(
      json5: "{ tasks: { families: [{ name: 'stories' }] }, roles: ['step', 'solve'], tools: [] }", file: "f")
    let vocabulary = Registry().tokenizer(of: scenario)
    try Checkpoint.write(
      .random(.nano(vocabularySize: vocabulary.vocabularySize), seed: 1), tokenizer: vocabulary, to: words)
    let error = #expect(throws: CheckpointError.self) { _ = try PolicySource(named: words.path, scenario) }
    #expect(error.map { "\($0)".contains("takes a published chat model") } == true)
  }

  @Test("a question that leaves no room in the context is a fault with its event, and the run goes on")
  func overflow() throws {
    let small = FileManager.default.temporaryDirectory.appending(path: "small-\(UUID())")
    defer { try? FileManager.default.removeItem(at: small) }
    let configuration = ModelConfiguration(
      vocabularySize: 1509, hiddenSize: 16, layerCount: 1, headCount: 2, keyValueHeadCount: 1,
      headDimension: 8, intermediateSize: 24, hasQueryKeyNorms: false, maximumPositions: 32)
    try Checkpoint.write(
      .random(configuration, seed: 5), tokenizer: Checkpoint.readTokenizer(model.directory), to: small)
    var scenario = try textScenario()
    scenario.policy.from = small.path
    scenario.coldStart.steps = 0
    let setup = try EpisodeSetup(scenario)
    let policy = try PolicySource(named: small.path, scenario)
    let script = "a = agent solve(task); answer a"
    let task = try #require(TaskSource(scenario).heldOut.first?.tasks.first)
    let episode = Episode(seed: 1) {
      setup.setUp($0, input: EpisodeStart(task: task, script: script).encoded)
    }
    let server = try policy.servers().executor
    let driver = EpisodeDriver(designer: server, executor: server)
    guard case .finished(let result) = try driver.run([episode])[0] else {
      Issue.record("the episode did not finish")
      return
    }
    let outcome = try Outcome(encoded: result)
    #expect(!outcome.success && outcome.calls.map(\.fault) == [.overflow])
    #expect(episode.events.contains { $0.kind == .note && $0.name == "context overflow" })
    episode.close()
  }
}
