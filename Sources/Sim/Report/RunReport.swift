/// The page `report.html`, which shows what a run learned.
///
/// The page contains its style and pictures, and loads nothing. Its text depends only on the report.
package struct RunReport: Sendable {
  package var title: String
  /// Facts that are shown under the title, such as ("seed", "1").
  package var facts: [(name: String, value: String)]
  package var metrics: MetricsTable
  /// The evaluated policies from before to after training. The page compares the first with the last.
  package var evaluations: [EvaluationRow]

  package init(
    title: String, facts: [(name: String, value: String)] = [], metrics: MetricsTable,
    evaluations: [EvaluationRow] = []
  ) {
    self.title = title
    self.facts = facts
    self.metrics = metrics
    self.evaluations = evaluations
  }

  /// The text of the whole page.
  /// - Complexity: O(metrics rows + evaluations²).
  package var html: String {
    let facts = facts.map { "<span><b>\(Markup.escape($0.name))</b> \(Markup.escape($0.value))</span>" }
      .joined()
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(Markup.escape(title))</title>
      <style>
      \(RunReport.style)</style>
      </head>
      <body>
      <main>
      <h1>\(Markup.escape(title))</h1>
      <p class="facts">\(facts)</p>
      \(headline)\(rewards)\(heldOut)\(families)\(comparison)</main>
      </body>
      </html>

      """
  }

  private func section(_ title: String, _ note: String, _ body: String) -> String {
    "<section>\n<h2>\(title)</h2>\n<p class=\"note\">\(note)</p>\n\(body)</section>\n"
  }

  // MARK: Curves

  /// The stages. Each reaches to the step where the next one begins.
  private var stages: [LineChart.Stage] {
    var stages: [LineChart.Stage] = []
    for (index, row) in metrics.rows.enumerated() {
      let next = index + 1 < metrics.rows.count ? metrics.rows[index + 1].step : row.step
      let steps = Double(row.step)...Double(max(row.step, next))
      if let last = stages.indices.last, metrics.rows[index - 1].stage == row.stage {
        stages[last].steps = stages[last].steps.lowerBound...steps.upperBound
      } else if let role = row.role {
        stages.append(LineChart.Stage(role: role, steps: steps))
      }
    }
    return stages
  }

  private func series(_ column: String, name: String, style: String, isDotted: Bool = false)
    -> LineChart.Series
  {
    let points = metrics.rows.compactMap { row in
      row.values[column].map { (step: Double(row.step), value: $0) }
    }
    return LineChart.Series(name: name, style: style, points: points, isDotted: isDotted)
  }

  private var rewards: String {
    let series = [
      series(MetricsTable.Column.executorReward, name: "executor", style: "executor"),
      series(MetricsTable.Column.designerReward, name: "designer", style: "designer"),
    ].filter { !$0.points.isEmpty }
    guard !series.isEmpty else { return "" }
    let chart = LineChart(
      label: "reward of both roles by step", series: series, stages: stages, including: 0...0.1)
    return section(
      "Reward", "Mean reward of the training rollouts. The ground shows which role was learning.",
      chart.legend + chart.svg)
  }

  private var heldOut: String {
    let columns = metrics.columns.filter { MetricsTable.Column.family(of: $0) != nil }
    let series = columns.enumerated().map { index, column in
      let name = MetricsTable.Column.family(of: column) ?? column
      return self.series(column, name: name, style: "family-\(index % 6)", isDotted: true)
    }.filter { !$0.points.isEmpty }
    guard !series.isEmpty else { return "" }
    let chart = LineChart(
      label: "held-out success by step", series: series, stages: stages, including: 0...0.1, asPercent: true)
    return section(
      "Held-out success", "Share of tasks solved that occur neither in the cold start nor in training.",
      chart.legend + chart.svg)
  }

  // MARK: Evaluations

  private var policies: [String] { evaluations.map(\.policy).unique }

  private func evaluation(_ policy: String, _ family: String, _ decoding: String) -> EvaluationRow? {
    evaluations.first { $0.policy == policy && $0.family == family && $0.decoding == decoding }
  }

  /// The rows of the first and the last policy; `nil` if one is missing or there is only one policy.
  private func gain(_ family: String, _ decoding: String) -> (before: EvaluationRow, after: EvaluationRow)? {
    guard policies.count > 1, let before = evaluation(policies[0], family, decoding),
      let after = evaluation(policies[policies.count - 1], family, decoding)
    else { return nil }
    return (before, after)
  }

  private var headline: String {
    guard let decoding = evaluations.first?.decoding else { return "" }
    let cards = evaluations.map(\.family).unique.compactMap { family in
      gain(family, decoding).map { gain in
        """
        <div class="card"><h3>\(Markup.escape(family))</h3>\
        <p><span class="was">\(Markup.percent(gain.before.rate))</span> → \
        <b>\(Markup.percent(gain.after.rate))</b> %</p>\
        <small>held-out success, \(Markup.escape(decoding)), \(gain.after.episodes) episodes</small></div>

        """
      }
    }
    return cards.isEmpty ? "" : "<div class=\"cards\">\n\(cards.joined())</div>\n"
  }

  private var families: String {
    guard let decoding = evaluations.first?.decoding else { return "" }
    let rows = evaluations.filter { $0.decoding == decoding }
    return section(
      "Success by family",
      "Percent of held-out tasks at \(Markup.escape(decoding)); lines are 95 % Wilson intervals.",
      BarChart(rows: rows).svg)
  }

  private var comparison: String {
    guard !evaluations.isEmpty else { return "" }
    let heads = policies.map { "<th>\(Markup.escape($0))</th>" }.joined()
    var body = ""
    for family in evaluations.map(\.family).unique {
      for decoding in evaluations.filter({ $0.family == family }).map(\.decoding).unique {
        let cells = policies.map { policy in
          guard let row = evaluation(policy, family, decoding) else { return "<td>–</td>" }
          let (low, high) = (Markup.percent(row.interval.lowerBound), Markup.percent(row.interval.upperBound))
          return "<td><b>\(Markup.percent(row.rate))</b> <small>\(low)–\(high)</small></td>"
        }
        let gain = gain(family, decoding).map { $0.after.rate - $0.before.rate }
        let change = gain.map { ($0 > 0 ? "+" : "") + Markup.percent($0) } ?? "–"
        let names = "<td>\(Markup.escape(family))</td><td>\(Markup.escape(decoding))</td>"
        body += "<tr>\(names)\(cells.joined())<td>\(change)</td></tr>\n"
      }
    }
    return section(
      "Before and after", "Percent of held-out tasks solved, with the 95 % interval.",
      """
      <div class="scroll"><table>
      <thead><tr><th>family</th><th>decoding</th>\(heads)<th>gain</th></tr></thead>
      <tbody>
      \(body)</tbody></table></div>

      """)
  }
}
