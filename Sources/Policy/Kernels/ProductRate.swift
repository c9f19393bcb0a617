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
}
