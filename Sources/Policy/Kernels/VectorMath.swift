/// Loops with one fixed order of summation, whatever calls them: the same bits in training, prefill and decode.
///
/// Baseline x86-64 has no fused multiply-add, so `a * b + c` is two instructions and the same everywhere.
/// Transcendental functions are polynomials of our own: the system's choose their code by the processor.
enum VectorMath {
  typealias Vector = SIMD8<Float>

  @inline(__always)
  static func load(_ p: Floats, _ index: Int) -> Vector {
    UnsafeRawPointer(p + index).loadUnaligned(as: Vector.self)
  }

  @inline(__always)
  static func store(_ value: Vector, _ p: MutableFloats, _ index: Int) {
    UnsafeMutableRawPointer(p + index).storeBytes(of: value, as: Vector.self)
  }

  /// `count` rounded up to whole vectors.
  @inline(__always)
  static func padded(_ count: Int) -> Int { (count + 7) & ~7 }

  @inline(__always)
  static func sum(_ v: Vector) -> Float {
    let four = v.lowHalf + v.highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }

  /// The sums of four vectors, each in the order of `sum(_:)`.
  @inline(__always)
  static func sums(_ a: Vector, _ b: Vector, _ c: Vector, _ d: Vector) -> SIMD4<Float> {
    let (a4, b4) = (a.lowHalf + a.highHalf, b.lowHalf + b.highHalf)
    let (c4, d4) = (c.lowHalf + c.highHalf, d.lowHalf + d.highHalf)
    let x = SIMD4(a4.x, b4.x, c4.x, d4.x) + SIMD4(a4.z, b4.z, c4.z, d4.z)
    let y = SIMD4(a4.y, b4.y, c4.y, d4.y) + SIMD4(a4.w, b4.w, c4.w, d4.w)
    return x + y
  }

  /// Σ a[i] b[i]. - Precondition: `count` is a multiple of 8.
  @inline(__always)
  static func dot(_ a: Floats, _ b: Floats, _ count: Int) -> Float {
    var total = Vector.zero
    var index = 0
    while index < count {
      total += load(a, index) * load(b, index)
      index += 8
    }
    return sum(total)
  }

  /// y += x. - Precondition: `count` is a multiple of 8.
  @inline(__always)
  static func add(_ x: Floats, to y: MutableFloats, _ count: Int) {
    var index = 0
    while index < count {
      store(load(y, index) + load(x, index), y, index)
      index += 8
    }
  }

  /// The greatest of `count` values, which is a multiple of 8.
  @inline(__always)
  static func maximum(_ x: Floats, _ count: Int) -> Float {
    var greatest = load(x, 0)
    var index = 8
    while index < count {
      let v = load(x, index)
      greatest.replace(with: v, where: v .> greatest)
      index += 8
    }
    var four = greatest.lowHalf
    four.replace(with: greatest.highHalf, where: greatest.highHalf .> four)
    let (a, b) = (four.x > four.y ? four.x : four.y, four.z > four.w ? four.z : four.w)
    return a > b ? a : b
  }

  /// eˣ by a polynomial of degree 6 after reduction by powers of two; relative error below 2e-7.
  /// Zero below -87, greatest at 88; the same bits on every machine.
  @inline(__always)
  static func exp(_ x: Vector) -> Vector {
    let magic: Float = 12_582_912  // 1.5 * 2^23: adding it rounds to the nearest integer
    let isTiny = x .< Vector(repeating: -87)
    let clamped = x.replacing(with: -87, where: isTiny).replacing(with: 88, where: x .> Vector(repeating: 88))
    let shifted = clamped * 1.442_695_04 + magic
    let n = shifted - magic
    let r = clamped - n * 0.693_359_375 - n * -2.121_944_4e-4
    var p = r * (1 / 720) + (1 / 120)
    p = p * r + (1 / 24)
    p = p * r + (1 / 6)
    p = p * r + 0.5
    p = p * r + 1
    p = p * r + 1
    let exponent = unsafeBitCast(shifted, to: SIMD8<UInt32>.self) &- magic.bitPattern
    let scale = unsafeBitCast((exponent &+ 127) &<< 23, to: Vector.self)
    return (p * scale).replacing(with: 0, where: isTiny)
  }

  /// eˣ of one number, to the bits of the vector's.
  static func exp(_ x: Float) -> Float { exp(Vector(repeating: x))[0] }

  /// ln x in double precision by the series of atanh((m - 1) / (m + 1)), for finite positive x.
  static func log(_ x: Float) -> Float {
    guard x > 0, x.isFinite else { return x == 0 ? -.infinity : x > 0 ? .infinity : .nan }
    var exponent = Double(x.exponent)
    var significand = Double(x.significand)
    if significand > 1.414_213_562_373_095_1 {
      significand *= 0.5
      exponent += 1
    }
    let s = (significand - 1) / (significand + 1)
    let square = s * s
    var series = 0.0
    // |s| < 0.1716: the first term left out is below 1e-17.
    for denominator in stride(from: 21.0, through: 1, by: -2) { series = series * square + 1 / denominator }
    return Float(exponent * 0.693_147_180_559_945_31 + 2 * s * series)
  }

  /// Turns scores into probabilities in place. Entries up to the next multiple of 8 become zero.
  @inline(__always)
  static func softmax(_ scores: MutableFloats, _ count: Int) {
    let padded = padded(count)
    for index in count..<padded { scores[index] = -.infinity }
    let top = maximum(scores, padded)
    var total = Vector.zero
    var index = 0
    while index < padded {
      let e = exp(load(scores, index) - top)
      store(e, scores, index)
      total += e
      index += 8
    }
    let scale = 1 / sum(total)
    index = 0
    while index < padded {
      store(load(scores, index) * scale, scores, index)
      index += 8
    }
  }
}
