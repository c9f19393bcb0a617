/// Text made safe for HTML and SVG, and numbers written the same in every locale.
enum Markup {
  static func escape(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  /// `value` rounded to so many decimals; a dash if it is not finite or too large to show.
  static func fixed(_ value: Double, _ decimals: Int) -> String {
    let power = (0..<decimals).reduce(1.0) { power, _ in power * 10 }
    let scaled = (value * power).rounded()
    guard scaled.isFinite, abs(scaled) < 1e15 else { return "–" }
    let digits = String(Int(abs(scaled)))
    let sign = scaled < 0 ? "−" : ""
    guard decimals > 0 else { return sign + digits }
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    return sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
  }

  /// A coordinate of a picture, in tenths of a unit, with the sign that SVG reads.
  static func coordinate(_ value: Double) -> String {
    fixed(value, 1).replacing("−", with: "-").replacing("–", with: "0")
  }

  /// A `<text>`; `isCentred` puts its middle, not its foot, at `y`.
  static func label(_ text: String, _ style: String, x: Double, y: Double, isCentred: Bool = false) -> String
  {
    let shift = isCentred ? " dy=\"0.32em\"" : ""
    let place = "x=\"\(coordinate(x))\" y=\"\(coordinate(y))\"\(shift)"
    return "<text class=\"\(style)\" \(place)>\(escape(text))</text>\n"
  }

  static func line(_ style: String, x: ClosedRange<Double>, y: ClosedRange<Double>) -> String {
    let ends = [x.lowerBound, y.lowerBound, x.upperBound, y.upperBound].map(coordinate)
    return
      "<line class=\"\(style)\" x1=\"\(ends[0])\" y1=\"\(ends[1])\" x2=\"\(ends[2])\" y2=\"\(ends[3])\"/>\n"
  }

  static func box(_ style: String, x: Double, y: Double, width: Double, height: Double) -> String {
    let sides = [x, y, width, height].map(coordinate)
    let place = "x=\"\(sides[0])\" y=\"\(sides[1])\" width=\"\(sides[2])\" height=\"\(sides[3])\""
    return "<rect class=\"\(style)\" \(place)/>\n"
  }

  static func percent(_ rate: Double) -> String { fixed(rate * 100, 1) }
}
