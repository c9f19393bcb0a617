/// A quotient of two polynomials.
///
/// `==` would compare how it is written; ``equals(_:)`` says whether the values are the same.
struct MathExpression: Hashable {
  var above: Polynomial
  var below: Polynomial

  init(_ number: Rational) { (above, below) = (Polynomial(number), Polynomial(.one)) }
  init(atom: String) { (above, below) = (Polynomial(atom: atom), Polynomial(.one)) }
  private init(_ above: Polynomial, over below: Polynomial) throws(MathReadingError) {
    guard below.number != .zero else { throw .noNumber("a division by zero") }
    if let divisor = below.number {
      self.above = try above.times(Polynomial(divisor.inverted))
      self.below = Polynomial(.one)
    } else {
      (self.above, self.below) = (above, below)
    }
  }

  var number: Rational? { below.number == .one ? above.number : nil }

  func plus(_ other: MathExpression) throws(MathReadingError) -> MathExpression {
    try MathExpression(
      above.times(other.below).plus(other.above.times(below)), over: below.times(other.below))
  }

  func times(_ other: MathExpression) throws(MathReadingError) -> MathExpression {
    try MathExpression(above.times(other.above), over: below.times(other.below))
  }

  func divided(by other: MathExpression) throws(MathReadingError) -> MathExpression {
    try MathExpression(above.times(other.below), over: below.times(other.above))
  }

  var negated: MathExpression {
    get throws(MathReadingError) { try times(MathExpression(Rational(-1))) }
  }

  /// Whether the values are the same. A quotient is compared by multiplying crosswise.
  func equals(_ other: MathExpression) -> Bool {
    guard let left = try? above.times(other.below), let right = try? other.above.times(below) else {
      return self == other
    }
    return left == right
  }

  /// A text by which the expression is known within another one, such as in `sin(...)`.
  var text: String {
    guard let scale = try? below.terms.last?.coefficient.inverted,
      let one = try? above.times(Polynomial(scale)),
      let other = try? below.times(Polynomial(scale))
    else { return "(\(above.text))/(\(below.text))" }
    return other.number == .one ? one.text : "(\(one.text))/(\(other.text))"
  }

  private static let mostPower: Int128 = 64

  func raised(to exponent: MathExpression) throws(MathReadingError) -> MathExpression {
    guard let power = exponent.number else { return MathExpression(atom: "(\(text))^(\(exponent.text))") }
    guard power.denominator == 1 else {
      guard power.denominator == 2 else { return MathExpression(atom: "(\(text))^(\(exponent.text))") }
      return try root(2).raised(to: MathExpression(Rational(power.numerator)))
    }
    guard abs(power.numerator) <= Self.mostPower else { throw .tooLarge }
    var result = MathExpression(.one)
    for _ in 0..<abs(power.numerator) { result = try result.times(self) }
    return power.numerator < 0 ? try MathExpression(.one).divided(by: result) : result
  }

  /// A root. Those of whole numbers are written with the square roots of primes, so that `√8` is `2√2`.
  func root(_ degree: Int128) throws(MathReadingError) -> MathExpression {
    let whole = MathExpression(atom: "root\(degree)(\(text))")
    guard let value = number, (2...8).contains(degree) else { return whole }
    if value == .zero { return MathExpression(.zero) }
    if value < .zero {
      guard degree % 2 == 1 else {
        return degree == 2
          ? try MathExpression(value.negated).root(2).times(MathExpression(atom: "i")) : whole
      }
      return try MathExpression(value.negated).root(degree).negated
    }
    // The root of p / q is the root of p q^(degree - 1), divided by q.
    let under = try Rational(value.numerator).times(Self.power(value.denominator, degree - 1)).numerator
    var result = try MathExpression(Rational(1, over: value.denominator))
    var left = Rational.one
    for (prime, count) in try Self.factors(of: under) {
      result = try result.times(MathExpression(Self.power(prime, count / degree)))
      if degree == 2, count % 2 == 1 {
        result = try result.times(MathExpression(atom: "√\(prime)"))
      } else {
        left = try left.times(Self.power(prime, count % degree))
      }
    }
    return left == .one ? result : try result.times(MathExpression(atom: "root\(degree)(\(left))"))
  }

  /// The prime factors of a number above 0, and how often each divides it.
  private static func factors(of number: Int128) throws(MathReadingError) -> [(prime: Int128, count: Int128)]
  {
    guard number <= 1_000_000_000_000 else { throw .tooLarge }
    var (rest, prime, found) = (number, Int128(2), [(prime: Int128, count: Int128)]())
    while prime * prime <= rest {
      var count: Int128 = 0
      while rest % prime == 0 { (rest, count) = (rest / prime, count + 1) }
      if count > 0 { found.append((prime, count)) }
      prime += 1
    }
    return rest > 1 ? found + [(rest, 1)] : found
  }

  private static func power(_ base: Int128, _ exponent: Int128) throws(MathReadingError) -> Rational {
    var result = Rational.one
    for _ in 0..<exponent { result = try result.times(Rational(base)) }
    return result
  }
}
