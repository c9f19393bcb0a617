import Foundation
import Testing

/// What `--json` prints, of every verb, against `docs/json-schema.json`.
@Suite("JSON that the verbs print", .serialized)
struct JSONOutputTests {
  private let files: TemporaryFiles
  private let schema: JSONSchema

  init() throws {
    files = try TemporaryFiles()
    schema = try JSONSchema(TroupeProcess.repository.appending(path: "docs/json-schema.json"))
  }

  /// Runs a verb with `--json`, and returns the types of its lines, each of which fits the schema.
  private func types(_ arguments: String..., code: Int32 = 0) throws -> [String] {
    try lines(arguments, code: code).map { $0["type"] as? String ?? "" }
  }

  private func lines(_ arguments: [String], code: Int32 = 0) throws -> [[String: Any]] {
    let process = try TroupeProcess(arguments + ["--json"])
    #expect(process.code == code, "\(arguments): \(process.error)")
    return try process.output.split(separator: "\n").map { line in
      let fault = try schema.fault(of: line)
      #expect(fault == nil, "\(arguments): \(fault ?? "")")
      return try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
    }
  }

  @Test("the schema has no word that this reader would ignore, and refuses what is wrong")
  func schemaIsRead() throws {
    #expect(schema.unknownWords == [])
    let good =
      #"{"type": "check", "schema": "troupe.result", "version": 1, "file": "x", "what": "log", "text": "y", "faults": []}"#
    #expect(try schema.fault(of: good) == nil)
    for (from, to) in [
      ("\"version\": 1", "\"version\": 2"), ("\"log\"", "\"dog\""), ("\"file\": \"x\"", "\"file\": 3"),
      ("\"text\": \"y\"", "\"text\": \"y\", \"more\": 1"), (", \"text\": \"y\"", ""), ("check", "chek"),
    ] { #expect(try schema.fault(of: good.replacing(from, with: to)) != nil, "\(to)") }
  }

  private static let scripted = """
    {
      agents: [
        { name: "a", lines: [{ say: "why?", to: "b" }, { on: "because", say: "I see", reward: 1 }] },
        { name: "b", lines: [{ on: "why?", after: 9, say: "because", to: "a" }] },
      ],
      expect: [{ kind: "answerWithin", seconds: 5 }],
    }
    """

  @Test("of run, log, replay, fork, explore, check and export, of actors with lines")
  func scriptedActors() throws {
    let scenario = try files.file("s.json5", Self.scripted)
    let log = files.url("s.log").path
    #expect(
      try types("run", scenario, "--episodes", "2", "--log", log, code: 1) == ["episode", "episode", "run"])
    #expect(
      try types("run", scenario, "--check-determinism", "--quiet", "--log", files.url("q.log").path, code: 1)
        == ["run"])
    let told = try lines(["log", log, "--failed", "--events"])
    #expect(told.count { $0["type"] as? String == "episode" } == 2)
    #expect(
      told.filter { $0["type"] as? String == "episode" }.allSatisfy {
        ($0["violations"] as? [String])?.count == 1
      })
    // The answer comes after nine seconds; the first event after the limit of five decides.
    let event = try #require(
      told.first { $0["type"] as? String == "event" && ($0["time"] as? Double ?? 0) > 5 })
    let decided = try #require(told[1]["violation_events"] as? [[String: Any]])
    #expect(
      decided.count == 1 && decided[0]["event"] as? Int == event["event"] as? Int
        && decided[0]["time"] as? Double == event["time"] as? Double)
    // The events that are told are all that replay compares.
    let replayed = try #require(try lines(["replay", log]).first)
    #expect(replayed["events"] as? Int == told.count { $0["type"] as? String == "event" })
    #expect(try types("replay", log, "--episode", "run/episode-1") == ["replay"])
    #expect(
      try types("fork", log, "--episode", "run/episode-0", "--at", "3", "--count", "2") == ["fork", "fork"])
    #expect(
      try types("explore", scenario, "--seeds", "1..3", "--log", files.url("f.log").path, code: 1) == [
        "explore"
      ])
    let fine = try files.file("fine.json5", Self.scripted.replacing("after: 9", with: "after: 2"))
    #expect(try types("explore", fine, "--seeds", "1..3", "--strategy", "dfs") == ["explore"])
    #expect(try types("check", scenario) == ["check"] && types("check", log) == ["check"])
    let script = try files.file("d.mas", "a = agent solve(task); answer a")
    #expect(try types("check", script) == ["check"])
    for format in ["eval", "chrome-trace", "otlp"] {
      let told = try lines(["export", log, "--to", format, "--out", files.url("s.\(format)").path])
      #expect(told.count == 1 && told.first?["episodes"] as? Int == 2)
    }
    #expect(
      try TroupeProcess(["export", log, "--to", "otlpp", "--out", "x"]).error.contains("did you mean 'otlp'"))
  }

  @Test("of train, export, eval, ceiling, study, generate, and of the log of a training")
  func training() throws {
    let short = TrainingTests.tiny.replacing("steps: 110", with: "steps: 3").replacing(
      "warmup: 5", with: "warmup: 1"
    ).replacing(
      "count: 4, executorSteps: 6, designerSteps: 4", with: "count: 2, executorSteps: 1, designerSteps: 1")
    let scenario = try files.file("tiny.json5", short)
    let run = files.url("run")
    #expect(try types("train", scenario, "--out", run.path, "--quiet") == ["train"])
    let log = run.appending(path: "episodes.log").path
    let policy = run.appending(path: "cold-start").path
    let told = try lines(["log", log])
    #expect(told.first?["type"] as? String == "log" && told.count == 1 + 2 * 4 * 3 * 3)
    let execution = "step-1/task-3/design-2/execution-1"
    let page = try lines(["log", log, "--episode", execution])
    try #require(page.count > 10)
    let credit = try #require(page[1]["credit"] as? [String: Any])
    #expect(credit["executors"] is Double && credit["designer"] is Double)
    #expect(page.dropFirst(2).contains { ($0["said"] as? [String: Any])?["tokens"] != nil })
    let board = try lines(["export", run.path, "--to", "tensorboard", "--out", files.url("board").path])
    #expect(board.count == 1 && board.first?["steps"] as? Int == 2)
    #expect(try types("eval", scenario, "--policy", policy, "--episodes", "2", "--designs") == ["eval"])
    #expect(try types("check", run.path) == ["check"] && types("check", policy) == ["check"])
    let ceiling = try types(
      "ceiling", scenario, "--policy", policy, "--calls", "1", "--temperature", "0", "--quiet")
    #expect(ceiling == ["ceiling", "ceiling"])
    #expect(
      try types("generate", "--policy", policy, "--prompt", "design : 1 + 1 =", "--logits") == ["generate"])
    let study = try files.file(
      "study.json5",
      "{ name: \"tiny\", scenario: \"tiny.json5\", seeds: [1], arms: [{ name: \"a\" }, { name: \"b\" }], compare: [[\"a\", \"b\"]] }"
    )
    #expect(try types("check", study) == ["check"] && types("study", study, "--plan") == ["plan"])
    #expect(try types("study", study, "--out", files.url("out").path, "--quiet") == ["study"])
    #expect(try types("check", files.url("out").path) == ["check", "check"])
    #expect(
      try types("study", study, "--cell", "a, seed 1", "--out", files.url("cell").path, "--quiet", code: 1)
        == ["cell"])
  }
}
