import Foundation
import Testing

/// The pages that `train` and `report` write. `Tests/Viewer` opens pages in a browser.
@Suite("Pages", .serialized)
struct ReportTests {
  private let files: TemporaryFiles
  private let run: URL

  init() throws {
    files = try TemporaryFiles()
    run = files.url("run")
    let short = TrainingTests.tiny.replacing("steps: 110", with: "steps: 3").replacing(
      "warmup: 5", with: "warmup: 1"
    )
    .replacing(
      "count: 4, executorSteps: 6, designerSteps: 4", with: "count: 2, executorSteps: 1, designerSteps: 1")
    let trained = try TroupeProcess([
      "train", files.file("tiny.json5", short), "--out", run.path, "--quiet",
    ])
    try #require(trained.code == 0, "\(trained.error)")
  }

  /// The data in a page.
  private func data(_ page: URL) throws -> [String: Any] {
    let text = try String(contentsOf: page, encoding: .utf8)
    let start = try #require(text.range(of: "id=\"troupe-data\">")).upperBound
    let end = try #require(text.range(of: "</script>", range: start..<text.endIndex)).lowerBound
    return try #require(
      try JSONSerialization.jsonObject(with: Data(text[start..<end].utf8)) as? [String: Any])
  }

  private func runs(_ page: URL) throws -> [[String: Any]] {
    try #require(try data(page)["runs"] as? [[String: Any]])
  }

  @Test("a run's page counts every design and every reward of its log, and keeps some episodes whole")
  func report() throws {
    let page = try data(run.appending(path: "report.html"))
    #expect(page["schema"] as? String == "troupe.page" && page["version"] as? Int == 1)
    let told = try #require(try runs(run.appending(path: "report.html")).first)
    #expect((told["state"] as? [String: Any])?["kind"] as? String == "finished")
    let counts = try #require((told["designs"] as? [String: Any])?["counts"] as? [String: [Any]])
    // Two steps of four tasks with three designs of two executions.
    #expect((counts["count"] as? [Int])?.reduce(0, +) == 24)
    let distributions = try #require(told["distributions"] as? [[String: Any]])
    for (name, role, expected) in [
      ("reward", "designer", 24), ("reward", "executor", 48), ("credit", "designer", 24),
      ("credit", "executor", 48),
    ] {
      let found = try #require(
        distributions.first { $0["name"] as? String == name && $0["role"] as? String == role },
        "\(name) \(role)")
      let counts = try #require(found["counts"] as? [[Int]])
      #expect(counts.joined().reduce(0, +) == expected, "\(name) \(role)")
      #expect(counts.allSatisfy { $0.count + 1 == (found["edges"] as? [Double])?.count })
    }
    #expect((told["metrics"] as? [String: [Any]])?["step"]?.count == 2 && told["timings"] is [String: Any])
    let crossings = try #require(told["crossings"] as? [String: [Any]])
    // The only evaluation is that after the last step, of two policies and two families.
    #expect((crossings["step"] as? [Int]) == [2, 2, 2, 2])
    #expect(
      (crossings["policy"] as? [String])
        == Array(
          repeating: ["trained designer, cold executor", "cold designer, trained executor"], count: 2
        ).flatMap { $0 })
    for index in 0..<4 {
      let bounds = ["low", "rate", "high"].compactMap { (crossings[$0] as? [Double])?[index] }
      #expect(bounds.count == 3 && bounds == bounds.sorted() && bounds[0] < bounds[2])
    }
    let names = (told["facts"] as? [[String: String]])?.compactMap { $0["name"] } ?? []
    #expect(names.contains("processor") && names.contains("trained policy"))
    let samples = try #require(page["episodes"] as? [[String: Any]])
    #expect(!samples.isEmpty && samples.allSatisfy { ($0["events"] as? [Any])?.isEmpty == false })
  }

  @Test("the page of one episode has the events of the log, and what was ready where there was a choice")
  func player() throws {
    let log = run.appending(path: "episodes.log").path
    let id = "step-0/task-0/design-0/execution-0"
    let page = files.url("page.html")
    let made = try TroupeProcess([
      "report", log, "--episode", id, "--other", "step-0/task-0/design-0/execution-1", "--out", page.path,
    ])
    #expect(made.code == 0 && made.output == page.path + "\n", "\(made.error)")
    let samples = try #require(try data(page)["episodes"] as? [[String: Any]])
    let others = try runs(page)
    #expect(samples.count == 2 && others.isEmpty)
    let events = try #require(samples[0]["events"] as? [[String: Any]])
    let lines = try TroupeProcess(["log", log, "--episode", id, "--json"]).output.split(separator: "\n")
      .dropFirst(2)
    #expect(events.count == lines.count)
    for (event, line) in zip(events, lines) {
      var event = event
      let ready = event.removeValue(forKey: "ready") as? [[String: Any]]
      let chosen = event.removeValue(forKey: "chosen") as? Int
      #expect((ready == nil) == (chosen == nil))
      if let ready, let chosen { #expect(ready.count > 1 && ready.indices.contains(chosen)) }
      let known = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? NSDictionary
      #expect(known == event as NSDictionary)
    }
  }

  @Test(
    "runs are compared; one that was killed, is torn or is not whole is shown as far as it goes, with why")
  func others() throws {
    let torn = files.url("torn")
    try FileManager.default.copyItem(at: run, to: torn)
    for file in ["outcomes.json", "evaluation.csv", "report.html", "designs.csv"] {
      try FileManager.default.removeItem(at: torn.appending(path: file))
    }
    for (file, left) in [("episodes.log", 40_000), ("metrics.csv", 700)] {
      let url = torn.appending(path: file)
      try Data(contentsOf: url).prefix(left).write(to: url)
    }
    let page = files.url("both.html")
    let made = try TroupeProcess(["report", run.path, torn.path, "--out", page.path])
    #expect(made.code == 0 && made.error.contains("torn tail"), "\(made.error)")
    let states = try runs(page).map { try #require($0["state"] as? [String: Any]) }
    #expect(states.count == 2 && states[0]["kind"] as? String == "finished")
    #expect(
      states[1]["kind"] as? String != "finished"
        && (states[1]["note"] as? String)?.contains("torn tail") == true)
    let newer = torn.appending(path: "episodes.log")
    var bytes = try Data(contentsOf: newer)
    bytes[8] = 99
    try bytes.write(to: newer)
    let old = try TroupeProcess(["report", torn.path])
    #expect(old.code == 0 && old.error.contains("version"), "\(old.error)")
  }

  @Test("what cannot be shown is one line")
  func badInput() throws {
    let log = run.appending(path: "episodes.log").path
    for (arguments, says) in [
      (["/nowhere"], "there is no such run"), ([log], "--episode ID says what to look at"),
      ([], "DIR|LOG is missing"),
      ([log, "--episode", "nobody"], "there is no episode nobody"),
      ([run.path, run.path], "needs --out FILE"),
      ([files.url(".").path], "there is no scenario.json5"),
      ([run.path, "--other", "x"], "goes with --episode"),
      ([run.path, "--out", "/nowhere/x.html"], "cannot be written"),
    ] {
      let process = try TroupeProcess(["report"] + arguments)
      #expect(process.code == 2 && process.error.contains(says), "\(arguments): \(process.error)")
      #expect(process.error.split(separator: "\n").count == 1 && process.output.isEmpty)
    }
  }
}
