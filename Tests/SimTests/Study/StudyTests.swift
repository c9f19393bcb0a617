import Foundation
import Testing

@testable import Sim

@Suite("A study file")
struct StudyTests {
  /// A scenario whose cold start has a warm-up, so that a change of its steps alone can contradict it.
  static let scenario = """
    { name: "base", seed: 9,
      tasks: { families: [{ name: "arithmetic", levels: [2, 3], largest: 19 }], heldOut: { perFamily: 8 } },
      policy: { hiddenSize: 16, layers: 1, heads: 2, keyValueHeads: 1, headDimension: 8, intermediateSize: 24 },
      coldStart: { steps: 20, warmup: 5, designer: { batch: 8 }, executor: { batch: { arithmetic: 16 } } },
      rollout: { tasks: 4, designs: 2, executions: 2 },
      stages: { count: 2, executorSteps: 2, designerSteps: 2 },
      evaluation: { every: 2, tasks: 4 }, checkpoints: { every: 1 } }
    """

  /// A directory that is removed after the test.
  final class Directory {
    let url = FileManager.default.temporaryDirectory.appending(path: "study-\(UUID())")

    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(at: url) }

    func write(_ text: String, to name: String) throws -> URL {
      let file = url.appending(path: name)
      try Data(text.utf8).write(to: file)
      return file
    }

    /// Reads a study beside a scenario `base.json5`.
    func read(_ text: String) throws -> (study: Study, cells: [Study.Cell]) {
      _ = try write(StudyTests.scenario, to: "base.json5")
      return try Study.read(write(text, to: "study.json5"))
    }
  }

  private let directory: Directory

  init() throws { directory = try Directory() }

  @Test("changes beside the arms are made in all of them, before those of each arm")
  func commonChanges() throws {
    let (_, cells) = try directory.read(
      """
      { name: "s", scenario: "base.json5", seeds: [3], changes: { rollout: { tasks: 6, designs: 3 } },
        arms: [{ name: "as it is" }, { name: "changed", changes: { rollout: { tasks: 7 } } }] }
      """)
    #expect(
      cells.map(\.scenario.rollout.tasks) == [6, 7] && cells.map(\.scenario.rollout.designs) == [3, 3])
    #expect(cells.allSatisfy { $0.scenario.rollout.executions == 2 })
  }

  @Test("cells are the arms with every seed; changes are merged key by key; all have the study's tasks")
  func cells() throws {
    let (study, cells) = try directory.read(
      """
      { name: "s", scenario: "base.json5", seeds: [3, 18446744073709551615], heldOut: { seed: 77 },
        arms: [{ name: "as it is" },
          { name: "changed", changes: { rollout: { tasks: 6 }, roles: ["solve"], coldStart: { executor: { shares: { solve: 1 } } } } }],
        compare: [["changed", "as it is"]] }
      """)
    #expect(study.seeds == [3, UInt64.max] && study.compare == [["changed", "as it is"]])
    #expect(
      cells.map(\.directoryName) == [
        "as-it-is-seed-3", "as-it-is-seed-18446744073709551615", "changed-seed-3",
        "changed-seed-18446744073709551615",
      ])
    var base = try Scenario(json5: Self.scenario)
    base.tasks.heldOut.seed = 77
    base.seed = 3
    #expect(cells[0].scenario == base && base.tasks.heldOut.perFamily == 8)
    base.rollout.tasks = 6
    base.roles = ["solve"]
    base.coldStart.executor.shares = ["solve": 1]
    #expect(cells[2].scenario == base)
    base.seed = .max
    #expect(cells[3].scenario == base)
  }

  static let bad: [(text: String, line: String)] = [
    ("arms: [{ name: 'a' }], sedes: [1]", "1:50: unknown key \"sedes\"; did you mean \"seeds\"?"),
    ("arms: [{ name: 'a' }]", "1:1: the key \"seeds\" is missing"),
    ("seeds: [1]", "1:1: the key \"arms\" is missing"),
    // An empty grid
    ("seeds: [], arms: [{ name: 'a' }]", "1:34: seeds: must not be empty"),
    ("seeds: [1],\n arms: []", "2:8: arms: must not be empty"),
    // Twice
    (
      "seeds: [1], arms: [{ name: 'a' },\n { name: 'a' }]",
      "2:2: arms[1]: the arm \"a\" is given twice"
    ),
    ("seeds: [1, 1], arms: [{ name: 'a' }]", "1:38: seeds[1]: the seed \"1\" is given twice"),
    (
      "seeds: [1], arms: [{ name: 'a b' },\n { name: 'a-b' }]",
      "2:10: arms[1].name: \"a-b\" would be kept in the directories of \"a b\"; give it another name"
    ),
    // A change that makes the scenario invalid
    (
      "seeds: [1], arms: [{ name: 'a', changes: {\n rolout: {} } }]",
      "2:2: arms[0].changes: unknown key \"rolout\"; did you mean \"rollout\"?"
    ),
    (
      "seeds: [1], arms: [{ name: 'a', changes: { rollout: { tasks: 2,\n desings: 3 } } }]",
      "2:2: arms[0].changes.rollout: unknown key \"desings\"; did you mean \"designs\"?"
    ),
    (
      "seeds: [1], arms: [{ name: 'a', changes: { rollout: {\n tasks: 0 } } }]",
      "2:9: arms[0].changes.rollout.tasks: 0 must be from 1 to 4096"
    ),
    (
      "seeds: [1], arms: [{ name: 'a', changes: {\n\n  coldStart: { steps: 2 } } }]",
      "3:14: arms[0].changes.coldStart.warmup: warmup is 5, more than the 2 steps"
    ),
    (
      "seeds: [1], arms: [{ name: 'a', changes: {\n policy: { preset: 'nano' } } }]",
      "2:20: arms[0].changes.policy.preset: a preset fixes all dimensions; give the preset or the dimensions, not both"
    ),
    (
      "seeds: [1], arms: [{ name: 'a', changes: 3 }]",
      "1:68: arms[0].changes: expected an object, found a number"
    ),
    (
      "seeds: [1], arms: [{ name: 'a' }], changes: {\n rollout: { tasks: 0 } }",
      "2:20: changes.rollout.tasks: 0 must be from 1 to 4096"
    ),
    (
      "seeds: [1], arms: [{ name: 'a' }], changes: { seed: 3 }",
      "1:73: changes: the study gives the seeds: seeds, not changes"
    ),
    (
      "seeds: [1], arms: [{ name: 'a', changes: { seed: 3 } }]",
      "1:70: arms[0].changes: the study gives the seeds: seeds, not changes"
    ),
    (
      "seeds: [1], arms: [{ name: 'a', changes: { tasks: {\n heldOut: { perFamily: 3 } } } }]",
      "2:2: arms[0].changes: all cells have the same held-out tasks: give heldOut beside arms, not in changes"
    ),
    // Comparisons
    (
      "seeds: [1], arms: [{ name: 'both' }, { name: 'split' }],\n compare: [['splt', 'both']]",
      "2:13: compare[0][0]: unknown arm \"splt\"; did you mean \"split\"?"
    ),
    (
      "seeds: [1], arms: [{ name: 'both' }],\n compare: [['both', 'both']]",
      "2:12: compare[0]: must be two arms: [\"one\", \"another\"]"
    ),
    (
      "seeds: [1], arms: [{ name: 'a' }, { name: 'b', changes: { tasks: { families: [{ name: 'synthesis' }] }, coldStart: { executor: { batch: {} } } } }]",
      "1:163: arms[1].changes.coldStart.executor.batch.arithmetic: the scenario has no family \"arithmetic\", only synthesis"
    ),
    (
      "seeds: [1], arms: [{ name: 'a' }, { name: 'b', changes: { tasks: { families: [{ name: 'arithmetic' }] } } }],\n compare: [['b', 'a']]",
      "2:12: compare[0]: \"b\" and \"a\" have other families, levels or options of tasks"
    ),
    ("seeds: [1], arms: [{ name: 'a' }], budgetMinutes: 0", "1:77: budgetMinutes: 0.0 must be above 0"),
    ("seeds: [1], heldOut: { perfamily: 3 }, arms: [{ name: 'a' }]", "1:50: heldOut: unknown key"),
  ]

  @Test("a bad study is refused by one line with the study's file, line and column", arguments: bad)
  func refusals(text: String, line: String) throws {
    let thrown = #expect(throws: ScenarioError.self) {
      try directory.read("{ scenario: 'base.json5', " + text + " }")
    }
    let error = try #require(thrown).description
    let file = directory.url.appending(path: "study.json5").path
    #expect(error.hasPrefix("\(file):\(line)"), "\(error)")
    #expect(!error.contains("\n"))
  }

  @Test(
    "a scenario that is missing or invalid by itself is named, where the study names it or in its own lines")
  func scenarios() throws {
    func refusal(_ scenario: String) throws -> String {
      let file = try directory.write(
        "{ seeds: [1],\n scenario: '\(scenario)', arms: [{ name: 'a' }] }", to: "study.json5")
      let thrown = #expect(throws: (any Error).self) { try Study.read(file) }
      return String(describing: try #require(thrown)).replacing(
        directory.url.path + "/", with: "")
    }
    #expect(
      try refusal("nowhere.json5").hasPrefix(
        "study.json5:2:12: scenario: nowhere.json5 cannot be read, because there is no such file; check the path"
      ))
    _ = try directory.write("{\n rolout: {} }", to: "bad.json5")
    #expect(try refusal("bad.json5") == "bad.json5:2:2: unknown key \"rolout\"; did you mean \"rollout\"?")
    _ = try directory.write("{ chance: { drop: 0.5 } }", to: "faulty.json5")
    #expect(try refusal("faulty.json5").contains("training and evaluation play without faults"))
  }

  @Test(
    "the studies that ship are valid, and the results that are kept of them are those of their present settings"
  )
  func shipped() throws {
    var root = URL(filePath: #filePath)
    for _ in 0..<4 { root.deleteLastPathComponent() }
    let studies = root.appending(path: "scenarios/studies")
    let files = try FileManager.default.contentsOfDirectory(at: studies, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "json5" }
    #expect(!files.isEmpty)
    for file in files {
      let (study, cells) = try Study.read(file)
      let files = StudyResults.Files(in: file.deletingPathExtension())
      let kept = try StudyResults(of: study, cells, reading: files).cells
      if study.name == "quickstart" { #expect(kept.map(\.cell) == cells) }
      for found in kept {
        let scenario = found.cell.scenario
        let policies =
          TrainingRun.lastEvaluations + (scenario.evaluation.ceilingCalls == nil ? 0 : 6)
          + (scenario.evaluation.searchEpisodes == nil ? 0 : 4)
        #expect(
          found.rows.count == policies * scenario.tasks.families.count, "\(study.name): \(found.cell.name)")
      }
      // No line is of other settings than the study gives now.
      guard FileManager.default.fileExists(atPath: files.training.path) else { continue }
      let lines = try String(contentsOf: files.training, encoding: .utf8).split(separator: "\n")
      #expect(lines.count == 1 + kept.count, "\(study.name)")
    }
  }
}
