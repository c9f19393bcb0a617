import Foundation
import Testing

/// Studies as a user runs them.
@Suite("A study", .serialized)
struct StudyTests {
  private let files: TemporaryFiles
  private let study: String

  private static let text = """
    {
      name: "tiny", scenario: "tiny.json5", seeds: [1, 2],
      arms: [{ name: "shared" }, { name: "split", changes: { weights: { kind: "split" } } }],
      compare: [["split", "shared"], ["shared", "shared: best design of each level, cold executor"],
        ["shared: tree search, cold executor", "shared: archive search, cold executor"]],
    }
    """

  init() throws {
    files = try TemporaryFiles()
    _ = try files.file(
      "tiny.json5",
      TrainingTests.tiny.replacing(
        "evaluation: { every", with: "evaluation: { ceilingCalls: 2, searchEpisodes: 3000, every"))
    study = try files.file("study.json5", Self.text)
  }

  private func run(_ name: String, _ more: String..., file: String? = nil) throws -> TroupeProcess {
    try TroupeProcess(["study", file ?? study, "--out", files.url(name).path] + more)
  }

  private func results(_ name: String) throws -> [Data] {
    try ["results.csv", "outcomes.csv"].map { try Data(contentsOf: files.url(name).appending(path: $0)) }
  }

  @Test(
    "P6: killed in the middle of a cell and run again, a study ends in the same bytes, by any number of threads"
  )
  func kills() throws {
    let whole = try run("whole", "--threads", "1", "--quiet")
    #expect(whole.code == 0 && whole.error.isEmpty, "\(whole.error)")
    #expect(whole.output.contains("split - shared "))
    #expect(whole.output.contains("shared - shared: best design of each level, cold executor"))
    #expect(
      whole.output.contains("shared: tree search, cold executor - shared: archive search, cold executor"))

    let out = files.url("killed")
    for cell in ["shared-seed-1", "split-seed-1"] {
      let process = TroupeProcess.process(["study", study, "--out", out.path, "--threads", "2"])
      let metrics = out.appending(path: "\(cell)/checkpoints")
      try process.run()
      while process.isRunning,
        (try? FileManager.default.contentsOfDirectory(atPath: metrics.path))?
          .contains(where: { $0.hasPrefix("cold-") }) != true
      { usleep(200) }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      #expect(process.terminationReason == .uncaughtSignal, "killed, not finished")
    }
    let plan = try run("killed", "--plan")
    #expect(plan.code == 0 && plan.output.contains(" % of its steps left"), "\(plan.output)\(plan.error)")
    let resumed = try run("killed", "--threads", "2")
    #expect(resumed.code == 0 && resumed.error.contains("4 of 4"), "\(resumed.error)")
    #expect(try results("killed") == results("whole"))
    #expect(resumed.output.replacing("/killed/", with: "/whole/") == whole.output)

    let again = try run("killed")
    #expect(again.code == 0 && !again.error.contains("begins"), "\(again.error)")
    let changed = try files.file("changed.json5", Self.text.replacing("\"split\" }", with: "\"adapter\" }"))
    let refused = try run("killed", file: changed)
    #expect(refused.code == 2 && refused.output.isEmpty)
    #expect(refused.error.split(separator: "\n").count == 1)
    #expect(refused.error.contains("the cell \"split, seed 1\" was begun with other settings"))
  }

  @Test(
    "what a study expects and does not find is a line for each seed, family and decoding, with exit code 1")
  func expectations() throws {
    let text = Self.text.replacing(
      "compare:", with: "expect: [[\"shared\", \"shared\"], [\"split\", \"split: cold start\"]], compare:")
    let same = try run("same", "--quiet", file: try files.file("same.json5", text))
    #expect(same.code == 2 && same.error.contains("must be two arms"), "\(same.error)")
    let unknown = text.replacing("\"shared\", \"shared\"", with: "\"shared\", \"shared: warm start\"")
    let refused = try run("unknown", "--quiet", file: try files.file("unknown.json5", unknown))
    #expect(refused.code == 2 && refused.error.contains("cold start"), "\(refused.error)")
    let blind =
      "{ arms: [{ name: \"split\", changes: { evaluation: { ceilingCalls: null } } }, { name: \"shared\" }],"
    let unmeasured = try files.file(
      "unmeasured.json5",
      blind
        + " scenario: \"tiny.json5\", seeds: [1], expect: [[\"split: best design, cold executor\", \"split\"]] }"
    )
    let unseen = try run("unseen", "--quiet", file: unmeasured)
    #expect(unseen.code == 2 && unseen.error.contains("evaluation.ceilingCalls"), "\(unseen.error)")
    let unsearched = try run(
      "unsearched", "--quiet",
      file: try files.file(
        "unsearched.json5",
        blind.replacing("ceilingCalls", with: "searchEpisodes")
          + " scenario: \"tiny.json5\", seeds: [1], expect: [[\"split: tree search, cold executor\", \"split\"]] }"
      ))
    #expect(
      unsearched.code == 2 && unsearched.error.contains("evaluation.searchEpisodes"), "\(unsearched.error)")
    // A tiny run cannot be better than itself with another designer in both families, both decodings and both seeds.
    let vain = text.replacing(
      "[\"shared\", \"shared\"]",
      with: "[\"shared: cold start\", \"shared: best design of each level, cold executor\"]")
    let found = try run("vain", "--quiet", file: try files.file("vain.json5", vain))
    #expect(
      found.code == 1 && found.error.contains("not as expected: shared: cold start solved"), "\(found.error)")
  }

  @Test("an arm that fails is named at the end, with exit code 1, and the others have their figures")
  func failing() throws {
    // A file may leave the levels out, but the family has none of 4, which the program finds out when it draws tasks.
    let file = try files.file(
      "failing.json5",
      """
      { scenario: "tiny.json5", seeds: [1],
        arms: [
          { name: "odd", changes: { tasks: { families: [{ name: "arithmetic" }, { name: "synthesis" }] } } },
          { name: "fine" },
        ] }
      """)
    let run = try run("out", file: file)
    #expect(run.code == 1, "\(run.output)\(run.error)")
    #expect(run.error.contains("troupe: odd, seed 1: synthesis has levels 1 to 3, not 4"))
    #expect(run.error.contains("1 of 2 cells failed and is in no figure"))
    #expect(run.output.contains("fine  both trained"))
  }

  @Test(
    "results that are kept beside the study are used in another directory; a cell that is run again is compared"
  )
  func kept() throws {
    let first = try run("first", "--keep")
    #expect(first.code == 0, "\(first.error)")
    let kept = files.url("study")
    let names = ["results.csv", "training.csv", "curves.csv"]
    for name in names {
      #expect(
        try Data(contentsOf: kept.appending(path: name))
          == Data(contentsOf: files.url("first").appending(path: name)))
    }
    let again = try run("again")
    #expect(again.code == 0 && again.error.contains("4 of them are kept in"), "\(again.error)")
    #expect(again.output.prefix(2000) == first.output.prefix(2000))
    #expect(!FileManager.default.fileExists(atPath: files.url("again/shared-seed-1").path))
    #expect(try run("anew", "--anew", "--plan").output.contains("split, seed 2   to run"))

    let same = try run("one", "--cell", "split, seed 2")
    #expect(same.code == 0 && same.output.contains("the same as what is kept"), "\(same.output)\(same.error)")
    #expect(try run("one", "--cell", "split, seed 2").error.contains("has the finished cell already"))
    let results = kept.appending(path: "training.csv")
    let text = try String(contentsOf: results, encoding: .utf8)
    let line = try #require(text.split(separator: "\n").last)
    try Data(text.replacing(line, with: line.dropLast() + "7").utf8).write(to: results)
    let other = try run("other", "--cell", "split, seed 2")
    #expect(other.code == 1 && other.output.contains("not what is kept"), "\(other.output)")
    try FileManager.default.removeItem(at: kept)
    let none = try run("none", "--cell", "split, seed 2")
    #expect(none.code == 1 && none.output.contains("nothing is kept of this cell"))
    for (options, says) in [
      (["--cell", "splt, seed 2"], "unknown cell \"splt, seed 2\"; did you mean \"split, seed 2\"?"),
      (["--cell", "split, seed 2", "--keep", "--plan"], "does not go with --plan, --keep"),
    ] {
      let refused = try TroupeProcess(["study", study, "--out", files.url("bad").path] + options)
      #expect(refused.code == 2 && refused.error.contains(says), "\(refused.error)")
    }
  }

  @Test("a study beyond its budget is refused where the file states it, unless --over-budget")
  func budget() throws {
    let file = try files.file(
      "budget.json5", Self.text.replacing("name: \"tiny\"", with: "name: \"tiny\",\n  budgetMinutes: 0.0001"))
    let refused = try run("out", file: file)
    #expect(refused.code == 2 && refused.error.split(separator: "\n").count == 1, "\(refused.error)")
    #expect(refused.error.contains("budget.json5:3:18: budgetMinutes: what is left takes about "))
    #expect(!FileManager.default.fileExists(atPath: files.url("out").path))
    let plan = try run("out", "--plan", file: file)
    #expect(plan.code == 0 && plan.output.contains("4 cells: about "))
    #expect(try run("out", "--over-budget", file: file).code == 0)
    // Nothing is left to do, which is within any budget.
    #expect(try run("out", file: file).code == 0)
  }

  @Test("bad input is a line with file and line, and exit code 2")
  func refusals() throws {
    for (change, says) in [
      (("seeds:", "sedes:"), "bad.json5:2:41: unknown key \"sedes\"; did you mean \"seeds\"?"),
      (("seeds: [1, 2]", "seeds: []"), "bad.json5:2:48: seeds: must not be empty"),
      (("\"split\", c", "\"shared\", c"), "bad.json5:3:30: arms[1]: the arm \"shared\" is given twice"),
      (
        ("kind:", "knid:"),
        "bad.json5:3:69: arms[1].changes.weights: unknown key \"knid\"; did you mean \"kind\"?"
      ),
      (
        ("[\"split\"", "[\"splitt\""),
        "bad.json5:4:14: compare[0][0]: unknown arm \"splitt\"; did you mean \"split\"?"
      ),
      (
        ("tiny.json5", "none.json5"),
        "bad.json5:2:27: scenario: none.json5 cannot be read, because there is no such file; check the path"
      ),
    ] {
      let file = try files.file("bad.json5", Self.text.replacing(change.0, with: change.1))
      let run = try run("out", file: file)
      #expect(run.code == 2 && run.output.isEmpty, "\(run.output)")
      #expect(run.error.split(separator: "\n")[0].contains(says), "\(run.error)")
    }
    let missing = try TroupeProcess(["study", files.url("nothing").path])
    #expect(missing.code == 2 && missing.error.contains("nothing: cannot be read"))
  }
}
