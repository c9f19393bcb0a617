import Actors
import Messaging

/// Finds the designs with which executors that do not learn solve the most: the ceiling of everything that a designer alone can
/// reach.
///
/// All candidates are tried on a few problems; those that may still be the best, on more, four times as many in each round
/// (successive halving; Karnin, Koren and Somekh, "Almost optimal exploration in multi-armed bandits", 2013). The problems are
/// drawn anew. What the best designs reach is then measured on the scenario's own held-out tasks, under other seeds, because the
/// best of many measurements is too good by chance.
package struct CeilingSearch: Sendable {
  package struct Settings: Sendable, Hashable {
    /// The most calls of a design.
    package var calls: Int
    /// The most statements of a design.
    package var statements: Int
    /// How many problems of each level the first round plays with every candidate.
    package var problems = 4
    package var rounds = 4
    /// The share of the candidates that a round keeps, and the fewest that it keeps.
    package var (kept, fewest) = (0.15, 24)
    /// From which side the problems come that choose: the held-out one favours the ceiling.
    package var split = TaskSplit.heldOut

    package init(calls: Int, statements: Int = Script.maximumStatements) {
      self.calls = calls
      self.statements = statements
    }

    /// How many of `designs` candidates are kept for the next round.
    func survivors(of designs: Int) -> Int { max(fewest, Int((kept * Double(designs)).rounded(.up))) }

    /// About how many episodes a search takes; those candidates are not counted that are kept for one level alone.
    func episodes(designs: Int, levels: Int) -> Int {
      var (left, problems, sum) = (designs, problems, 0)
      for _ in 0..<rounds {
        sum += left * problems * levels
        left = min(left, survivors(of: left))
        problems *= 4
      }
      return sum
    }
  }

  /// A design with what it reached at each level of a family.
  package struct Candidate: Sendable {
    package var script: Script
    package var levels: [Int: DesignTrial.Score]

    package var total: DesignTrial.Score { levels.values.reduce(.init(), +) }

    /// The mean over levels of the share of successes.
    func success(of wanted: [Int]) -> Double {
      wanted.reduce(0) { $0 + (levels[$1]?.success ?? 0) } / Double(max(1, wanted.count))
    }
  }

  /// What was found for one family.
  package struct Finding: Sendable {
    package var family: String
    /// How many designs there are, up to equivalence, and how many episodes chose among them.
    package var (designs, episodes) = (0, 0)
    /// The best designs over all levels, the best first, as the search scored them.
    package var best: [Candidate] = []
    /// The design that is best at each level.
    package var oracle: [Int: Script] = [:]
    /// What the best design, and the best design of each level, reach and use on the scenario's held-out tasks, task by task.
    package var (constant, ofLevels) = ([DesignTrial.Score](), [DesignTrial.Score]())

    init(family: String) { self.family = family }
  }

  private let tasks: TaskSource
  private let trial: DesignTrial
  private let settings: Settings
  private let grammar: ScriptGrammar
  private let seed: UInt64

  package init(_ scenario: Scenario, tasks: TaskSource, trial: DesignTrial, settings: Settings) throws {
    self.tasks = tasks
    self.trial = trial
    self.settings = settings
    grammar = try scenario.grammar()
    seed = scenario.seed
  }

  /// Finds the ceiling of each family, in the scenario's order. `say` is told what is being done.
  /// - Throws: ``TooManyScripts`` if the designs cannot be listed.
  package func findings(_ say: (String) -> Void = { _ in }) throws -> [Finding] {
    let catalog = try ScriptCatalog(grammar, calls: settings.calls, statements: settings.statements)
    return try tasks.heldOut.indices.map { index in
      let (name, heldOut) = tasks.heldOut[index]
      let family = tasks.families[index]
      let levels = Array(Set(heldOut.map(\.level))).sorted()
      var finding = Finding(family: name)
      var candidates = catalog.alive(for: family, from: family.start(heldOut[0])).map {
        Candidate(script: $0, levels: [:])
      }
      finding.designs = candidates.count
      var problems = settings.problems
      for round in 0..<settings.rounds {
        say("\(name): \(candidates.count) designs on \(problems * levels.count) problems")
        let played = try play(
          &candidates, family, levels, problems: problems, name: "ceiling/\(name)/round-\(round)")
        finding.episodes += played
        if round + 1 < settings.rounds { candidates = survivors(of: candidates, levels) }
        problems *= 4
      }
      candidates = sorted(candidates) { $0.success(of: levels) }
      finding.best = Array(candidates.prefix(5))
      for level in levels {
        finding.oracle[level] = sorted(candidates) { $0.success(of: [level]) }.first?.script
      }
      if let best = candidates.first?.script {
        finding.constant = try trial.play(
          heldOut.map { ($0, best.description) }, name: "ceiling/\(name)/constant")
        finding.ofLevels = try trial.play(
          heldOut.map { ($0, (finding.oracle[$0.level] ?? best).description) }, name: "ceiling/\(name)/oracle"
        )
      }
      return finding
    }
  }

  /// Plays `problems` new problems of each level with each candidate, and returns how many episodes that took.
  private func play(
    _ candidates: inout [Candidate], _ family: any TaskFamily, _ levels: [Int], problems: Int, name: String
  ) throws -> Int {
    var stream = SeededStream(seed: seed, name: name)
    var pairs: [(task: TaskInstance, script: String)] = []
    var owners: [(candidate: Int, level: Int)] = []
    for level in levels {
      let drawn = try (0..<problems).map { _ in
        try family.instance(level: level, split: settings.split, using: &stream)
      }
      for index in candidates.indices {
        let script = candidates[index].script.description
        pairs += drawn.map { ($0, script) }
        owners += drawn.map { _ in (index, level) }
      }
    }
    for (score, owner) in zip(try trial.play(pairs, name: name), owners) {
      candidates[owner.candidate].levels[owner.level, default: .init()] =
        candidates[owner.candidate].levels[owner.level, default: .init()] + score
    }
    return pairs.count
  }

  /// The best over all levels, and the best of each level.
  private func survivors(of candidates: [Candidate], _ levels: [Int]) -> [Candidate] {
    let count = settings.survivors(of: candidates.count)
    var kept: Set<Int> = []
    for wanted in [levels] + levels.map({ [$0] }) {
      let order = candidates.indices.sorted {
        (-candidates[$0].success(of: wanted), $0) < (-candidates[$1].success(of: wanted), $1)
      }
      kept.formUnion(
        order.prefix(wanted.count > 1 || levels.count == 1 ? count : max(settings.fewest / 2, count / 3)))
    }
    return kept.sorted().map { candidates[$0] }
  }

  /// The greatest first; of equals, the one that was listed first, which has the fewest calls.
  private func sorted(_ candidates: [Candidate], by value: (Candidate) -> Double) -> [Candidate] {
    candidates.indices.sorted { (-value(candidates[$0]), $0) < (-value(candidates[$1]), $1) }.map {
      candidates[$0]
    }
  }
}
