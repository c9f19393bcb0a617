import Foundation
import Testing

/// What a training's evaluations and its virtual time say in `metrics.csv`. That they are the same bytes on any number of
/// threads and after a kill is among the promises about whole runs.
@Suite("The course of a training")
struct CourseTests {
  private let files: TemporaryFiles

  /// Two families, of which the executors solve some tasks after the cold start.
  private static let scenario = """
    {
      name: "course",
      tasks: { families: [{ name: "ordering", levels: [2, 2] }, { name: "synthesis", levels: [2, 2] }],
        heldOut: { perFamily: 32 } },
      policy: { hiddenSize: 32, layers: 2, heads: 2, keyValueHeads: 1, headDimension: 16, intermediateSize: 96 },
      weights: { kind: "split" }, roles: ["step", "solve"], tools: ["run"], script: { maximumCalls: 4 },
      coldStart: { steps: 300, warmup: 30, designer: { batch: 8, uniformCalls: 4 },
        executor: { batch: { ordering: 48, synthesis: 32 }, levels: { ordering: [1, 1, 0.2] } } },
      rollout: { tasks: 8, designs: 3, executions: 2 },
      stages: { count: 2, executorSteps: 4, designerSteps: 4 },
      optimizer: { executor: { learningRate: 2e-4 }, designer: { learningRate: 1e-3 } },
      evaluation: { every: 2, tasks: 32, crossings: true },
    }
    """

  /// Trains twice, `crossed` with crossings and `plain` without. All held-out tasks are played during training, too.
  init() throws {
    files = try TemporaryFiles()
    for (name, text) in [
      ("crossed", Self.scenario), ("plain", Self.scenario.replacing(", crossings: true", with: "")),
    ] {
      let scenario = try files.file("\(name).json5", text)
      let run = try TroupeProcess(["train", scenario, "--out", files.url(name).path, "--quiet"])
      try #require(run.code == 0, "\(run.error)")
    }
  }

  private static let families = ["ordering", "synthesis"]

  @Test("crossings are played where the trained policy is evaluated, and nothing else depends on them")
  func columns() throws {
    let (crossed, plain) = (
      try files.table("crossed", "metrics.csv"), try files.table("plain", "metrics.csv")
    )
    let added = ["trained_designer", "trained_executor"].flatMap { role in
      Self.families.map { "\(role).\($0)" }
    }
    #expect(Set(crossed[0].keys).subtracting(plain[0].keys).sorted() == added)
    #expect(crossed.map { $0.filter { !added.contains($0.key) } } == plain)
    for file in ["evaluation.csv", "designs.csv", "policy/executor/model.safetensors"] {
      let two = try ["crossed", "plain"].map { try Data(contentsOf: files.url($0).appending(path: file)) }
      #expect(two[0] == two[1] && !two[0].isEmpty, "\(file)")
    }
    for (index, row) in crossed.enumerated() {
      let isEvaluated = index % 2 == 1
      for column in added + Self.families.map({ "held_out.\($0)" }) {
        let rate = row[column].flatMap { Double($0) }
        #expect((rate != nil) == isEvaluated && (0...1).contains(rate ?? 0), "\(column), step \(index)")
      }
    }
  }

  @Test(
    "the last crossings are those of the last evaluation, and the first those of roles that have not learned")
  func values() throws {
    let crossed = try files.table("crossed", "metrics.csv")
    let first = try #require(crossed.first { $0["held_out.synthesis"] != "" })
    // The file quotes names that have a comma.
    let evaluation = try String(
      contentsOf: files.url("crossed").appending(path: "evaluation.csv"), encoding: .utf8)
    for family in Self.families {
      // The executors learn first, and so the designer is still the cold one.
      #expect(first["trained_executor.\(family)"] == first["held_out.\(family)"])
      for (column, policy) in [
        ("trained_designer", "trained designer, cold executor"),
        ("trained_executor", "cold designer, trained executor"),
      ] {
        let start = "\"\(policy)\",\(family),T = 1,"
        let line = try #require(evaluation.split(separator: "\n").first { $0.hasPrefix(start) })
        let rate = line.dropFirst(start.count).split(separator: ",")[2]
        #expect(crossed.last?["\(column).\(family)"] == String(rate), "\(column).\(family)")
      }
    }
    // Something is solved, and not the same by all: otherwise the lines above would say little.
    let last = try #require(crossed.last)
    #expect(last["trained_designer.ordering"] != last["trained_executor.ordering"])
  }

  @Test("virtual time is the mean over a step's executions, as the log has them")
  func virtualTime() throws {
    let log = files.url("plain").appending(path: "episodes.log").path
    var times: [String: [Double]] = [:]
    for line in try TroupeProcess(["log", log, "--json"]).output.split(separator: "\n") {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      guard object?["kind"] as? String == "execution", let id = object?["id"] as? String else { continue }
      times[String(id.prefix { $0 != "/" }), default: []].append(try #require(object?["time"] as? Double))
    }
    for row in try files.table("plain", "metrics.csv") {
      let known = try #require(times["step-\(row["step"] ?? "")"])
      let told = try #require(row["virtual_time"].flatMap { Double($0) })
      #expect(abs(told - known.reduce(0, +) / Double(known.count)) < 1e-9 && told > 0)
    }
  }
}
