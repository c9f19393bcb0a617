import Actors
import Foundation
import Messaging
import Policy

/// Everything that a run depends on, except weights: tasks, agents, rollouts, credit, stages and expectations.
///
/// A scenario is JSON5 text, in which every setting has a default. Swift code may change the settings that are public
/// here: agents with lines, what happens to them and what must hold, and the shape of rollouts, credit and stages. It
/// then calls ``validated(by:)``.
///
/// ```
/// let scenario = try Scenario(
///   name: "a lost question",
///   agents: [
///     .init(name: "asker", lines: [.init(say: "2 + 2?", to: "solver"), .init(on: "4", say: "4", reward: 1)]),
///     .init(name: "solver", lines: [.init(on: "2 + 2?", after: .seconds(1), say: "4", to: "asker")]),
///   ],
///   timeline: [
///     .drop(at: .zero, from: "asker", to: "solver"),
///     .say(at: .seconds(3), agent: "asker", text: "2 + 2?", to: "solver"),
///   ],
///   expect: [.answerWithin(.seconds(5))]
/// ).validated()
/// ```
public struct Scenario: SettingsSection {
  /// The name that reports show.
  public var name = "untitled"
  /// The seed from which all streams derive; `--seed` replaces it.
  public var seed: UInt64 = 1
  /// The strategy that chooses which of several ready events of one instant goes first.
  public var strategy = Strategy.fifo

  package var tasks = Tasks()
  /// The transformer's dimensions.
  package var policy = PolicyShape()
  package var weights = ParameterSharing()
  /// Who answers generations in `troupe run`, `explore` and `fork` unless `--policy` says another: `scripted`, or a
  /// policy that the program has registered.
  package var player = "scripted"
  package var servers = Servers()
  /// The executor roles that a script may name; at least one.
  package var roles = ["step", "solve"]
  /// The tools that a script may name.
  package var tools: [String] = []
  package var script = ScriptLimits()
  package var executor = Executor()
  package var latency = Latency()

  package var coldStart = ColdStart()
  public var rollout = Rollout()
  public var credit = Credit()
  public var stages = Stages()
  package var exploration = Exploration()
  package var optimizer = Optimizer()
  package var evaluation = Evaluation()
  package var checkpoints = Checkpoints()

  /// The agents of `troupe run`, scripted or of registered kinds.
  public var agents: [Agent] = []
  /// The number of episodes that `troupe run` plays.
  public var episodes = 1
  /// What is done at which time of every episode: faults, and what agents with lines say.
  public var timeline: [TimelineEntry] = []
  /// The faults that happen by chance.
  public var chance = FaultRates()
  /// The parameters of `strategy: "pct"`.
  public var pct = PCT()
  /// The good end of an episode: with an answer, or also when nothing is left to happen.
  public var ends = End.answer
  /// The conditions that every episode of `troupe run` must meet.
  public var expect: [Expectation] = []
  /// Where it was read from.
  private(set) var source = Source()

  public init() {}

  /// Makes a scenario of agents, as one writes it for a test. The settings that it does not name have their defaults.
  public init(
    name: String, seed: UInt64 = 1, strategy: Strategy = .fifo, agents: [Agent], episodes: Int = 1,
    timeline: [TimelineEntry] = [], chance: FaultRates = FaultRates(), ends: End = .answer,
    expect: [Expectation] = []
  ) {
    (self.name, self.seed, self.strategy, self.agents, self.episodes) = (
      name, seed, strategy, agents, episodes
    )
    (self.timeline, self.chance, self.ends, self.expect) = (timeline, chance, ends, expect)
  }

  public enum Strategy: String, Sendable, CaseIterable, SettingsWord { case fifo, random, pct }
  public enum End: String, Sendable, CaseIterable, SettingsWord { case answer, quiet }

  mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
    let catalogue = table.catalogue
    try table.field("name", &name, .notEmpty)
    try table.field("seed", &seed)
    try table.field("strategy", &strategy)
    try table.field("pct", &pct)
    try table.field("tasks", &tasks)
    try table.field("policy", &policy)
    if table.isReading, policy.from != nil { weights = .ofPublishedModel }
    try table.field("weights", &weights)
    try table.field("player", &player, .known("policy", catalogue.players))
    try table.field("servers", &servers)
    try table.field(
      "roles", &roles, .notEmpty, .each(.known("role", catalogue.roles)), .unique("role") { $0 })
    try table.field("tools", &tools, .each(.known("tool", catalogue.tools)), .unique("tool") { $0 })
    try table.field("script", &script)
    try table.field("executor", &executor)
    try table.field("latency", &latency)
    try table.field("coldStart", &coldStart)
    try table.field("rollout", &rollout)
    try table.field("credit", &credit)
    try table.field("stages", &stages)
    try table.field("exploration", &exploration)
    try table.field("optimizer", &optimizer)
    try table.field("evaluation", &evaluation)
    try table.field("checkpoints", &checkpoints)
    try table.field("agents", &agents, .unique("agent", \.name))
    try table.field("episodes", &episodes, .within(1...1_000_000))
    try table.field("timeline", &timeline)
    try table.field("chance", &chance)
    try table.field("ends", &ends)
    try table.field("expect", &expect)
    checkNames(&table)
    checkRollouts(&table)
    checkGrammar(&table)
  }

  /// Checks that there is a grammar of the scripts: that definitions can be read, and that a script fits the budget.
  private func checkGrammar(_ table: inout SettingsTable) {
    do throws(ScriptGrammarError) {
      let grammar = try grammar()
      for (family, text) in rollout.scripts.sorted(by: { $0.key < $1.key }) {
        do throws(ScriptError) {
          _ = try grammar.parse(text)
        } catch {
          table.require(false, at: ["rollout", "scripts", family], kind: .impossibleValue, "\(error)")
        }
      }
    } catch {
      var library: Int?
      if case .library(let text, _) = error { library = script.library.firstIndex(of: text) }
      table.require(
        false, at: library.map { ["script", "library", "\($0)"] } ?? ["script"], kind: .impossibleValue,
        "\(error)")
    }
  }

  /// Checks that sections name only families, roles and agents that this scenario has.
  private func checkNames(_ table: inout SettingsTable) {
    let shown = coldStart.executor
    for (role, key, names) in [
      ("executor", "batch", shown.batch.keys.sorted()), ("executor", "levels", shown.levels.keys.sorted()),
      ("executor", "finished", shown.finished.keys.sorted()),
      ("designer", "chains", coldStart.designer.chains.keys.sorted()),
    ] {
      for family in names { requireFamily(family, at: ["coldStart", role, key], &table) }
    }
    for family in rollout.scripts.keys.sorted() { requireFamily(family, at: ["rollout", "scripts"], &table) }
    table.require(
      tasks.families.contains { rollout.scripts[$0.name] == nil } || stages.freeze != .hard
        || stages.learningSteps(of: .designer, before: stages.steps) == 0, at: ["rollout", "scripts"],
      "every family has a script, so that no designer is asked, and the stages of the designer teach nothing")
    for (family, weights) in shown.levels.sorted(by: { $0.key < $1.key }) {
      let most = table.catalogue.families.first { $0.name == family }?.levels.upperBound ?? weights.count
      table.require(
        weights.count <= most, at: ["coldStart", "executor", "levels", family],
        "\(weights.count) weights for a family of \(most) levels")
    }
    for role in shown.shares.keys.sorted() {
      table.require(
        roles.contains(role), at: ["coldStart", "executor", "shares", role],
        "the scenario has no role \"\(role)\", only \(roles.joined(separator: ", "))")
    }
    if case .role(let role) = credit.replacement {
      let known = ["redraw", "handOn"] + roles
      table.require(
        roles.contains(role), at: ["credit", "baseline"], kind: .unknownName,
        Spelling.complaint(about: role, as: "baseline", known: known))
    }
    let fewest = Evaluation.fewestSearchEpisodes(families: tasks.families.count)
    table.require(
      (evaluation.searchEpisodes ?? fewest) >= fewest, at: ["evaluation", "searchEpisodes"],
      "a search of \(tasks.families.count) families needs at least \(fewest) episodes")
    checkAgents(&table)
  }

  private func requireFamily(_ family: String, at path: [String], _ table: inout SettingsTable) {
    let families = tasks.families.map(\.name)
    table.require(
      families.contains(family), at: path + [family],
      "the scenario has no family \"\(family)\", only \(families.joined(separator: ", "))")
  }

  /// Checks that groups and minibatches are possible for the number of trajectories.
  private func checkRollouts(_ table: inout SettingsTable) {
    table.require(
      credit.executorGrouping == .question || rollout.executions > 1, at: ["credit", "executorGrouping"],
      "groups per design need rollout.executions of at least 2, or no executor ever has an advantage")
    let designs = rollout.tasks * rollout.designs
    // With a soft freeze or none the designer also learns from the rollout's own designs.
    let fewest = min(designs, rollout.tasks * (exploration.designs ?? rollout.designs))
    for (role, minibatches, trajectories) in [
      ("designer", optimizer.designer.minibatches, fewest),
      ("executor", optimizer.executor.minibatches, designs * rollout.executions),
    ] {
      table.require(
        minibatches <= trajectories, at: ["optimizer", role, "minibatches"],
        "\(minibatches) is more than a step's trajectories, \(trajectories)")
    }
  }
}

extension Scenario {
  /// The text that a scenario was read from. All are equal: two files that say the same mean the same.
  struct Source: Sendable, Hashable {
    /// `nil` for a scenario that was made in Swift.
    var root: Setting?

    static func == (a: Source, b: Source) -> Bool { true }
    func hash(into hasher: inout Hasher) {}
  }

  /// Where the file has the setting at a path of keys and list indices; `nil` for a scenario made in Swift.
  package func position(of keys: [String]) -> SourcePosition? { source.root?.descendant(keys).node.position }

  /// The error with this text about the setting at a path of keys and list indices, or about the innermost setting
  /// above it that the file has.
  func failure(at keys: [String], _ kind: ScenarioError.Kind, _ what: String) -> ScenarioError {
    source.root?.descendant(keys).failure(kind, what)
      ?? ScenarioError(kind: kind, file: name, position: nil, path: keys.joined(separator: "."), what: what)
  }

  /// The greatest number of bytes of a scenario file.
  package static let maximumBytes = JSON5Parser.maximumBytes

  /// Reads a scenario from JSON5 text. `file` is the file's name in errors.
  public init(
    json5 text: String, file: String = "scenario", catalogue: ScenarioCatalogue = .stock
  ) throws(ScenarioError) {
    let setting = try Setting(json5: text, file: file, catalogue: catalogue).inWordsOfToday
    try self.init(reading: setting)
    source.root = setting
  }

  /// Reads a scenario file of at most `maximumBytes`.
  public init(contentsOf url: URL, catalogue: ScenarioCatalogue = .stock) throws(ScenarioError) {
    try self.init(json5: Self.text(of: url), file: url.relativePath, catalogue: catalogue)
  }

  mutating func update(from setting: Setting) throws(ScenarioError) {
    var table = try SettingsTable(reading: setting.inWordsOfToday)
    try describe(&table)
    try table.finish()
  }

  /// The text of a file of at most `maximumBytes`.
  static func text(of url: URL) throws(ScenarioError) -> String {
    let bytes = try bytes(of: url, atMost: Scenario.maximumBytes)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw unreadable(url, "is not UTF-8 text")
    }
    return text
  }

  /// Reads a file of at most `most` bytes.
  static func bytes(of url: URL, atMost most: Int) throws(ScenarioError) -> Data {
    let bytes: Data
    do {
      let handle = try FileHandle(forReadingFrom: url)
      defer { try? handle.close() }
      bytes = try handle.read(upToCount: most + 1) ?? Data()
    } catch {
      throw unreadable(url, "\(FileFailure(error, .read))")
    }
    guard bytes.count <= most else { throw unreadable(url, "is larger than \(most) bytes") }
    return bytes
  }

  private static func unreadable(_ url: URL, _ what: String) -> ScenarioError {
    ScenarioError(kind: .unreadable, file: url.relativePath, position: nil, path: "", what: what)
  }

  /// Returns the scenario checked in the same way as a file, for scenarios that are built in Swift.
  public func validated(by catalogue: ScenarioCatalogue = .stock) throws(ScenarioError) -> Scenario {
    try Scenario(json5: canonicalText, file: name, catalogue: catalogue)
  }

  /// The scenario as JSON, with every setting spelt out in a fixed order.
  ///
  /// Two files with the same meaning have the same canonical text. Reading it gives an equal scenario.
  public var canonicalText: String { written.jsonText + "\n" }

  /// The canonical text, or an older text of the same scenario in the words that scenarios had then.
  ///
  /// A log that is gone on with keeps the text with which it was begun, also if servers are asked more patiently now.
  func text(keeping older: String, catalogue: ScenarioCatalogue) -> String {
    let begun = try? Scenario(json5: older, catalogue: catalogue)
    return begun?.withoutServerLimits == withoutServerLimits ? older : canonicalText
  }

  /// The scenario as JSON with what differs from the defaults alone, for a file to go on with by hand.
  ///
  /// Reading it gives an equal scenario.
  public var shortText: String {
    guard case .object(var members) = writtenWithoutDefaults, case .object(let all) = written else {
      preconditionFailure("a scenario is an object")
    }
    // The dimensions of a policy are given together or not at all, and the weights of a published model have other defaults.
    for key in policy.from == nil ? ["policy"] : ["policy", "weights"] {
      guard let whole = all.first(where: { $0.key == key }) else { continue }
      if let place = members.firstIndex(where: { $0.key == key }) {
        members[place] = whole
      } else if policy.from != nil {
        members.append(whole)
      }
    }
    return JSON5Value.object(members).jsonText + "\n"
  }

  private static let settings = jsonSchema()

  /// All settings that differ from the defaults.
  var writtenWithoutDefaults: JSON5Value { written.without(Scenario().written, schema: Self.settings) }

  /// The 64-bit FNV-1a hash of ``shortText``. Files that mean the same have the same digest, and a setting that a later version
  /// adds changes none as long as it has its default.
  package var digest: UInt64 {
    shortText.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
