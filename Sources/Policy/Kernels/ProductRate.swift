import CKernels
import Foundation

/// The speed at which this machine multiplies matrices, with which a model's speed is compared.
package enum ProductRate {
  /// Measures the GFLOP a second of 256 x 256 x 256 products in float32 (Troupe's own), with `threads` at a time.
  ///
  /// The result is the best of the products that fit into a tenth of a second, and of at least one.
  package static func measured(threads: Int) -> Double {
    let size = 256
    let team = WorkTeam(threads: threads)
    let operands = (0..<threads).map { _ in (0..<3).map { _ in FloatBuffer(capacity: size * size) } }
    var best = Double.infinity
    let begin = ContinuousClock.now
    repeat {
      let start = ContinuousClock.now
      team.forEach(threads) { index, _ in
        let (a, w, c) = (operands[index][0].pointer, operands[index][1].pointer, operands[index][2].pointer)
        kernels.multiply(
          a, size, 1, size, size, w, size * Panels.width, Panels.width, c, size, size, kernels_write)
      }
      best = min(best, (ContinuousClock.now - start) / .seconds(1))
    } while ContinuousClock.now - begin < .milliseconds(100)
    return 2 * Double(size * size * size * threads) / best / 1e9
  }

  /// The GFLOP a second of one shape on one thread, each the best of five.
  package struct Comparison: Sendable {
    package var openBLAS: Double
    package var packed: Double
    package var unpacked: Double
  }

  /// Measures C (rows x columns) = A (rows x inner) Wᵀ by one call of OpenBLAS, by panels of a packed matrix, and by
  /// panels of a matrix that is not packed. It takes about a second.
  package static func compared(rows: Int, inner: Int, columns: Int) -> Comparison {
    let (a, w) = (FloatBuffer(capacity: rows * inner), FloatBuffer(capacity: columns * inner))
    let (packed, c) = (
      FloatBuffer(capacity: VectorMath.padded(columns) * inner), FloatBuffer(capacity: rows * columns)
    )
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
    func rate(_ products: Products, _ panels: Floats?) -> Double {
      rate {
        products.multiply(
          a.pointer, w.pointer, panels: panels, into: c.pointer, rows: rows, inputs: inner, outputs: columns,
          adding: false, team: team)
      }
    }
    kernels.pack(w.pointer, columns, inner, inner, packed.pointer)
    return Comparison(
      openBLAS: rate(.openBLAS, nil), packed: rate(.own, packed.pointer), unpacked: rate(.own, nil))
  }
}
