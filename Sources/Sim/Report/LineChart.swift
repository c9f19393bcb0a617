/// Curves over training steps, on a ground that shows which role was learning.
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
    let body =
      shading(horizontal) + grid(horizontal, vertical)
      + series.map { curve($0, horizontal, vertical) }.joined()
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
      let ground = """
        <rect class="stage \(stage.role.rawValue)" x="\(Markup.coordinate(from))" y="\(Markup.coordinate(Self.top))" \
        width="\(Markup.coordinate(to - from))" height="\(Markup.coordinate(Self.height - Self.top - Self.bottom))"/>

        """
      // Only a stage wide enough for its name bears it.
      guard to - from > 60 else { return ground }
      let middle = Markup.coordinate((from + to) / 2)
      return ground + "<text class=\"stage-name\" x=\"\(middle)\" y=\"18\">\(stage.role.rawValue)</text>\n"
    }.joined()
  }

  private func grid(_ horizontal: Axis, _ vertical: Axis) -> String {
    var text = ""
    let rows = vertical.ticks(about: 5)
    for value in rows.values {
      let y = Markup.coordinate(vertical.position(of: value))
      let label =
        asPercent
        ? Markup.fixed(value * 100, max(0, rows.decimals - 2)) + " %" : Markup.fixed(value, rows.decimals)
      text +=
        "<line class=\"grid\" x1=\"\(Markup.coordinate(horizontal.start))\" x2=\"\(Markup.coordinate(horizontal.end))\" y1=\"\(y)\" y2=\"\(y)\"/>\n"
      text +=
        "<text class=\"tick left\" x=\"\(Markup.coordinate(horizontal.start - 8))\" y=\"\(y)\" dy=\"0.32em\">\(label)</text>\n"
    }
    let columns = horizontal.ticks(about: 8)
    let y = Markup.coordinate(vertical.start + 18)
    for value in columns.values {
      let x = Markup.coordinate(horizontal.position(of: value))
      text += "<text class=\"tick\" x=\"\(x)\" y=\"\(y)\">\(Markup.fixed(value, columns.decimals))</text>\n"
    }
    return text
      + "<text class=\"tick\" x=\"\(Markup.coordinate(horizontal.end))\" y=\"\(Markup.coordinate(vertical.start + 32))\" text-anchor=\"end\">step</text>\n"
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
