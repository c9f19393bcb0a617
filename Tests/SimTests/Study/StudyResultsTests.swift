import Foundation
import Testing

@testable import Sim

@Suite("What a study found")
struct StudyResultsTests {
  private let directory: StudyTests.Directory

  init() throws { directory = try StudyTests.Directory() }

  /// The results of two arms and one seed, in which `successes` of four tasks of each family are solved.
  private func results(_ successes: [String: [String: Int]], _ more: String = "") throws -> StudyResults {
    let (study, cells) = try directory.read(
      """
      { name: "s", scenario: "base.json5", seeds: [1], arms: [{ name: "a" }, { name: "b" }],
        compare: [["a", "b"]], expect: [["a", "b"]]\(more) }
      """)
    let rows = cells.map { cell in
      ["letters", "numbers"].map { family in
        let count = successes[cell.arm]?[family] ?? 0
        return EvaluationRow(
          policy: "both trained", family: family, decoding: "greedy",
          outcomes: (0..<4).map { $0 < count }, calls: 8, tokens: 20)
      }
    }
    return StudyResults(study, zip(cells, rows).map { .init($0, rows: $1) })
  }

  @Test("all families are also counted together, and it is these counts that a study expects something of")
  func together() throws {
    let results = try results(["a": ["letters": 1, "numbers": 4], "b": ["letters": 2, "numbers": 2]])
    #expect(results.kinds.map(\.family) == ["letters", "numbers", "all families"])
    let all = results.kinds[2]
    #expect(
      results.success("a", all)?.estimate.mean == 5 / 8 && results.success("b", all)?.estimate.mean == 0.5)
    #expect(results.comparisons.map(\.difference.mean) == [-0.25, 0.5, 0.125])
    #expect(results.unmet.isEmpty)
    #expect(
      results.used("a", "both trained", \.calls) == 2 && results.used("a", "both trained", \.tokens) == 5)
    // Files and costs have each family once.
    #expect(
      results.resultsCSV.split(separator: "\n").count == 1 + 4
        && !results.resultsCSV.contains(",all families,"))
    #expect(results.resultsCSV.contains("\ns,a,1,both trained,letters,greedy,1,4,8,20\n"))

    let other = try self.results(["a": ["letters": 4, "numbers": 0], "b": ["letters": 2, "numbers": 2]])
    #expect(other.unmet == ["a solved 4 and b 4: seed 1, all families, greedy"])
  }

  @Test("nothing is as expected that was not measured, and a policy that lacks a family has no sum")
  func missing() throws {
    #expect(try results([:]).unmet == ["a solved 0 and b 0: seed 1, all families, greedy"])
    let base = try results(["a": ["letters": 4, "numbers": 4]])
    let empty = StudyResults(base.study, base.cells.map { .init($0.cell, rows: []) })
    #expect(empty.unmet == ["a and b: nothing was measured"])
    let partial = StudyResults(
      base.study,
      base.cells.map { .init($0.cell, rows: $0.cell.arm == "b" ? Array($0.rows.prefix(1)) : $0.rows) })
    #expect(partial.unmet == ["a solved 8 and b nothing: seed 1, all families, greedy"])
  }

  @Test("an arm comes to a success at the first measurement that has it, with the tokens of forks counted")
  func reaching() throws {
    let metrics = try MetricsTable(
      csv: """
        step,stage,role,executor_reward,held_out.letters,held_out.numbers,executor_calls,executions,generated_tokens,fork_tokens
        0,0,executor,0.5,,,20.0,10.0,100.0,7.0
        1,0,executor,0.5,0.25,0.5,30.0,10.0,100.0,0.0
        2,0,executor,0.5,0.5,0.75,25.0,10.0,100.0,3.0

        """)
    let cost = try StudyResults.TrainingCost(metrics)
    #expect(cost.steps == 3 && cost.executions == 30 && cost.calls == 75)
    #expect(cost.tokens == 300 && cost.forkTokens == 10)
    #expect(cost.curve.map(\.success) == [0.375, 0.625] && cost.curve.map(\.steps) == [2, 3])
    #expect(cost.reaching(0.375)?.tokens == 207 && cost.reaching(0.4)?.tokens == 310)
    #expect(cost.reaching(0.7) == nil)
    let old = #expect(throws: RunError.self) {
      try StudyResults.TrainingCost(MetricsTable(columns: ["executions", "calls"]))
    }
    #expect(
      old?.description == "metrics.csv has no column executor_calls: another version of troupe wrote it")

    let base = try results([:], ", reach: 0.6")
    var cells = base.cells
    (cells[0].cost, cells[1].cost) = (cost, try .init(MetricsTable(columns: metrics.columns)))
    let reached = StudyResults(base.study, cells)
    let a = try #require(reached.reaching("a"))
    #expect(a.seeds == 1 && a.of == 1 && a.steps == 3 && a.tokens == 310)
    #expect(try #require(reached.reaching("b")).seeds == 0)
    #expect(
      reached.curvesCSV.split(separator: "\n").suffix(2) == [
        "s,a,1,3,310,letters,0.5", "s,a,1,3,310,numbers,0.75",
      ])
  }
}
