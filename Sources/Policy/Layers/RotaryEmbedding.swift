import Synchronization

/// A rotation of the pairs (x[i], x[i + width/2]) of a head by an angle that grows with the position (RoPE).
///
/// Source: Su et al., "RoFormer" (arXiv 2104.09864), in the half-split layout that Qwen uses. Angles are rounded to
/// float32 where `transformers` rounds them, so that long contexts agree with it.
struct RotaryEmbedding: Sendable {
  private let half: Int
  /// The table, (positions, 2, half): the cosines of a position, and then its sines.
  private let table: [Float]

  /// The values on which a table depends.
  private struct Shape: Hashable {
    var half, positions: Int
    var theta: Double
    var scaling: RopeScaling?
  }

  /// The table that was made last, because a trainer makes many models of one shape.
  private static let last = Mutex<(shape: Shape, table: [Float])?>(nil)

  /// Makes the table.
  /// - Complexity: O(positions x head dimension), or O(1) if the model before had the same shape.
  init(_ configuration: ModelConfiguration) {
    let shape = Shape(
      half: configuration.headDimension / 2, positions: configuration.maximumPositions,
      theta: configuration.ropeTheta, scaling: configuration.ropeScaling)
    half = shape.half
    if let last = Self.last.withLock({ $0 }), last.shape == shape {
      table = last.table
    } else {
      table = Self.table(shape)
      Self.last.withLock { [table] in $0 = (shape, table) }
    }
  }

  /// The angles, in radians, by which one position turns the pairs of a head of twice `half` elements, without scaling.
  static func frequencies(half: Int, theta: Double) -> [Float] {
    (0..<half).map { Float(Elementary.pow(theta, -Double($0) / Double(half))) }
  }

  private static func table(_ shape: Shape) -> [Float] {
    let half = shape.half
    let frequencies = frequencies(half: half, theta: shape.theta).map {
      shape.scaling?.frequency($0) ?? $0
    }
    return [Float](unsafeUninitializedCapacity: shape.positions * 2 * half) { table, count in
      for position in 0..<shape.positions {
        for index in 0..<half {
          let (cosine, sine) = Elementary.cosAndSin(Double(Float(position) * frequencies[index]))
          table[position * 2 * half + index] = Float(cosine)
          table[position * 2 * half + half + index] = Float(sine)
        }
      }
      count = shape.positions * 2 * half
    }
  }

  /// Turns the rows of x, (positions.count, heads, headDimension), in place; row i is at `positions[i]`.
  ///
  /// With the `direction` -1 it turns back, which is the backward pass.
  func turn(_ x: MutableFloats, heads: Int, positions: [Int], direction: Float = 1) {
    typealias Four = SIMD4<Float>
    table.withUnsafeBytes { table in
      var head = UnsafeMutableRawPointer(x)
      for position in positions {
        let row = position * 2 * half
        for _ in 0..<heads {
          // Half a head is a multiple of 4.
          for index in stride(from: 0, to: half, by: 4) {
            let c = table.loadUnaligned(fromByteOffset: (row + index) * 4, as: Four.self)
            let s = table.loadUnaligned(fromByteOffset: (row + half + index) * 4, as: Four.self) * direction
            let a = head.loadUnaligned(fromByteOffset: index * 4, as: Four.self)
            let b = head.loadUnaligned(fromByteOffset: (half + index) * 4, as: Four.self)
            head.storeBytes(of: a * c - b * s, toByteOffset: index * 4, as: Four.self)
            head.storeBytes(of: b * c + a * s, toByteOffset: (half + index) * 4, as: Four.self)
          }
          head += 2 * half * 4
        }
      }
    }
  }
}
