import CKernels
import PropertyTesting
import Testing

@testable import Policy

@Suite(
  "Inner loops: the order of summation that they promise, to the last bit, whatever the processor adds at once"
)
struct LoopsTests {
  /// Rows and weights of a random size.
  struct Case: Sendable, CustomStringConvertible {
    var rows: Int
    var width: Int
    var gap: Int
    var pageSize: Int
    var seed: UInt64

    var stride: Int { width + gap }
    var description: String {
      "\(rows) rows of \(width), \(stride) apart, in pages of \(pageSize), seed \(seed)"
    }

    func values(_ count: Int, stream: UInt64, scale: Float = 1) -> [Float] {
      (0..<count).map {
        Float(CounterRandom.uniform(seed: seed, index: stream << 32 + UInt64($0)) * 2 - 1) * scale
      }
    }
  }

  static let cases = Generator.zip(
    Generator<Int>.integer(in: 1...70), Generator<Int>.integer(in: 1...20), Generator<Int>.integer(in: 0...9),
    Generator<Int>.integer(in: 1...5), Generator<UInt64>.integer(in: 0...1000)
  ).map { Case(rows: $0, width: 8 * $1, gap: $2, pageSize: 4 * $3, seed: $4) }

  /// Eight lanes, then halves: what every sum over a width is.
  static func sum(_ terms: [Float]) -> Float {
    var lanes = [Float](repeating: 0, count: 8)
    for (index, term) in terms.enumerated() { lanes[index % 8] += term }
    let four = (0..<4).map { lanes[$0] + lanes[$0 + 4] }
    return (four[0] + four[2]) + (four[1] + four[3])
  }

  @Test("products of a row with others", arguments: [true, false])
  func dots(isWide: Bool) {
    kernels_use_avx2(isWide)
    defer { kernels_use_avx2(true) }
    forAll("dots", Self.cases) { c in
      let (x, rows) = (c.values(c.width, stream: 0), c.values((c.rows + 3) * c.stride, stream: 1))
      var found = [Float](repeating: 0, count: c.rows + 3)
      kernels_dots(x, rows, c.stride, c.rows, c.width, 0.3, &found)
      return (0..<c.rows).allSatisfy { row in
        found[row] == Self.sum((0..<c.width).map { x[$0] * rows[row * c.stride + $0] }) * 0.3
      }
    }
  }

  @Test("weighted sums of rows, over pages and added to what is there", arguments: [true, false])
  func weightedSums(isWide: Bool) {
    kernels_use_avx2(isWide)
    defer { kernels_use_avx2(true) }
    forAll("combine and gather", Self.cases) { c in
      let rows = c.values(c.rows * c.stride, stream: 0)
      let weights = c.values(c.rows * 3, stream: 1)
      let before = c.values(c.width, stream: 2)
      var (combined, gathered) = ([Float](repeating: 0, count: c.width), before)
      rows.withUnsafeBufferPointer { rows in
        guard let start = rows.baseAddress else { return }
        // A page's rows begin one number after it.
        let pages = Swift.stride(from: 0, to: c.rows, by: c.pageSize).map { start + $0 * c.stride - 1 }
        kernels_combine(pages, c.pageSize, 1, c.stride, weights, c.rows, c.width, &combined)
        kernels_gather(start, c.stride, weights, 3, c.rows, c.width, &gathered)
      }
      return (0..<c.width).allSatisfy { place in
        var (sum, added) = (Float(0), before[place])
        for row in 0..<c.rows {
          sum += rows[row * c.stride + place] * weights[row]
          added += rows[row * c.stride + place] * weights[row * 3]
        }
        return combined[place] == sum && gathered[place] == added
      }
    }
  }

  @Test("softmax, SwiGLU and their gradients", arguments: [true, false])
  func functions(isWide: Bool) {
    kernels_use_avx2(isWide)
    defer { kernels_use_avx2(true) }
    forAll("softmax and SwiGLU", Self.cases) { c in
      let (x, y, z) = (
        c.values(c.width, stream: 0, scale: 30), c.values(c.width, stream: 1), c.values(c.width, stream: 2)
      )
      var p = x
      kernels_softmax(&p, c.width)
      let top = x.max() ?? 0
      let e = x.map { VectorMath.exp($0 - top) }
      let scale = 1 / Self.sum(e)
      guard p == e.map({ $0 * scale }) else { return false }

      var ds = y
      kernels_softmax_backward(p, &ds, 0.3, c.width)
      let mean = Self.sum(zip(p, y).map { $0 * $1 })
      guard ds == zip(p, y).map({ $0 * ($1 - mean) * 0.3 }) else { return false }

      var (out, dgate, dup) = (x, x, x)
      kernels_swiglu(x, y, &out, c.width)
      kernels_swiglu_backward(z, x, y, &dgate, &dup, c.width)
      return (0..<c.width).allSatisfy { index in
        let (g, u, d) = (x[index], y[index], z[index])
        let sigmoid = 1 / (VectorMath.exp(-g) + 1)
        return out[index] == g / (VectorMath.exp(-g) + 1) * u && dup[index] == d * g * sigmoid
          && dgate[index] == d * u * sigmoid * (g * (1 - sigmoid) + 1)
      }
    }
  }
}
