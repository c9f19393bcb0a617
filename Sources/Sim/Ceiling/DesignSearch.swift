import Actors
import Messaging
import Policy

/// Searches for a good design without training anything, one trial after another.
///
/// Both searches get the same number of episodes. Their changes of scripts are drawn at random, where the published methods ask
/// a large language model for them.
package struct DesignSearch: Sendable {
  package enum Method: String, Sendable, CaseIterable {
    /// A tree of changes: a script among the best ones, or the first one, is chosen by a mixture of a uniform and a softmax
    /// distribution over scores, and one change makes a child of it (AFlow, arXiv 2410.10762, section 3.2).
    case tree
    /// An archive of all scripts that were tried: the next one is a change of a good one or a cross of two (ADAS' meta agent
    /// search, arXiv 2408.08435).
    case archive
  }

  package struct Settings: Sendable, Hashable {
    package var method: Method
    /// The most calls of a design.
    package var calls: Int
    /// How many episodes the search may play, in all families together.
    package var episodes: Int
    /// On how many problems each script is tried.
    package var problems = Scenario.Evaluation.searchProblems
    /// How many of the best scripts are tried again at the end, on `problems` times this many problems.
    package var finalists = Scenario.Evaluation.searchFinalists

    /// How many episodes choose among the finalists of a family.
    var finals: Int { finalists * finalists * problems }

    package init(method: Method, calls: Int, episodes: Int) {
      self.method = method
      self.calls = calls
      self.episodes = episodes
    }
  }

  /// How many proposals in a row may fail before a search ends; a small grammar has no more to propose.
  private static let mostFailures = 1000

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

  /// A script that was tried.
  private struct Entry {
    var script: Script
    var score: DesignTrial.Score
  }

  /// Searches each family's training problems, and measures what was found on its held-out tasks.
  package func findings(_ say: (String) -> Void = { _ in }) throws -> [CeilingSearch.Finding] {
    try tasks.heldOut.indices.map { index in
      let (name, heldOut) = tasks.heldOut[index]
      let levels = Array(Set(heldOut.map(\.level))).sorted()
      let stream = "\(settings.method.rawValue)/\(name)"
      var draws = SeededStream(seed: seed, name: stream)
      let edits = ScriptEdits(grammar, calls: settings.calls)
      var finding = CeilingSearch.Finding(family: name)
      var entries: [Entry] = []
      let share = settings.episodes / tasks.families.count
      var failures = 0
      while finding.episodes + settings.problems + settings.finals <= share, failures < Self.mostFailures {
        guard let script = proposal(entries, edits, using: &draws) else {
          failures += 1
          continue
        }
        failures = 0
        if entries.contains(where: { $0.script == script }), Bool.random(using: &draws) { continue }
        let score = try score(script, index, levels, settings.problems, "\(stream)/\(entries.count)")
        finding.episodes += settings.problems
        entries.append(Entry(script: script, score: score))
        if entries.count.isMultiple(of: 50) { say("\(name): \(entries.count) designs tried") }
      }
      finding.designs = entries.count
      var finalists: [CeilingSearch.Candidate] = []
      for (place, entry) in best(entries, settings.finalists).enumerated() {
        let problems = settings.finalists * settings.problems
        let score = try self.score(entry.script, index, levels, problems, "\(stream)/final-\(place)")
        finding.episodes += problems
        finalists.append(.init(script: entry.script, levels: [0: score + entry.score]))
      }
      finding.best = finalists.enumerated().sorted {
        (-$0.element.total.success, $0.offset) < (-$1.element.total.success, $1.offset)
      }.map(\.element)
      if let script = finding.best.first?.script {
        finding.constant = try trial.play(
          heldOut.map { ($0, script.description) }, name: "\(stream)/held-out")
      }
      return finding
    }
  }

  private func score(
    _ script: Script, _ family: Int, _ levels: [Int], _ problems: Int, _ name: String
  ) throws -> DesignTrial.Score {
    var stream = SeededStream(seed: seed, name: name)
    let text = script.description
    let pairs = try (0..<problems).map { problem in
      let level = levels[problem % levels.count]
      return (try tasks.families[family].instance(level: level, split: .train, using: &stream), text)
    }
    return try trial.play(pairs, name: name).reduce(.init(), +)
  }

  /// The best entries, the best first; of equals the earliest.
  private func best(_ entries: [Entry], _ count: Int) -> [Entry] {
    let order = entries.indices.sorted { (-entries[$0].score.success, $0) < (-entries[$1].score.success, $1) }
    var scripts: Set<Script> = []
    return order.map { entries[$0] }.filter { scripts.insert($0.script).inserted }.prefix(count).map(\.self)
  }

  private func proposal(
    _ entries: [Entry], _ edits: ScriptEdits, using draws: inout SeededStream
  ) -> Script? {
    guard let first = entries.first else { return edits.seedling(using: &draws) }
    switch settings.method {
    case .tree:
      // λ = 0.2 and α = 0.4 on scores in percent, as in the paper; of the three best scripts and the first one.
      let candidates = best(entries, 3) + [first]
      let scores = candidates.map { 100 * $0.score.success }
      let top = scores.max() ?? 0
      let shares = scores.map { Elementary.exp(0.4 * ($0 - top)) }
      let total = shares.reduce(0, +)
      let weights = shares.map { 0.2 / Double(candidates.count) + 0.8 * $0 / total }
      return edits.changed(candidates[weights.weightedIndex(using: &draws)].script, using: &draws)
    case .archive:
      let ranked = best(entries, entries.count)
      // The better of two, twice.
      func parent() -> Script {
        let places = (0..<2).map { _ in Int.random(in: ranked.indices, using: &draws) }
        return ranked[places.min() ?? 0].script
      }
      if entries.count < 8 { return edits.seedling(using: &draws) }
      return Bool.random(using: &draws)
        ? edits.changed(parent(), using: &draws) : edits.crossed(parent(), parent(), using: &draws)
    }
  }
}
