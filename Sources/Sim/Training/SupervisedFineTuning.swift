import Actors
import Messaging
import Policy

/// Supervised fine-tuning on demonstrations, generated or from a file, which gives reinforcement learning a policy to improve.
package struct SupervisedFineTuning: Sendable {
  private let settings: Scenario.ColdStart
  private let executors: [(source: ExecutorDemonstrations, batch: Int)]
  private let designers: [DesignerDemonstrations]
  /// The demonstrations that are shown in place of generated ones.
  private let given: DemonstrationFile?
  private let tasks: TaskSource
  private let seed: UInt64
  /// How a published model says the demonstrations; `nil` if the policy has the agents' words.
  private let language: ChatLanguage?

  package init(
    _ scenario: Scenario, tasks: TaskSource, grammar: ScriptGrammar, language: ChatLanguage? = nil,
    longest: Int? = nil
  ) throws {
    self.language = language
    settings = scenario.coldStart
    seed = scenario.seed
    self.tasks = tasks
    let model = scenario.policy.configuration(vocabularySize: tasks.tokenizer.vocabularySize)
    given = try scenario.coldStart.demonstrations.map {
      try DemonstrationFile(
        contentsOf: $0, tasks: tasks, longest: longest ?? model.maximumPositions, language: language)
    }
    let shown = settings.executor
    executors = tasks.families.map { family in
      let levels = shown.levels[family.name] ?? family.levels.map { _ in 1 }
      var source = ExecutorDemonstrations(
        family: family, levels: levels, roles: shown.shares, finished: shown.finished[family.name] ?? 0.15)
      source.wordings = scenario.coldStart.wordings
      return (source, shown.batch[family.name] ?? 32)
    }
    let designer = settings.designer
    let catalog = try designer.uniformCalls.map { try ScriptCatalog(grammar, calls: $0) }
    var designers = try zip(tasks.families, scenario.tasks.families).map { family, setting in
      if let catalog {
        var stream = SeededStream(seed: scenario.seed, name: "a task of \(family.name)")
        let task = try family.instance(level: setting.levels.lowerBound, split: .train, using: &stream)
        let scripts = catalog.alive(for: family, from: family.start(task))
        guard !scripts.isEmpty else {
          throw TaskError.parameters(family: family.name, "no design of the grammar can answer")
        }
        return DesignerDemonstrations(
          family: family, levels: setting.levels,
          designs: DesignDistribution(scripts.map { .init(script: $0, weight: 1) }))
      }
      let mixture = DesignMixture.standard(
        chains: designer.chains(of: family.name), ensembles: designer.ensembles)
      return try DesignerDemonstrations(
        family: family, levels: setting.levels, mixture: mixture, grammar: grammar)
    }
    for index in designers.indices { designers[index].wordings = scenario.coldStart.wordings }
    self.designers = designers
  }

  /// The demonstrations of one step: token ids, and whose they are.
  package struct Batch {
    package typealias Role = Scenario.Stages.Role
    fileprivate var all: [(role: Role, prompt: [Int32], completion: [Int32])]

    /// The training sequences of both roles. Their weights make the loss a mean over completion tokens.
    package var sequences: [TrainingSequence] { Self.sequences(all[...]) }

    /// The training sequences of one role, weighted likewise among themselves.
    func sequences(of role: Role) -> [TrainingSequence] {
      Self.sequences(all.filter { $0.role == role }[...])
    }

    /// The number of completion tokens.
    var tokenCount: Int { all.reduce(0) { $0 + $1.completion.count } }

    private static func sequences(
      _ tokens: ArraySlice<(role: Role, prompt: [Int32], completion: [Int32])>
    ) -> [TrainingSequence] {
      let weight = 1 / Float(tokens.reduce(0) { $0 + $1.completion.count })
      return tokens.map { _, prompt, completion in
        TrainingSequence(tokens: prompt + completion, promptCount: prompt.count, weight: weight)
      }
    }
  }

  /// The training sequences of one step, as ``demonstrations(step:)`` has them.
  package func sequences(step: Int) throws -> [TrainingSequence] { try demonstrations(step: step).sequences }

  /// The demonstrations of one step.
  ///
  /// They depend only on the seed, the step and the file of demonstrations, if there is one.
  /// - Throws: ``HeldOutTask`` if a demonstration, or a state that it shows, is a held-out problem; `TaskError` if a
  ///   family has no problem to show.
  /// - Complexity: O(demonstrations of a step).
  package func demonstrations(step: Int) throws -> Batch {
    var stream = SeededStream(seed: seed, name: "demonstrations of step \(step)")
    if let given {
      let count = executors.reduce(settings.designer.batch) { $0 + $1.batch }
      return Batch(
        all: (0..<count).map { _ in
          given.demonstrations[Int.random(in: 0..<given.demonstrations.count, using: &stream)]
        })
    }
    var drawn: [Demonstration] = []
    for (source, batch) in executors {
      for _ in 0..<batch {
        let demonstration = try source.draw(using: &stream)
        if let hash = source.family.hash(ofState: demonstration.question.state) { try tasks.admit(hash) }
        drawn.append(demonstration)
      }
    }
    let turns = designers.indices.map { designsInTurn(of: $0, step: step) }
    for index in 0..<settings.designer.batch {
      let (turn, family) = index.quotientAndRemainder(dividingBy: designers.count)
      drawn.append(try designers[family].draw(using: &stream, script: turns[family]?[turn]))
    }
    for demonstration in drawn { try tasks.admit(demonstration.instance) }
    return Batch(
      all: try drawn.map { demonstration in
        let (prompt, completion) = try encoded(demonstration)
        return (demonstration.role == TroupeVocabulary.designer ? .designer : .executor, prompt, completion)
      })
  }

  /// The designs whose turn it is in a step, for its demonstrations of one family; `nil` if they are drawn at random.
  private func designsInTurn(of family: Int, step: Int) -> [Script]? {
    guard settings.designer.inTurn else { return nil }
    // The families take turns within a step, so the first of them have one more if the batch is no multiple.
    let perStep = (settings.designer.batch - family + designers.count - 1) / designers.count
    let choices = designers[family].designs.choices
    var (shuffled, order) = (-1, choices)
    return (step * perStep..<(step + 1) * perStep).map { turn in
      let (round, place) = turn.quotientAndRemainder(dividingBy: choices.count)
      if round != shuffled {
        let name = "designs of \(designers[family].family.name), round \(round)"
        var stream = SeededStream(seed: seed, name: name)
        (shuffled, order) = (round, choices.shuffled(using: &stream))
      }
      return order[place].script
    }
  }

  private func encoded(_ demonstration: Demonstration) throws -> (prompt: [Int32], completion: [Int32]) {
    do {
      if let language { return try language.tokens(of: demonstration) }
      return try demonstration.tokens(tasks.tokenizer)
    } catch {
      let what = "a demonstration of `\(demonstration.role)` cannot be written: \(error)"
      throw TaskError.parameters(family: demonstration.family, what)
    }
  }

  /// The rate rises linearly to its peak, and then falls along a cosine to `finalRate` of the peak.
  package func learningRate(step: Int) -> Float {
    LearningRateSchedule(
      peak: settings.learningRate, warmup: settings.warmup, steps: settings.steps,
      finalRate: settings.finalRate
    ).rate(step: step)
  }
}
