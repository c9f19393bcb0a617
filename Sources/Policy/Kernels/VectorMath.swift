import CKernels

/// Loops with one fixed order of summation, so they give the same bits in training, prefill and decode, and on every
/// processor.
///
/// Sums use sixteen lanes and a fixed tree, as in `CKernels`, which has the loops that need the most time. Swift never
/// fuses `a * b + c`. Transcendental functions are Troupe's own, because the system's choose their code by the
/// processor.
enum VectorMath {
  typealias Vector = SIMD16<Float>
  static let width = 16

  @inline(__always)
  static func load(_ p: Floats, _ index: Int) -> Vector {
    UnsafeRawPointer(p + index).loadUnaligned(as: Vector.self)
  }

  @inline(__always)
  static func store(_ value: Vector, _ p: MutableFloats, _ index: Int) {
    UnsafeMutableRawPointer(p + index).storeBytes(of: value, as: Vector.self)
  }

  /// Returns `count` rounded up to whole vectors.
  @inline(__always)
  static func padded(_ count: Int) -> Int { (count + width - 1) / width * width }

  @inline(__always)
  static func sum(_ v: Vector) -> Float {
    let eight = v.lowHalf + v.highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }

  /// Computes y += x.
  @inline(__always)
  static func add(_ x: Floats, to y: MutableFloats, _ count: Int) {
    let whole = count / width * width
    for index in stride(from: 0, to: whole, by: width) { store(load(y, index) + load(x, index), y, index) }
    for index in whole..<count { y[index] += x[index] }
  }

  /// Returns whether none of `count` values is infinite or NaN.
  static func areFinite(_ x: Floats, _ count: Int) -> Bool {
    let whole = count / width * width
    var check = Vector.zero
    for index in stride(from: 0, to: whole, by: width) { check += load(x, index) * 0 }
    return sum(check) == 0 && (whole..<count).allSatisfy { x[$0].isFinite }
  }

  /// Returns eˣ. The result is zero below -87, and does not grow above 88.
  static func exp(_ x: Vector) -> Vector {
    var result = x
    withUnsafeMutableBytes(of: &result) { bytes in
      guard let values = bytes.baseAddress?.assumingMemoryBound(to: Float.self) else { return }
      kernels.exponentials(values, values, width)
    }
    return result
  }

  static func exp(_ x: Float) -> Float { exp(Vector(repeating: x))[0] }

  /// Returns ln x, rounded once from double precision. Its special cases are those of ``Elementary/log(_:)``.
  static func log(_ x: Float) -> Float { Float(Elementary.log(Double(x))) }
}
