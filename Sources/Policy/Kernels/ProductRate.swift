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

extension ProductRate {
  /// GFLOP a second of one shape on one thread, each the best of five; panels are `nil` where they cannot run.
  public struct Comparison: Sendable {
    public var openBLAS: Double
    public var packed: Double?
    public var unpacked: Double?
  }

  /// C (rows x columns) = A (rows x inner) Wᵀ, by OpenBLAS in one call and by panels, of a matrix that is packed and of
  /// one that is not. About a second.
  public static func compared(rows: Int, inner: Int, columns: Int) -> Comparison {
    BLAS.setUp()
    let (a, w) = (FloatBuffer(capacity: rows * inner), FloatBuffer(capacity: columns * inner))
    let (packed, c) = (FloatBuffer(capacity: columns * inner), FloatBuffer(capacity: rows * columns))
    for buffer in [a, w] {
      for index in 0..<buffer.capacity {
        buffer.pointer[index] = Float(CounterRandom.uniform(seed: 1, index: UInt64(index)))
      }
    }
    let operations = 2 * Double(rows * inner * columns)
    func rate(_ body: () -> Void) -> Double {
      let count = max(1, Int(5e8 / operations))
      let best = (0..<5).map { _ in
        let start = ContinuousClock.now
        for _ in 0..<count { body() }
        return (ContinuousClock.now - start) / .seconds(1)
      }.min()
      return operations * Double(count) / (best ?? .infinity) / 1e9
    }
    let team = WorkTeam()
    func panels(_ w: FloatBuffer, isPacked: Bool) -> Double {
      rate {
        BlockPlan.panels.multiply(
          a.pointer, w.pointer, isPacked: isPacked, into: [.init(pointer: c.pointer, columns: columns)],
          rows: rows, inner: inner, team: team)
      }
    }
    if Panels.canRun { Panels.pack(w.pointer, rows: columns, inner: inner, into: packed.pointer) }
    return Comparison(
      openBLAS: rate {
        BLAS.multiplyTransposed(
          a.pointer, w.pointer, into: c.pointer, rows: rows, inner: inner, columns: columns, cStride: columns)
      },
      packed: Panels.canRun ? panels(packed, isPacked: true) : nil,
      unpacked: Panels.canRun ? panels(w, isPacked: false) : nil)
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
