import Foundation
import Testing

/// What `troupe check` says of studies and of the directories of runs.
@Suite("Checking studies and runs")
struct CheckTests {
  private let files: TemporaryFiles

  init() throws { files = try TemporaryFiles() }

  private static let short = TrainingTests.tiny.replacing("steps: 110", with: "steps: 3").replacing(
    "warmup: 5", with: "warmup: 1"
  ).replacing(
    "count: 4, executorSteps: 6, designerSteps: 4", with: "count: 2, executorSteps: 1, designerSteps: 1")

  @Test("the errors of all arms of a study are told, each with the study's file, line and column")
  func arms() throws {
    _ = try files.file("tiny.json5", Self.short)
    func check(_ arms: String) throws -> (process: TroupeProcess, lines: [String]) {
      let text = "{ scenario: 'tiny.json5', seeds: [1, 2],\narms: [\n\(arms)\n] }"
      let study = try files.file("study.json5", text)
      let process = try TroupeProcess(["check", study])
      let error = process.error.replacing(study, with: "STUDY")
      return (process, error.split(separator: "\n").map(String.init))
    }
    let fine = try check("{ name: 'a' },\n{ name: 'b', changes: { rollout: { tasks: 3 } } },")
    #expect(
      fine.process.code == 0
        && fine.process.output.contains("of 2 arms and 2 seeds: 4 runs of tiny.json5"), "\(fine.process)")
    let wrong = try check(
      """
      { name: 'a', changes: { rollout: { taks: 3 } } },
      { name: 'b', changes: { rollout: { temperature: 0 } } },
      { name: 'c' },
      { name: 'd', changes: { chance: { drop: 0.1 } } },
      """)
    #expect(wrong.process.code == 2 && wrong.lines.count == 4, "\(wrong.process.error)")
    for (line, expected) in zip(
      wrong.lines,
      [
        "troupe: STUDY:3:36: arms[0].changes.rollout: unknown key \"taks\"; did you mean \"tasks\"?",
        "troupe: STUDY:4:49: arms[1].changes.rollout.temperature: 0.0 must be above 0",
        "troupe: STUDY:6:23: arms[3].changes: scenario", "troupe: docs/studies.md#the-file",
      ])
    { #expect(line.hasPrefix(expected)) }
    // A study that lacks something is told as a study, and not as a scenario with unknown keys.
    let lacking = try TroupeProcess([
      "check", files.file("s.json5", "{ scenario: 'tiny.json5', seeds: [1] }"),
    ])
    #expect(lacking.code == 2 && lacking.error.contains("arms"), "\(lacking.error)")
  }

  @Test("a run says how far it is, and each of its files that does not fit the others")
  func run() throws {
    let scenario = try files.file("tiny.json5", Self.short)
    let run = files.url("run")
    #expect(try TroupeProcess(["train", scenario, "--out", run.path, "--quiet"]).code == 0)
    let whole = try TroupeProcess(["check", run.path])
    #expect(whole.code == 0 && whole.output.contains("2 of 2 steps, "), "\(whole)")
    #expect(whole.output.contains("episodes, finished") && whole.output.split(separator: "\n").count == 1)

    let directory = files.url("copy")
    func check(_ damage: () throws -> Void) throws -> TroupeProcess {
      if FileManager.default.fileExists(atPath: directory.path) {
        try FileManager.default.removeItem(at: directory)
      }
      try FileManager.default.copyItem(at: run, to: directory)
      try damage()
      return try TroupeProcess(["check", directory.path])
    }
    func change(_ name: String, _ body: (inout String) -> Void) throws {
      let file = directory.appending(path: name)
      var text = try String(contentsOf: file, encoding: .utf8)
      body(&text)
      try Data(text.utf8).write(to: file)
    }
    func remove(_ names: String...) throws {
      for name in names { try FileManager.default.removeItem(at: directory.appending(path: name)) }
    }
    func cut(_ name: String, by count: Int) throws {
      let file = directory.appending(path: name)
      try Data(contentsOf: file).dropLast(count).write(to: file)
    }
    // What a killed run lacks is no fault.
    let killed = try check {
      try remove("outcomes.json", "evaluation.csv", "designs.csv", "policy", "report.html")
    }
    #expect(
      killed.code == 0 && killed.output.contains("not finished; go on with it by troupe train "), "\(killed)")

    let damages: [(says: String, damage: () throws -> Void)] = [
      (
        "metrics.csv has 1 steps, and a finished run has 2",
        { try change("metrics.csv") { $0.removeLastLine() } }
      ),
      (
        "metrics.csv has other columns",
        { try change("metrics.csv") { $0.replace("executor_reward", with: "reward") } }
      ),
      ("metrics.csv:3: ", { try change("metrics.csv") { $0.replace("\n1,", with: "\none,") } }),
      ("metrics.csv is missing", { try remove("metrics.csv") }),
      (
        "episodes.log was written for another scenario",
        { try change("scenario.json5") { $0.replace("\"seed\": 1", with: "\"seed\": 2") } }
      ),
      ("torn", { try cut("episodes.log", by: 10) }),
      ("fewer than the", { try cut("episodes.log", by: 10) }),
      ("no such file", { try remove("episodes.log") }),
      ("config.json", { try remove("policy/config.json") }),
      ("cold-start/model.safetensors", { try cut("cold-start/model.safetensors", by: 10) }),
      (
        "evaluation.csv does not say what outcomes.json says",
        { try change("evaluation.csv") { $0.replace("cold start", with: "warm start") } }
      ),
      ("designs.csv is missing", { try remove("designs.csv") }),
      ("holds no outcomes of a run", { try change("outcomes.json") { $0.removeLastLine() } }),
      ("is no state of a run", { try change(checkpoint(in: directory)) { $0 = "x" } }),
    ]
    for (says, damage) in damages {
      let process = try check(damage)
      #expect(process.code == 1 && process.output.contains(says), "\(says): \(process)")
    }
    let bad = try check { try change("scenario.json5") { $0.replace("\"seed\"", with: "\"sed\"") } }
    #expect(bad.code == 2 && bad.error.contains("unknown key \"sed\""))
  }

  /// The path of the last checkpoint's state, in the directory of the run.
  private func checkpoint(in directory: URL) throws -> String {
    let all = try FileManager.default.contentsOfDirectory(
      atPath: directory.appending(path: "checkpoints").path)
    return "checkpoints/\(try #require(all.max()))/state.json"
  }

  @Test("the episodes that run keeps are told, and a directory that is nothing is an error")
  func directories() throws {
    let kept = files.url("kept")
    try FileManager.default.createDirectory(at: kept, withIntermediateDirectories: true)
    let nothing = try TroupeProcess(["check", kept.path])
    #expect(nothing.code == 2 && nothing.error.contains("no run, study or policy"), "\(nothing)")
    let scenario = try files.file("s.json5", "{ agents: [{ name: 'a', lines: [{ say: 'x' }] }] }")
    let log = kept.appending(path: "episodes.log").path
    #expect(try TroupeProcess(["run", scenario, "--log", log]).code == 0)
    let told = try TroupeProcess(["check", kept.path])
    #expect(told.code == 0 && told.output.contains("a log of 1 episodes"), "\(told)")
  }
}

extension String {
  fileprivate mutating func removeLastLine() {
    self = split(separator: "\n").dropLast().joined(separator: "\n") + "\n"
  }

  fileprivate mutating func replace(_ old: String, with new: String) { self = replacing(old, with: new) }
}
