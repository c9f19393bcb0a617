/// Success by family: a bar for each policy, with its 95 % interval.
struct BarChart {
  var rows: [EvaluationRow]

  private static let (width, left, right) = (760.0, 190.0, 64.0)
  private static let (barHeight, familyGap) = (16.0, 18.0)

  /// One `<svg>` element; families and policies stand in the order of their first row.
  var svg: String {
    let axis = Axis(values: 0...1, start: Self.left, end: Self.width - Self.right)
    var y = 8.0
    var body = ""
    for family in rows.map(\.family).unique {
      let group = rows.filter { $0.family == family }
      // Above its bars: beside them stand the policies' names.
      body += Markup.label(family, "family", x: 0, y: y + 8, isCentred: true)
      y += Self.barHeight + 6
      for row in group {
        body += bar(row, style: style(of: row.policy), axis, y)
        y += Self.barHeight + 4
      }
      y += Self.familyGap
    }
    for value in [0.0, 0.25, 0.5, 0.75, 1] {
      let x = axis.position(of: value)
      body = Markup.line("grid", x: x...x, y: 0...y - 10) + body
      body += Markup.label(Markup.fixed(value * 100, 0) + " %", "tick", x: x, y: y + 6)
    }
    return """
      <svg viewBox="0 0 \(Int(Self.width)) \(Int(y + 14))" role="img" aria-label="success by family">
      <title>success by family</title>
      \(body)</svg>

      """
  }

  private func bar(_ row: EvaluationRow, style: String, _ axis: Axis, _ y: Double) -> String {
    let length = axis.position(of: row.rate) - axis.start
    let low = axis.position(of: row.interval.lowerBound)
    let high = axis.position(of: row.interval.upperBound)
    let middle = y + Self.barHeight / 2
    return Markup.box("bar \(style)", x: axis.start, y: y, width: length, height: Self.barHeight)
      + Markup.line("whisker", x: low...high, y: middle...middle)
      + Markup.label(row.policy, "policy", x: axis.start - 8, y: middle, isCentred: true)
      + Markup.label(Markup.percent(row.rate), "value", x: high + 6, y: middle, isCentred: true)
  }

  private func style(of policy: String) -> String {
    let policies = rows.map(\.policy).unique
    let place = policies.firstIndex(of: policy) ?? 0
    return place == 0 ? "before" : place == policies.count - 1 ? "after" : "between"
  }
}

extension Array where Element: Hashable {
  /// The elements without repetitions, each where it first stood.
  var unique: [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
