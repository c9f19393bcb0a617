/// Writes a number as Python's `repr` does: the fewest digits that give the same number again.
enum TemplateNumber {
  static func text(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    let (digits, point) = shortest(value.magnitude)
    let sign = value.sign == .minus ? "-" : ""
    guard (-3...16).contains(point) else {
      let exponent = point - 1
      let size = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
      let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
      return "\(sign)\(digits.prefix(1))\(fraction)e\(exponent < 0 ? "-" : "+")\(size)"
    }
    if point <= 0 { return "\(sign)0.\(String(repeating: "0", count: -point))\(digits)" }
    guard digits.count > point else {
      return "\(sign)\(digits)\(String(repeating: "0", count: point - digits.count)).0"
    }
    return "\(sign)\(digits.prefix(point)).\(digits.dropFirst(point))"
  }

  /// The digits of a number that is not negative, without zeros at both ends, and how many of them stand before the
  /// point.
  private static func shortest(_ value: Double) -> (digits: String, point: Int) {
    let parts = "\(value)".split(separator: "e")
    let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    let halves = parts[0].split(separator: ".")
    let (whole, fraction) = (halves[0], halves.count > 1 ? halves[1] : "")
    let all = whole + fraction
    let digits = all.drop { $0 == "0" }
    guard let last = digits.lastIndex(where: { $0 != "0" }) else { return ("0", 1) }
    return (String(digits[...last]), whole.count - (all.count - digits.count) + exponent)
  }
}
