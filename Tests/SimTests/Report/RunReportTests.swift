import Foundation
import Sim
import Testing

@Suite("report.html")
struct RunReportTests {
  /// Made-up rows with the shape of a real run.
  static let report: RunReport = {
    typealias Column = MetricsTable.Column
    let stages = Scenario.Stages()
    var metrics = MetricsTable(
      columns: [
        Column.executorReward, Column.designerReward, Column.heldOut("arithmetic"),
        Column.heldOut("synthesis"),
      ])
    for step in 0...180 {
      let stage = stages.stage(ofStep: min(step, 179))
      let progress = 1 - exp(-Double(step) / 70)
      let noise = sin(Double(step) * 1.7) * 0.02 + sin(Double(step) * 0.61) * 0.015
      var values = [
        Column.executorReward: 0.08 + 0.55 * progress + noise,
        Column.designerReward: 0.05 + 0.5 * progress - noise,
      ]
      if step.isMultiple(of: 30) {
        values[Column.heldOut("arithmetic")] = 0.08 + 0.6 * progress
        values[Column.heldOut("synthesis")] = 0.11 + 0.2 * progress
      }
      metrics.rows.append(
        MetricsRow(step: step, stage: stage, role: stages.role(ofStage: stage), values: values))
    }
    var evaluations: [EvaluationRow] = []
    for (policy, arithmetic, synthesis) in [
      ("cold start", 20, 28), ("designer trained", 31, 35), ("executor trained", 66, 58),
      ("both trained", 159, 84),
    ] {
      for (decoding, bonus) in [("T = 1", 0), ("greedy", 18)] {
        for (family, successes) in [("arithmetic", arithmetic), ("synthesis", synthesis)] {
          evaluations.append(
            EvaluationRow(
              policy: policy, family: family, decoding: decoding, successes: successes + bonus, episodes: 256)
          )
        }
      }
    }
    return RunReport(
      title: "coevolution", facts: [("seed", "1"), ("steps", "180"), ("policy", "nano <128 k>")],
      metrics: metrics,
      evaluations: evaluations)
  }()

  @Test("the page is self-contained: no script, no link, no address to load from")
  func selfContained() throws {
    let html = Self.report.html
    for needle in ["http", "<script", "<link", "src=", "url(", "@import"] { #expect(!html.contains(needle)) }
    for heading in ["Reward", "Held-out success", "Success by family", "Before and after"] {
      #expect(html.contains("<h2>\(heading)</h2>"))
    }
    // The page is for people to look at. It is written only where the caller asks.
    if let path = ProcessInfo.processInfo.environment["TROUPE_REPORT_SAMPLE"] {
      try html.write(toFile: path, atomically: true, encoding: .utf8)
    }
  }

  @Test("text from the run is escaped")
  func escaped() {
    #expect(Self.report.html.contains("nano &lt;128 k&gt;"))
    #expect(!Self.report.html.contains("<128"))
  }

  @Test("stages are shaded, one ground a stage and chart")
  func shaded() {
    let grounds = Self.report.html.components(separatedBy: "class=\"stage executor\"").count - 1
    #expect(grounds == 6)
  }

  @Test("a run with nothing to show still gives a page, and NaN leaves a gap")
  func degenerate() {
    let empty = RunReport(title: "empty", metrics: MetricsTable(columns: []))
    #expect(empty.html.contains("<h1>empty</h1>") && !empty.html.contains("<svg"))
    var metrics = MetricsTable(columns: [MetricsTable.Column.executorReward])
    for (step, value) in [0.5, .nan, .infinity, 0.25].enumerated() {
      metrics.rows.append(
        MetricsRow(step: step, stage: 0, role: .executor, values: [MetricsTable.Column.executorReward: value])
      )
    }
    let html = RunReport(title: "gaps", metrics: metrics).html.lowercased()
    #expect(html.contains("<svg") && !html.contains("nan") && !html.contains("inf"))
  }

  @Test("the interval is Wilson's")
  func wilson() {
    // The worked example of Newcombe (1998, Statistics in Medicine 17), score method: 0.2553 to 0.3662.
    let row = EvaluationRow(policy: "p", family: "f", decoding: "d", successes: 81, episodes: 263)
    #expect(abs(row.interval.lowerBound - 0.2553) < 5e-5)
    #expect(abs(row.interval.upperBound - 0.3662) < 5e-5)
    let none = EvaluationRow(policy: "p", family: "f", decoding: "d", successes: 0, episodes: 5)
    #expect(none.interval.lowerBound == 0)
  }
}
