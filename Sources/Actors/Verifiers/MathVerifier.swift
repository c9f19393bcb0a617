/// An answer is right if it is the same in mathematics: `\frac{1}{2}`, `0.5` and `50\%` are the same.
///
/// Values are compared exactly and never rounded, unless a tolerance is given. What cannot be read is compared as text. docs/data.md
/// says what is read.
package struct MathVerifier: Verifier {
  private let tolerance: Rational

  package init(tolerance: Double = 0) { self.tolerance = Rational(tolerance: tolerance) }

  package func reading(_ given: String) -> String? {
    let line = given.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return line.isEmpty || line.utf8.count > MathAnswer.longest ? nil : line
  }

  package func accepts(_ given: String, expected: String) -> Bool {
    MathAnswer(expected).accepts(MathAnswer(given), tolerance: tolerance)
  }
}

extension Rational {
  /// A tolerance as it is written in a file, exactly; 0 if it is too small to be written in decimals.
  init(tolerance: Double) {
    let parts = "\(tolerance)".split(separator: "e")
    guard let digits = parts.first, var value = try? Rational(decimal: digits) else {
      self = .zero
      return
    }
    let power = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    guard abs(power) <= 30 else {
      self = .zero
      return
    }
    for _ in 0..<abs(power) {
      let factor = power < 0 ? try? Rational(1, over: 10) : Rational(10)
      value = factor.flatMap { try? value.times($0) } ?? value
    }
    self = value
  }
}
