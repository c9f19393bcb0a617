/// Curves over training steps. The background shows which role was learning.
struct LineChart {
  struct Series {
    var name: String
    /// A class of the style sheet, which gives the colour.
    var style: String
    /// (step, value); values that are not finite interrupt the curve.
    var points: [(step: Double, value: Double)]
    /// Marks each point, for curves that are measured rarely.
    var isDotted = false
  }

  struct Stage {
    var role: Scenario.Stages.Role
    var steps: ClosedRange<Double>
  }

  var label: String
  var series: [Series]
  var stages: [Stage]
  /// Values the vertical axis always includes.
  var including: ClosedRange<Double>
  var asPercent = false

  private static let (width, height) = (760.0, 300.0)
  private static let (left, right, top, bottom) = (52.0, 16.0, 26.0, 36.0)

  /// One `<svg>` element.
  var svg: String {
    let steps =
      series.flatMap { $0.points.map(\.step) }
      + stages.flatMap { [$0.steps.lowerBound, $0.steps.upperBound] }
    let horizontal = Axis(
      values: (steps.min() ?? 0)...max(steps.max() ?? 1, (steps.min() ?? 0)), start: Self.left,
      end: Self.width - Self.right)
    let vertical = Axis(
      values: Axis.range(of: series.flatMap { $0.points.map(\.value) }, including: including),
      start: Self.height - Self.bottom, end: Self.top)
    let curves = series.map { curve($0, horizontal, vertical) }.joined()
    let body = shading(horizontal) + grid(horizontal, vertical) + curves
    let name = Markup.escape(label)
    return """
      <svg viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" role="img" aria-label="\(name)">
      <title>\(name)</title>
      \(body)</svg>

      """
  }

  private func shading(_ axis: Axis) -> String {
    stages.map { stage in
      let (from, to) = (axis.position(of: stage.steps.lowerBound), axis.position(of: stage.steps.upperBound))
      let role = stage.role.rawValue
      let ground = Markup.box(
        "stage \(role)", x: from, y: Self.top, width: to - from, height: Self.height - Self.top - Self.bottom)
      // Only a stage wide enough for its name bears it.
      return to - from > 60
        ? ground + Markup.label(role, "stage-name", x: (from + to) / 2, y: 18) : ground
    }.joined()
  }

  private func grid(_ horizontal: Axis, _ vertical: Axis) -> String {
    var text = ""
    let rows = vertical.ticks(about: 5)
    for value in rows.values {
      let y = vertical.position(of: value)
      let label =
        asPercent
        ? Markup.fixed(value * 100, max(0, rows.decimals - 2)) + " %" : Markup.fixed(value, rows.decimals)
      text += Markup.line("grid", x: horizontal.start...horizontal.end, y: y...y)
      text += Markup.label(label, "tick end", x: horizontal.start - 8, y: y, isCentred: true)
    }
    let columns = horizontal.ticks(about: 8)
    for value in columns.values {
      let label = Markup.fixed(value, columns.decimals)
      text += Markup.label(label, "tick", x: horizontal.position(of: value), y: vertical.start + 18)
    }
    return text + Markup.label("step", "tick end", x: horizontal.end, y: vertical.start + 32)
  }

  private func curve(_ series: Series, _ horizontal: Axis, _ vertical: Axis) -> String {
    var path = ""
    var dots = ""
    var isDrawing = false
    for point in series.points {
      guard point.value.isFinite else {
        isDrawing = false
        continue
      }
      let x = Markup.coordinate(horizontal.position(of: point.step))
      let y = Markup.coordinate(vertical.position(of: point.value))
      path += (isDrawing ? "L" : "M") + "\(x) \(y)"
      isDrawing = true
      if series.isDotted {
        dots += "<circle class=\"dot \(series.style)\" cx=\"\(x)\" cy=\"\(y)\" r=\"3.5\"/>\n"
      }
    }
    return "<path class=\"curve \(series.style)\" d=\"\(path)\"/>\n" + dots
  }

  /// The names of the curves, to stand above the picture.
  var legend: String {
    let keys = series.map { "<li><i class=\"key \($0.style)\"></i>\(Markup.escape($0.name))</li>" }.joined()
    return "<ul class=\"legend\">\(keys)</ul>\n"
  }
}
