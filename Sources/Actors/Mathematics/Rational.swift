/// A fraction of whole numbers in lowest terms, computed exactly. What does not fit into 128 bits is an error, never rounded.
struct Rational: Hashable, Comparable {
  let numerator: Int128
  /// Above 0.
  let denominator: Int128

  static let zero = Rational(0)
  static let one = Rational(1)

  init(_ number: Int128) { (numerator, denominator) = (number, 1) }

  init(_ numerator: Int128, over denominator: Int128) throws(MathReadingError) {
    guard denominator != 0 else { throw .noNumber("a division by zero") }
    guard numerator != .min, denominator != .min else { throw .tooLarge }
    let divisor = Self.greatestDivisor(numerator.magnitude, denominator.magnitude)
    let sign: Int128 = denominator < 0 ? -1 : 1
    self.numerator = sign * (numerator / Int128(divisor))
    self.denominator = sign * (denominator / Int128(divisor))
  }

  /// Reads digits with at most one point, such as `12.50` or `.5`.
  init(decimal text: some StringProtocol) throws(MathReadingError) {
    var (digits, power, hasPoint, count) = (Int128(0), Int128(1), false, 0)
    for byte in text.utf8 {
      if byte == UInt8(ascii: "."), !hasPoint {
        hasPoint = true
        continue
      }
      guard (0x30...0x39).contains(byte) else { throw .noNumber(String(text)) }
      digits = try Self.product(digits, 10)
      digits = try Self.sum(digits, Int128(byte - 0x30))
      if hasPoint { power = try Self.product(power, 10) }
      count += 1
    }
    guard count > 0 else { throw .noNumber(String(text)) }
    try self.init(digits, over: power)
  }

  private static func greatestDivisor(_ a: UInt128, _ b: UInt128) -> UInt128 {
    var (a, b) = (a, b)
    while b != 0 { (a, b) = (b, a % b) }
    return max(a, 1)
  }

  static func product(_ a: Int128, _ b: Int128) throws(MathReadingError) -> Int128 {
    let (value, isTooLarge) = a.multipliedReportingOverflow(by: b)
    guard !isTooLarge else { throw .tooLarge }
    return value
  }

  static func sum(_ a: Int128, _ b: Int128) throws(MathReadingError) -> Int128 {
    let (value, isTooLarge) = a.addingReportingOverflow(b)
    guard !isTooLarge else { throw .tooLarge }
    return value
  }

  func plus(_ other: Rational) throws(MathReadingError) -> Rational {
    try Rational(
      Self.sum(
        Self.product(numerator, other.denominator), Self.product(other.numerator, denominator)),
      over: Self.product(denominator, other.denominator))
  }

  func times(_ other: Rational) throws(MathReadingError) -> Rational {
    // Crosswise first, so that what fits in the end fits on the way.
    let (a, b) = (
      try Rational(numerator, over: other.denominator), try Rational(other.numerator, over: denominator)
    )
    return try Rational(
      Self.product(a.numerator, b.numerator), over: Self.product(a.denominator, b.denominator))
  }

  var negated: Rational {
    get throws(MathReadingError) { try Rational(Self.product(numerator, -1), over: denominator) }
  }

  var magnitude: Rational {
    get throws(MathReadingError) { numerator < 0 ? try negated : self }
  }

  var inverted: Rational {
    get throws(MathReadingError) { try Rational(denominator, over: numerator) }
  }

  static func < (a: Rational, b: Rational) -> Bool {
    // Both products are computed in twice the width.
    let (left, right) = (
      a.numerator.multipliedFullWidth(by: b.denominator), b.numerator.multipliedFullWidth(by: a.denominator)
    )
    return left.high != right.high ? left.high < right.high : left.low < right.low
  }
}

extension Rational: CustomStringConvertible {
  var description: String { denominator == 1 ? "\(numerator)" : "\(numerator)/\(denominator)" }
}

/// Why a text is no mathematical answer that can be compared exactly.
enum MathReadingError: Error, Hashable {
  /// A number on the way does not fit into 128 bits, or an expression has too many terms.
  case tooLarge
  case noNumber(String)
  /// Something else was expected at this place.
  case unexpected(String)
}
