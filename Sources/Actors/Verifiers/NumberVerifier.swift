/// An answer is right if it is the same decimal number, however it is written: `12.50` is `12.5`, and `1,200` is `1200`.
///
/// Numbers are compared as digits, so none is too long. With a tolerance they are subtracted exactly.
struct NumberVerifier: Verifier {
  private let tolerance: Rational

  init(tolerance: Double = 0) { self.tolerance = Rational(tolerance: tolerance) }

  func reading(_ given: String) -> String? {
    guard let number = DecimalText(given) else { return nil }
    return number.text
  }

  func accepts(_ given: String, expected: String) -> Bool {
    guard let one = DecimalText(given), let other = DecimalText(expected) else { return false }
    if one == other { return true }
    guard tolerance > .zero, let a = try? one.rational, let b = try? other.rational,
      let difference = try? a.plus(b.negated).magnitude
    else { return false }
    return difference <= tolerance
  }
}

/// A decimal number without what does not change it: a plus, commas between digits, zeros at either end.
struct DecimalText: Hashable {
  private let isNegative: Bool
  private let whole: String
  private let fraction: String

  /// Reads a number; `nil` if the text is none.
  init?(_ text: String) {
    var rest = text.split(whereSeparator: \.isWhitespace).joined(separator: " ").filter { $0 != "," }[...]
    let hasMinus = rest.first == "-"
    if hasMinus || rest.first == "+" { rest.removeFirst() }
    let parts = rest.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts.contains(where: { !$0.isEmpty }),
      parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
    else { return nil }
    let digits = parts[0].drop { $0 == "0" }
    var behind = parts.count == 2 ? parts[1] : ""
    while behind.last == "0" { behind.removeLast() }
    whole = digits.isEmpty ? "0" : String(digits)
    fraction = String(behind)
    isNegative = hasMinus && !(whole == "0" && fraction.isEmpty)
  }

  var isWhole: Bool { fraction.isEmpty }

  var text: String { (isNegative ? "-" : "") + whole + (fraction.isEmpty ? "" : ".\(fraction)") }

  var rational: Rational {
    get throws(MathReadingError) {
      let value = try Rational(decimal: whole + "." + fraction)
      return isNegative ? try value.negated : value
    }
  }
}
