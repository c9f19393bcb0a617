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
      let middle = y + Double(group.count) * (Self.barHeight + 4) / 2
      body +=
        "<text class=\"family\" x=\"0\" y=\"\(Markup.coordinate(middle - 2))\" dy=\"0.32em\">\(Markup.escape(family))</text>\n"
      for row in group {
        body += bar(row, style: style(of: row.policy), axis, y)
        y += Self.barHeight + 4
      }
      y += Self.familyGap
    }
    for value in [0.0, 0.25, 0.5, 0.75, 1] {
      let x = Markup.coordinate(axis.position(of: value))
      body =
        "<line class=\"grid\" x1=\"\(x)\" x2=\"\(x)\" y1=\"0\" y2=\"\(Markup.coordinate(y - 10))\"/>\n" + body
      body +=
        "<text class=\"tick\" x=\"\(x)\" y=\"\(Markup.coordinate(y + 6))\">\(Markup.fixed(value * 100, 0)) %</text>\n"
    }
    return """
      <svg viewBox="0 0 \(Int(Self.width)) \(Int(y + 14))" role="img" aria-label="success by family">
      <title>success by family</title>
      \(body)</svg>

      """
  }

  private func bar(_ row: EvaluationRow, style: String, _ axis: Axis, _ y: Double) -> String {
    let end = axis.position(of: row.rate)
    let (low, high) = (axis.position(of: row.interval.lowerBound), axis.position(of: row.interval.upperBound))
    let middle = Markup.coordinate(y + Self.barHeight / 2)
    return """
      <rect class="bar \(style)" x="\(Markup.coordinate(axis.start))" y="\(Markup.coordinate(y))" \
      width="\(Markup.coordinate(end - axis.start))" height="\(Markup.coordinate(Self.barHeight))" rx="2"/>
      <line class="whisker" x1="\(Markup.coordinate(low))" x2="\(Markup.coordinate(high))" y1="\(middle)" y2="\(middle)"/>
      <text class="policy" x="\(Markup.coordinate(axis.start - 8))" y="\(middle)" dy="0.32em">\(Markup.escape(row.policy))</text>
      <text class="value" x="\(Markup.coordinate(high + 6))" y="\(middle)" dy="0.32em">\(Markup.percent(row.rate))</text>

      """
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
