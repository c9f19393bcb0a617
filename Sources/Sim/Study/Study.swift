import Actors
import Foundation
import Messaging

/// A grid of training runs: every arm, which is a scenario with some changes, is trained with every seed.
///
/// A study is a JSON5 file. The changes of an arm are merged into the scenario's file key by key before the scenario is
/// read, so an arm may change whatever a scenario file may say. All cells are evaluated on the same held-out tasks.
package struct Study: SettingsSection {
  package var name = "untitled"
  /// The scenario's file, relative to the study's.
  package var scenario = ""
  package var seeds: [UInt64] = []
  /// The part of the scenario that all arms replace; an arm's own changes come after it.
  var changes = Changes(object: JSON5Node(.object([])))
  /// The held-out tasks of every cell; `nil` for the scenario's own.
  var heldOut: Scenario.HeldOut?
  package var arms: [Arm] = []
  /// The pairs that are compared: the first less the second. Each is an arm, whose trained policy is meant, or an arm and the
  /// name of another policy of its last evaluation: `ARM: cold start`.
  package var compare: [[String]] = []
  /// The pairs, written as those of ``compare``, of which the first must solve more than the second, in all families
  /// together, for every seed and decoding.
  package var expect: [[String]] = []
  /// A success on held-out tasks, 0 to 1: the study tells how many steps and tokens each arm took until it first had it.
  package var reach: Double?
  /// The minutes that the study may take; `nil` for any.
  package var budgetMinutes: Double?
  /// The text that the study was read from.
  private var source: Setting?

  package init() {}

  /// A scenario with some changes.
  package struct Arm: SettingsSection {
    package var name = ""
    /// The part of a scenario that replaces what the study's scenario says.
    var changes = Changes(object: JSON5Node(.object([])))

    package init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("name", &name, required: true, .notEmpty)
      try table.field("changes", &changes)
    }

    /// The beginning of the names of this arm's directories.
    var directoryName: String { String(name.map { $0.isLetter || $0.isNumber ? $0 : "-" }) }
  }

  /// A part of a scenario, which is read after it is merged.
  struct Changes: SettingsValue, Sendable, Hashable {
    var object: JSON5Node

    init(object: JSON5Node) { self.object = object }

    init(reading setting: Setting) throws(ScenarioError) {
      for member in try setting.members() where member.key == "seed" {
        throw setting.failure(
          .contradiction, "the study gives the seeds: seeds, not changes", at: member.position)
      }
      if case .object = setting.descendant(["tasks", "heldOut"]).node.value,
        let tasks = try setting.members().first(where: { $0.key == "tasks" }),
        let member = try setting.child(tasks).members().first(where: { $0.key == "heldOut" })
      {
        throw setting.failure(
          .contradiction, "all cells have the same held-out tasks: give heldOut beside arms, not in changes",
          at: member.position)
      }
      object = setting.node
    }

    static func schema(_ catalogue: ScenarioCatalogue) -> JSONValue { ["type": "object"] }

    var written: JSON5Value { object.value }
  }

  mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
    try table.field("name", &name, .notEmpty)
    try table.field("scenario", &scenario, required: true, .notEmpty)
    try table.field("seeds", &seeds, required: true, .notEmpty, .unique("seed") { "\($0)" })
    try table.field("changes", &changes)
    try table.field("heldOut", &heldOut)
    try table.field("arms", &arms, required: true, .notEmpty, .unique("arm", \.name))
    let names = arms.map(\.name)
    try table.field("compare", &compare, .each(.pair(of: names)), .unique("comparison") { "\($0)" })
    try table.field("expect", &expect, .each(.pair(of: names)), .unique("expectation") { "\($0)" })
    try table.field("reach", &reach, .within(0...1))
    try table.field("budgetMinutes", &budgetMinutes, .positive)
    for (index, arm) in arms.enumerated() {
      let twin = arms[..<index].first { $0.directoryName == arm.directoryName }
      table.require(
        twin == nil, at: ["arms", "\(index)", "name"],
        "\"\(arm.name)\" would be kept in the directories of \"\(twin?.name ?? "")\"; give it another name")
    }
  }

  // Where a study was read from decides nothing.
  package static func == (a: Study, b: Study) -> Bool { a.written == b.written }
  package func hash(into hasher: inout Hasher) { hasher.combine(written) }
}

extension Study {
  /// One side of a comparison: a policy of an arm.
  struct Side: Sendable, Hashable {
    var arm: String
    var policy: String

    /// Reads what a study file says: an arm, or `ARM: POLICY`.
    init(_ text: String, _ arms: [String]) {
      let (arm, policy) = Self.parts(of: text, arms)
      (self.arm, self.policy) = (arm, policy ?? TrainingRun.trained)
    }

    static func parts(of text: String, _ arms: [String]) -> (arm: String, policy: String?) {
      guard !arms.contains(text), let colon = text.firstRange(of: ": ") else { return (text, nil) }
      return (String(text[..<colon.lowerBound]), String(text[colon.upperBound...]))
    }
  }

  /// One training run of the grid.
  package struct Cell: Sendable, Hashable {
    package var arm: String
    package var seed: UInt64
    package var scenario: Scenario
    /// The name of its directory.
    package var directoryName: String

    /// The name for people.
    package var name: String { "\(arm), seed \(seed)" }
  }

  /// Whether a file is a study and no scenario, by the keys that only a study has.
  package static func isStudy(_ url: URL) -> Bool {
    guard let text = try? Scenario.text(of: url),
      let members = try? Setting(json5: text, file: url.relativePath, catalogue: .stock).members()
    else { return false }
    return members.contains { ["scenario", "arms", "seeds"].contains($0.key) }
  }

  /// Reads a study file and returns the study with its cells, in the order of the arms and, in each arm, of the seeds.
  ///
  /// The scenario must be valid without changes, with those of the study, and with those of each arm. An error of changes names
  /// the study's file. The errors of all arms are told at once.
  /// - Throws: ``ScenarioError``.
  package static func read(
    _ url: URL, _ catalogue: ScenarioCatalogue = .stock
  ) throws -> (study: Study, cells: [Cell]) {
    let root = try Setting(json5: Scenario.text(of: url), file: url.relativePath, catalogue: catalogue)
    var study = try Study(reading: root)
    study.source = root
    return (study, try study.cells(besides: url, root))
  }

  private func cells(besides url: URL, _ root: Setting) throws -> [Cell] {
    let file =
      scenario.hasPrefix("/")
      ? URL(filePath: scenario) : url.deletingLastPathComponent().appending(path: scenario)
    let text = try textOfScenario(file, root)
    let written = try Setting(json5: text, file: file.relativePath, catalogue: root.catalogue)
    _ = try Scenario(reading: written)
    let base = written.merging(changes.object)
    let unchanged = try scenario(base, changedBy: root.descendant(["changes"]))
    var heldOut = unchanged.tasks.heldOut
    if self.heldOut != nil { try heldOut.update(from: root.descendant(["heldOut"])) }
    var (scenarios, errors) = ([Scenario](), [ScenarioError]())
    for (index, arm) in arms.enumerated() {
      let changed = root.descendant(["arms", "\(index)", "changes"])
      do throws(ScenarioError) {
        var scenario = try scenario(base.merging(arm.changes.object), changedBy: changed)
        scenario.tasks.heldOut = heldOut
        try Self.requireTrainable(scenario, changedBy: changed)
        scenarios.append(scenario)
      } catch {
        errors.append(error)
      }
    }
    if let error = ScenarioError(joining: errors) { throw error }
    try checkTasks(scenarios, root)
    return zip(arms, scenarios).flatMap { arm, scenario in
      seeds.map { seed in
        var scenario = scenario
        scenario.seed = seed
        return Cell(
          arm: arm.name, seed: seed, scenario: scenario, directoryName: "\(arm.directoryName)-seed-\(seed)")
      }
    }
  }

  /// Refuses an arm that cannot be trained, at its changes.
  private static func requireTrainable(_ scenario: Scenario, changedBy changes: Setting) throws(ScenarioError)
  {
    do {
      try scenario.requireTrainable()
    } catch let error as ScenarioError {
      throw error.inChanges(changes)
    } catch {
      throw changes.failure(.contradiction, "\(error)")
    }
  }

  private func textOfScenario(_ file: URL, _ root: Setting) throws(ScenarioError) -> String {
    do {
      return try Scenario.text(of: file)
    } catch {
      throw root.descendant(["scenario"]).failure(error.kind, "\(scenario) \(error.what)")
    }
  }

  private func scenario(_ merged: Setting, changedBy changes: Setting) throws(ScenarioError) -> Scenario {
    do {
      return try Scenario(reading: merged)
    } catch {
      throw error.inChanges(changes)
    }
  }

  /// Refuses a comparison of two arms whose held-out tasks are not the same.
  private func checkTasks(_ scenarios: [Scenario], _ root: Setting) throws(ScenarioError) {
    func scenario(_ name: String) -> Scenario? {
      let side = Side(name, arms.map(\.name))
      return zip(arms, scenarios).first { $0.0.name == side.arm }?.1
    }
    func tasks(_ name: String) -> [Scenario.Family] {
      (scenario(name)?.tasks.families ?? []).map { family in
        var family = family
        family.weight = 1
        return family
      }
    }
    for (key, pairs) in [("compare", compare), ("expect", expect)] {
      for (index, pair) in pairs.enumerated() {
        let setting = root.descendant([key, "\(index)"])
        guard tasks(pair[0]) == tasks(pair[1]) else {
          throw setting.failure(
            .contradiction,
            "\"\(pair[0])\" and \"\(pair[1])\" have other families, levels or options of tasks")
        }
        for name in pair {
          let evaluation = scenario(name)?.evaluation
          let policy = Side(name, arms.map(\.name)).policy
          for (key, policies, value) in [
            ("ceilingCalls", TrainingRun.ceilingPolicies, evaluation?.ceilingCalls),
            ("searchEpisodes", TrainingRun.searchPolicies, evaluation?.searchEpisodes),
          ] where value == nil && policies.contains(policy) {
            throw setting.failure(
              .contradiction, "\"\(policy)\" is measured only if the arm's scenario has evaluation.\(key)")
          }
        }
      }
    }
  }

  /// Returns the error with this text about the study's budget.
  package func budgetFailure(_ what: String) -> ScenarioError {
    source?.descendant(["budgetMinutes"]).failure(.impossibleValue, what)
      ?? ScenarioError(kind: .impossibleValue, file: name, position: nil, path: "budgetMinutes", what: what)
  }
}

extension Rule where Value == [String] {
  /// The rule that a list is two different names of arms.
  fileprivate static func pair(of names: [String]) -> Rule {
    Rule { (pair, setting) throws(ScenarioError) in
      guard pair.count == 2, pair[0] != pair[1] else {
        throw setting.failure(.impossibleValue, "must be two arms: [\"one\", \"another\"]")
      }
      for (side, element) in zip(pair, try setting.elements()) {
        let (arm, policy) = Study.Side.parts(of: side, names)
        guard policy == nil || names.contains(arm) else {
          throw element.failure(.unknownName, Spelling.complaint(about: arm, as: "arm", known: names))
        }
        if let policy {
          try Rule<String>.known("policy", TrainingRun.policies).check(policy, element)
        } else {
          try Rule<String>.known("arm", names).check(arm, element)
        }
      }
    }
  }
}

extension Setting {
  /// Returns this object with `changes`: objects are merged key by key, and anything else is replaced.
  fileprivate func merging(_ changes: JSON5Node) -> Setting {
    Setting(node: node.merging(changes), path: path, file: file, catalogue: catalogue)
  }
}

extension JSON5Node {
  fileprivate func merging(_ changes: JSON5Node) -> JSON5Node {
    guard case .object(var members) = value, case .object(let changed) = changes.value else { return changes }
    for change in changed {
      if let index = members.firstIndex(where: { $0.key == change.key }) {
        members[index].node = members[index].node.merging(change.node)
      } else {
        members.append(change)
      }
    }
    return JSON5Node(.object(members), at: position)
  }
}

extension ScenarioError {
  /// Returns this error, of a merged scenario, as one about the changes that were merged.
  ///
  /// The scenario is valid without them, so they are the cause. The line is that of the key that is wrong, or of the
  /// innermost of the changes around it.
  fileprivate func inChanges(_ changes: Setting) -> ScenarioError {
    let keys = path.split { ".[]".contains($0) }.map(String.init)
    let nearest = changes.descendant(keys)
    var error = self
    error.file = changes.file
    error.path = changes.path + (path.isEmpty ? "" : ".\(path)")
    let places = [nearest.node.position] + ((try? nearest.members()) ?? []).map(\.position)
    if !places.contains(where: { $0 == position }) { error.position = nearest.node.position }
    return error
  }
}
