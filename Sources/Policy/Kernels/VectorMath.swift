/// Loops with one fixed order of summation, whatever calls them: the same bits in training, prefill and decode.
///
/// Baseline x86-64 has no fused multiply-add, so `a * b + c` is two instructions and the same everywhere.
enum VectorMath {
  @inline(__always)
  static func load(_ p: Floats, _ index: Int) -> SIMD8<Float> {
    UnsafeRawPointer(p + index).loadUnaligned(as: SIMD8<Float>.self)
  }

  @inline(__always)
  static func store(_ value: SIMD8<Float>, _ p: MutableFloats, _ index: Int) {
    UnsafeMutableRawPointer(p + index).storeBytes(of: value, as: SIMD8<Float>.self)
  }

  @inline(__always)
  static func sum(_ v: SIMD8<Float>) -> Float {
    let four = v.lowHalf + v.highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }

  /// Σ a[i] b[i]. - Precondition: `count` is a multiple of 8.
  @inline(__always)
  static func dot(_ a: Floats, _ b: Floats, _ count: Int) -> Float {
    var total = SIMD8<Float>.zero
    var index = 0
    while index < count {
      total += load(a, index) * load(b, index)
      index += 8
    }
    return sum(total)
  }

  /// y += s x. - Precondition: `count` is a multiple of 8.
  @inline(__always)
  static func addScaled(_ x: Floats, by s: Float, to y: MutableFloats, _ count: Int) {
    var index = 0
    while index < count {
      store(load(y, index) + load(x, index) * s, y, index)
      index += 8
    }
  }

  /// y += x. - Precondition: `count` is a multiple of 8.
  static func add(_ x: Floats, to y: MutableFloats, _ count: Int) {
    var index = 0
    while index < count {
      store(load(y, index) + load(x, index), y, index)
      index += 8
    }
  }

  /// eˣ by a polynomial of degree 6 after reduction by powers of two; relative error below 2e-7.
  /// Zero below -87. The same bits on every machine.
  @inline(__always)
  static func exp(_ x: SIMD8<Float>) -> SIMD8<Float> {
    typealias V = SIMD8<Float>
    let magic: Float = 12_582_912  // 1.5 * 2^23: adding it rounds to the nearest integer
    let clamped = x.clamped(lowerBound: V(repeating: -87), upperBound: V(repeating: 88))
    let shifted = clamped * 1.442_695_04 + magic
    let n = shifted - magic
    let r = clamped - n * 0.693_359_375 - n * -2.121_944_4e-4
    var p = r * (1 / 720) + (1 / 120)
    p = p * r + (1 / 24)
    p = p * r + (1 / 6)
    p = p * r + 0.5
    p = p * r + 1
    p = p * r + 1
    // Both casts are between vectors of eight 32-bit lanes, and every bit pattern is a value of the target.
    let exponent = unsafeBitCast(shifted, to: SIMD8<UInt32>.self) &- magic.bitPattern
    let scale = unsafeBitCast((exponent &+ 127) &<< 23, to: V.self)
    return (p * scale).replacing(with: 0, where: x .< -87)
  }

  /// Turns scores into probabilities in place. Entries up to the next multiple of 8 are used as padding.
  static func softmax(_ scores: MutableFloats, _ count: Int) {
    let padded = (count + 7) / 8 * 8
    for index in count..<padded { scores[index] = -.infinity }
    var greatest = SIMD8<Float>(repeating: -.infinity)
    for index in stride(from: 0, to: padded, by: 8) {
      let v = load(scores, index)
      greatest = greatest.replacing(with: v, where: v .> greatest)
    }
    let top = greatest.max()
    var total = SIMD8<Float>.zero
    for index in stride(from: 0, to: padded, by: 8) {
      let e = exp(load(scores, index) - top)
      store(e, scores, index)
      total += e
    }
    let scale = 1 / sum(total)
    for index in stride(from: 0, to: padded, by: 8) { store(load(scores, index) * scale, scores, index) }
  }
}
