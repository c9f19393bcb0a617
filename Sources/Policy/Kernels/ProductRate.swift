import Foundation

/// How fast this machine multiplies matrices: what a model's speed is held against.
public enum ProductRate {
  /// GFLOP a second of 1024 x 1024 x 1024 products in float32, `threads` at a time on the kernel in use: the best of
  /// five. About a tenth of a second.
  public static func measured(threads: Int) -> Double {
    BLAS.setUp()
    let (size, count) = (1024, 2)
    let team = WorkTeam(threads: threads)
    let operands = (0..<threads).map { _ in (0..<3).map { _ in FloatBuffer(capacity: size * size) } }
    var best = Double.infinity
    for _ in 0..<5 {
      let start = ContinuousClock.now
      team.forEach(threads) { index, _ in
        for _ in 0..<count {
          BLAS.multiply(
            operands[index][0].pointer, operands[index][1].pointer, into: operands[index][2].pointer,
            rows: size,
            inner: size, columns: size, stride: size)
        }
      }
      best = min(best, (ContinuousClock.now - start) / .seconds(1))
    }
    return 2 * Double(size * size * size * count * threads) / best / 1e9
  }
}

extension ModelConfiguration {
  /// Floating-point operations of one token's products in a forward pass at `position`: two a weight, the head's
  /// included, and four a key of every head's dimension.
  public func forwardOperations(position: Int) -> Double {
    let layer =
      2 * hiddenSize * (queryWidth + keyValueWidth) + 3 * hiddenSize * intermediateSize
    let attention = 2 * queryWidth * (position + 1)
    return 2 * Double(layerCount * (layer + attention) + hiddenSize * paddedVocabularySize)
  }
}
