import Foundation

/// Turns the pairs (x[i], x[i + width/2]) of a head by an angle that grows with the position.
///
/// Source: Su et al., "RoFormer" (arXiv 2104.09864), in the half-split layout that Qwen uses.
struct RotaryEmbedding: Sendable {
  private let half: Int
  /// (positions, half)
  private let cosines: [Float]
  private let sines: [Float]

  init(_ configuration: ModelConfiguration) {
    half = configuration.headDimension / 2
    var cosines: [Float] = []
    var sines: [Float] = []
    for position in 0..<configuration.maximumPositions {
      for index in 0..<half {
        let frequency = pow(configuration.ropeTheta, -Double(index) / Double(half))
        cosines.append(Float(cos(Double(position) * frequency)))
        sines.append(Float(sin(Double(position) * frequency)))
      }
    }
    self.cosines = cosines
    self.sines = sines
  }

  /// Turns `heads` heads side by side in place; `direction` -1 turns back, which is the backward pass.
  func turn(_ x: MutableFloats, heads: Int, position: Int, direction: Float = 1) {
    cosines.withUnsafeBufferPointer { cosines in
      sines.withUnsafeBufferPointer { sines in
        for head in 0..<heads {
          let (first, second) = (x + head * half * 2, x + head * half * 2 + half)
          for index in 0..<half {
            let (c, s) = (cosines[position * half + index], sines[position * half + index] * direction)
            let (a, b) = (first[index], second[index])
            first[index] = a * c - b * s
            second[index] = b * c + a * s
          }
        }
      }
    }
  }
}
