/// Logarithm, exponential, power, cosine and sine in double precision, with the same bits on every machine.
///
/// The system's libm may choose its code by the processor, and may change between two versions of the system. What
/// decides a bit of a run therefore uses this file: the draws of ``Weights/random(_:seed:)``, the table of RoPE, the
/// learning rate, and the logarithm in the distribution of tokens. The functions use only +, -, *, / and integer
/// operations. IEEE 754 defines the result of each of these to the last bit, and Swift never fuses a product and a
/// sum.
///
/// All results are rounded to float32 afterwards, so errors of a few units in the last place (ulp) of a double do no
/// harm. The errors that are stated below are the greatest ones that `ElementaryTests` allows, for the hundreds of
/// random and of hard arguments that it compares with `mpmath`. Every function is O(1) and takes some tens of
/// operations. A loop over many values that needs less precision uses ``VectorMath`` instead.
///
/// Source: W. J. Cody and W. Waite, "Software Manual for the Elementary Functions" (Prentice-Hall, 1980), for the
/// reductions of the argument by constants that are split into parts. The polynomials are the first terms of the
/// functions' own series.
package enum Elementary {
  /// The natural logarithm. The error is at most 2 ulp.
  ///
  /// The logarithm of 0 is -infinity, that of infinity is infinity, and that of a negative number is no number.
  static func log(_ x: Double) -> Double {
    guard x > 0, x < .infinity else { return x == 0 ? -.infinity : x > 0 ? .infinity : .nan }
    // x = 2^exponent m, with m between the square roots of 1/2 and of 2.
    var (exponent, m) = (Double(x.exponent), x.significand)
    if m * m > 2 { (exponent, m) = (exponent + 1, 0.5 * m) }
    // ln m = 2 (s + s³ / 3 + s⁵ / 5 + ...), |s| < 0.1716. The first term that is left out is below 2^-57 of the sum.
    let s = (m - 1) / (m + 1)
    var series = 0.0
    for n in stride(from: 21.0, through: 3, by: -2) { series = (series + 1 / n) * (s * s) }
    return exponent * ln2.high + (exponent * ln2.low + 2 * (s + s * series))
  }

  /// e to the power `x`. The error is at most 2 ulp, and half a unit more where the result is a subnormal number.
  ///
  /// The result is infinity above 709.78 and 0 below -745.13.
  package static func exp(_ x: Double) -> Double {
    guard x < 710 else { return x.isNaN ? .nan : .infinity }
    guard x > -746 else { return x.isNaN ? .nan : 0 }
    // e^x = 2^k e^r, with |r| at most ln 2 / 2.
    let k = nearestInteger(x / (ln2.high + ln2.low))
    let r = (x - k * ln2.high) - k * ln2.low
    // e^r = 1 + r / 1 (1 + r / 2 (1 + r / 3 ...)). The first term that is left out is below 2^-57.
    var power = 1.0
    for n in stride(from: 13.0, through: 1, by: -1) { power = 1 + r / n * power }
    // The product has two steps, because 2^k may not be a double. Only a subnormal result is rounded again.
    let half = Int(k) / 2
    return power * powerOfTwo(half) * powerOfTwo(Int(k) - half)
  }

  /// `base` to the power `exponent`. The error is at most 2 + 2 |`exponent` ln `base`| ulp.
  ///
  /// The result is infinity or 0 where a double can hold nothing nearer.
  /// - Precondition: `base` is positive and finite, and `exponent` is finite.
  static func pow(_ base: Double, _ exponent: Double) -> Double {
    precondition(base > 0 && base < .infinity && exponent.isFinite, "no power of \(base) to \(exponent)")
    return exp(exponent * log(base))
  }

  /// The greatest argument of the cosine and the sine.
  static let greatestAngle = 1e8

  /// The cosine and the sine of an angle in radians. The errors are at most 2 ulp, or 2^-80 where that is more.
  ///
  /// The cosine and the sine of infinity are no numbers.
  /// - Precondition: |x| is at most ``greatestAngle``, or `x` is not finite.
  static func cosAndSin(_ x: Double) -> (cos: Double, sin: Double) {
    guard x.isFinite else { return (.nan, .nan) }
    precondition(abs(x) <= greatestAngle, "\(x) is too large for a cosine")
    // What is left of the angle without its quarter turns is at most π / 4.
    let quarters = nearestInteger(x / (halfPi.0 + halfPi.1))
    let y = ((x - quarters * halfPi.0) - quarters * halfPi.1) - quarters * halfPi.2
    // cos y = 1 - y² / (1 2) (1 - y² / (3 4) (1 - ...)), and sin y = y (1 - y² / (2 3) (1 - y² / (4 5) (1 - ...))).
    // The first terms that are left out are below 2^-58.
    var (cosine, sine) = (1.0, 1.0)
    for n in stride(from: 16.0, through: 2, by: -2) {
      cosine = 1 - y * y / ((n - 1) * n) * cosine
      sine = 1 - y * y / (n * (n + 1)) * sine
    }
    sine *= y
    switch Int(quarters) & 3 {
    case 0: return (cosine, sine)
    case 1: return (-sine, cosine)
    case 2: return (-cosine, -sine)
    default: return (sine, -cosine)
    }
  }

  /// ln 2 in two parts. The high part has 42 bits, so that its product with an integer below 2^11 is exact.
  private static let ln2 = (high: 0x1.62e42fefa38p-1, low: 0x1.ef35793c7673p-45)

  /// π / 2 in three parts. The first two have 27 bits each, so that their products with an integer below 2^26 are
  /// exact.
  private static let halfPi = (0x1.921fb54p+0, 0x1.10b461p-30, 0x1.a62633145c06ep-58)

  /// The integer next to `x`, the even one of two. - Precondition: |x| is below 2^51.
  private static func nearestInteger(_ x: Double) -> Double { (x + 0x1.8p52) - 0x1.8p52 }

  /// 2^k. - Precondition: 2^k is a normal number.
  private static func powerOfTwo(_ k: Int) -> Double { Double(bitPattern: UInt64(k + 1023) << 52) }
}
