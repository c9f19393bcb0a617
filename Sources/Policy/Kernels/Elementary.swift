/// Logarithm, exponential, power, cosine and sine in double precision, with the same bits on every machine.
///
/// The system's libm may choose its code by the processor, and may change between two versions of the system. What
/// decides a bit of a run therefore uses this file: the draws of ``Weights/random(_:seed:)``, the table of RoPE, the
/// learning rate, and the logarithm in the distribution of tokens. The functions use only +, -, *, / and integer
/// operations. IEEE 754 defines the result of each of these to the last bit, and Swift never fuses a product and a
/// sum.
///
/// Errors are in units in the last place (ulp) of the result, of which a correctly rounded result has at most 0.5.
/// The errors that are stated below are the greatest ones that `ElementaryTests` allows, for the hundreds of random
/// and of hard arguments that it compares with `mpmath`. For all other arguments, counting the roundings shows that a
/// logarithm, exponential, cosine or sine errs by less than 1 ulp. Every function is O(1) and takes some tens of
/// operations. A loop over many values that needs less precision uses ``VectorMath`` instead.
///
/// Sources: W. J. Cody and W. Waite, "Software Manual for the Elementary Functions" (Prentice-Hall, 1980), for the
/// reductions of the argument by constants that are split into parts; the comments of Sun's fdlibm (1993), for the
/// idea to compute a logarithm by s = (m - 1) / (m + 1), and to correct 1 - x² / 2 by what its rounding lost;
/// T. J. Dekker, "A floating-point technique for extending the available precision" (Numerische Mathematik 18, 1971,
/// DOI 10.1007/BF01397083), for numbers that are a sum of two. The polynomials are the first terms of the functions'
/// own series, so that each coefficient can be read.
enum Elementary {
  // MARK: - Logarithm and exponential

  /// The natural logarithm. The error is at most 0.55 ulp.
  ///
  /// The logarithm of 0 is -infinity, that of infinity is infinity, and that of a negative number is no number.
  static func log(_ x: Double) -> Double {
    guard x > 0, x < .infinity else { return x == 0 ? -.infinity : x > 0 ? .infinity : .nan }
    let result = preciseLog(x)
    return result.high + result.low
  }

  /// e to the power `x`. The error is at most 0.7 ulp where the result is a normal number, and at most 1.2 ulp
  /// where it is a subnormal one.
  ///
  /// The result is infinity above 709.78 and 0 below -745.13.
  static func exp(_ x: Double) -> Double { exp(Pair(x, 0)) }

  /// `base` to the power `exponent`. The error is at most 0.7 + 0.03 |exponent| ulp, and half a unit more
  /// where the result is a subnormal number.
  ///
  /// The result is infinity or 0 where a double can hold nothing nearer.
  /// - Precondition: `base` is positive and finite, and `exponent` is finite.
  static func pow(_ base: Double, _ exponent: Double) -> Double {
    precondition(base > 0 && base < .infinity && exponent.isFinite, "no power of \(base) to \(exponent)")
    let log = preciseLog(base)
    let product = exactProduct(log.high, exponent)
    // Beyond this the result is 0 or infinity, and the low parts below may be infinite.
    guard abs(product.high) < 1000 else { return product.high < 0 ? 0 : .infinity }
    return exp(Pair(product.high, product.low + log.low * exponent))
  }

  /// ln 2 in two parts. The high part has 42 bits, so that its product with an integer below 2^11 is exact.
  private static let ln2 = Pair(0x1.62e42fefa38p-1, 0x1.ef35793c7673p-45)

  /// The natural logarithm of a positive, finite number, as a sum of two. The error is below 2^-56 of the result.
  private static func preciseLog(_ x: Double) -> Pair {
    // x = 2^exponent m, with m between the square roots of 1/2 and of 2.
    var exponent = Double(x.exponent)
    var m = x.significand
    if m > 0x1.6a09e667f3bcdp+0 {
      m *= 0.5
      exponent += 1
    }
    // s = (m - 1) / (m + 1), with what its rounding lost; m - 1 is exact. Then |s| < 0.1716.
    let divisor = exactSum(m, 1)
    let s = (m - 1) / divisor.high
    let product = exactProduct(s, divisor.high)
    let lost = ((m - 1 - product.high) - product.low - s * divisor.low) / divisor.high
    // ln m = 2 (s + s³ / 3 + s⁵ / 5 + ...). The first term that is left out is below 2^-60 of the result.
    let z = s * s
    var series = 1.0 / 21
    series = series * z + 1.0 / 19
    series = series * z + 1.0 / 17
    series = series * z + 1.0 / 15
    series = series * z + 1.0 / 13
    series = series * z + 1.0 / 11
    series = series * z + 1.0 / 9
    series = series * z + 1.0 / 7
    series = series * z + 1.0 / 5
    series = series * z + 1.0 / 3
    let rest = 2 * (lost + s * (z * series))
    let sum = exactSum(exponent * ln2.high, 2 * s)
    return exactSum(sum.high, sum.low + (exponent * ln2.low + rest))
  }

  /// e to the power of a sum of two.
  private static func exp(_ x: Pair) -> Double {
    guard x.high < 710 else { return x.high.isNaN ? .nan : .infinity }
    guard x.high > -746 else { return x.high.isNaN ? .nan : 0 }
    // e^x = 2^k e^r, with |r| at most ln 2 / 2.
    let k = nearestInteger(x.high * 0x1.71547652b82fep+0)
    let r = exactSum(x.high - Double(k) * ln2.high, x.low - Double(k) * ln2.low)
    // e^r = 1 + r + r² (1 / 2! + r / 3! + r² / 4! + ...). The first term that is left out is below 2^-57.
    let y = r.high
    var series = 1.0 / 6_227_020_800  // 13!
    series = series * y + 1.0 / 479_001_600
    series = series * y + 1.0 / 39_916_800
    series = series * y + 1.0 / 3_628_800
    series = series * y + 1.0 / 362_880
    series = series * y + 1.0 / 40_320
    series = series * y + 1.0 / 5_040
    series = series * y + 1.0 / 720
    series = series * y + 1.0 / 120
    series = series * y + 1.0 / 24
    series = series * y + 1.0 / 6
    series = series * y + 1.0 / 2
    let start = exactSum(1, y)
    let power = start.high + (start.low + (r.low * (1 + y) + y * y * series))
    // In two steps, as 2^k itself may be no double. Only a result that is subnormal is rounded again.
    return power * powerOfTwo(k / 2) * powerOfTwo(k - k / 2)
  }

  // MARK: - Cosine and sine

  /// The greatest argument of the cosine and the sine.
  static let greatestAngle = 1e8

  /// The cosine of an angle in radians. The error is at most 0.8 ulp.
  ///
  /// The cosine of infinity is no number.
  /// - Precondition: |x| is at most ``greatestAngle``, or `x` is not finite.
  static func cos(_ x: Double) -> Double { cosAndSin(x).cos }

  /// The cosine and the sine of an angle in radians. The errors are at most 0.8 ulp.
  ///
  /// The cosine and the sine of infinity are no numbers.
  /// - Precondition: |x| is at most ``greatestAngle``, or `x` is not finite.
  static func cosAndSin(_ x: Double) -> (cos: Double, sin: Double) {
    guard x.isFinite else { return (.nan, .nan) }
    precondition(abs(x) <= greatestAngle, "\(x) is too large for a cosine")
    let (quarters, r) = withoutQuarterTurns(x)
    let y = r.high
    let z = y * y
    let half = 0.5 * z
    // cos y = 1 - y² / 2! + y⁴ (1 / 4! - y² / 6! + ...). The first term that is left out is below 2^-58.
    var series = 1.0 / 20_922_789_888_000  // 16!
    series = series * z - 1.0 / 87_178_291_200
    series = series * z + 1.0 / 479_001_600
    series = series * z - 1.0 / 3_628_800
    series = series * z + 1.0 / 40_320
    series = series * z - 1.0 / 720
    series = series * z + 1.0 / 24
    let start = 1 - half
    // (1 - start) - half is what the rounding of `start` lost. The slope of the cosine times r.low is -y r.low.
    let cosine = start + (((1 - start) - half) + (z * z * series - y * r.low))
    // sin y = y + y³ (-1 / 3! + y² / 5! - ...). The first term that is left out is below 2^-62.
    series = 1.0 / 355_687_428_096_000  // 17!
    series = series * z - 1.0 / 1_307_674_368_000
    series = series * z + 1.0 / 6_227_020_800
    series = series * z - 1.0 / 39_916_800
    series = series * z + 1.0 / 362_880
    series = series * z - 1.0 / 5_040
    series = series * z + 1.0 / 120
    series = series * z - 1.0 / 6
    let sine = y + (y * z * series + r.low * start)
    switch quarters & 3 {
    case 0: return (cosine, sine)
    case 1: return (-sine, cosine)
    case 2: return (-cosine, -sine)
    default: return (sine, -cosine)
    }
  }

  /// π / 2 in four parts. The first three have 27 bits each, so that their products with an integer below 2^26 are
  /// exact.
  private static let halfPi = (
    0x1.921fb54p+0, 0x1.10b461p-30, 0x1.a62633p-58, 0x1.45c06e0e68948p-86
  )

  /// The number of quarter turns that is nearest to the angle `x`, and what is left: a sum of two, of at most π / 4.
  ///
  /// What is left keeps its relative precision also where `x` is a double next to a multiple of π / 2: of all doubles
  /// up to ``greatestAngle`` none is nearer to one than 2^-61, and the error is below 2^-107.
  private static func withoutQuarterTurns(_ x: Double) -> (quarters: Int, rest: Pair) {
    let quarters = nearestInteger(x * 0x1.45f306dc9c883p-1)
    let k = Double(quarters)
    // The first difference is exact, because its terms are nearly equal and multiples of one small power of two.
    let first = exactSum(x - k * halfPi.0, -(k * halfPi.1))
    let second = exactSum(first.high, -(k * halfPi.2))
    return (quarters, exactSum(second.high, first.low + second.low - k * halfPi.3))
  }

  // MARK: - Exact steps

  /// A number as the sum of a double and of a much smaller one.
  private struct Pair {
    let high, low: Double

    init(_ high: Double, _ low: Double) { (self.high, self.low) = (high, low) }
  }

  /// a + b: the rounded sum, and what the rounding lost. Source: D. E. Knuth, "The Art of Computer Programming",
  /// volume 2, section 4.2.2, theorem B.
  @inline(__always)
  private static func exactSum(_ a: Double, _ b: Double) -> Pair {
    let sum = a + b
    let bPart = sum - a
    let aPart = sum - bPart
    return Pair(sum, (a - aPart) + (b - bPart))
  }

  /// a * b: the rounded product, and what the rounding lost, up to 2^-106 of the product. Source: Dekker (1971).
  @inline(__always)
  private static func exactProduct(_ a: Double, _ b: Double) -> Pair {
    let product = a * b
    // The first 26 bits of each factor, whose products are exact.
    let aHigh = Double(bitPattern: a.bitPattern & ~0x7ff_ffff)
    let bHigh = Double(bitPattern: b.bitPattern & ~0x7ff_ffff)
    let (aLow, bLow) = (a - aHigh, b - bHigh)
    return Pair(product, ((aHigh * bHigh - product) + aHigh * bLow + aLow * bHigh) + aLow * bLow)
  }

  /// The integer next to `x`, away from zero where two are equally near. - Precondition: |x| is below 2^52.
  @inline(__always)
  private static func nearestInteger(_ x: Double) -> Int { Int(x + (x < 0 ? -0.5 : 0.5)) }

  /// 2^k. - Precondition: 2^k is a normal number.
  @inline(__always)
  private static func powerOfTwo(_ k: Int) -> Double { Double(bitPattern: UInt64(k + 1023) << 52) }
}
