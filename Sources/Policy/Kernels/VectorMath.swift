import CKernels

/// Loops with one fixed order of summation, whatever calls them: the same bits in training, prefill and decode.
///
/// Baseline x86-64 has no fused multiply-add, so `a * b + c` is two instructions and the same everywhere.
/// Transcendental functions are polynomials of our own: the system's choose their code by the processor. The loops that
/// matter most are in `CKernels`.
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

  /// eˣ; zero below -87, greatest at 88.
  static func exp(_ x: Vector) -> Vector {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 8) { eight in
      guard let values = eight.baseAddress else { return x }
      store(x, values, 0)
      kernels_exp(values, 0, values, 8)
      return load(values, 0)
    }
  }

  static func exp(_ x: Float) -> Float { exp(Vector(repeating: x))[0] }

  /// ln x, rounded once from double precision; the special cases are those of ``Elementary/log(_:)``.
  static func log(_ x: Float) -> Float { Float(Elementary.log(Double(x))) }
}
