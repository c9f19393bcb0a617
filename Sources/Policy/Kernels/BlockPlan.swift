/// How rows are cut into blocks for BLAS so that a row's bits never depend on its company (P4).
///
/// BLAS kernels choose their summation order by the shape of the call, so a row of a product can change its last
/// bits with the number of rows. The plan is a set of block heights that were *probed* to agree with height 1, for
/// every shape the model multiplies by, at every position in the block. Any number of rows is then cut into such
/// blocks, and the cut cannot be seen in the result. Columns go in panels of `panelWidth`: with OpenBLAS 0.3.21's
/// Haswell kernel, height 8 agrees with height 1 up to 256 columns and not at 384.
public struct BlockPlan: Sendable, Hashable {
  /// Agreeing heights, ascending; the first is 1.
  public let heights: [Int]

  static let panelWidth = 256
  static let candidates = [2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128]

  init(heights: [Int]) {
    precondition(heights.first == 1)
    self.heights = heights
  }

  /// Probes the kernel in use for `configuration`'s shapes. A few milliseconds for small models.
  public init(probing configuration: ModelConfiguration) {
    let shapes = Self.shapes(of: configuration)
    self.init(
      heights: [1] + Self.candidates.filter { height in shapes.allSatisfy { Self.agrees(height, $0) } })
  }

  /// Every (inner, columns) that the forward pass multiplies by, cut into panels.
  static func shapes(of c: ModelConfiguration) -> [Shape] {
    let layers = [
      (c.hiddenSize, c.queryWidth), (c.hiddenSize, c.keyValueWidth), (c.queryWidth, c.hiddenSize),
      (c.hiddenSize, c.intermediateSize), (c.intermediateSize, c.hiddenSize),
      (c.hiddenSize, c.paddedVocabularySize),
    ]
    var result: [Shape] = []
    for (inner, columns) in layers {
      for start in stride(from: 0, to: columns, by: panelWidth) {
        let shape = Shape(inner: inner, columns: min(panelWidth, columns - start), stride: columns)
        if !result.contains(shape) { result.append(shape) }
      }
    }
    return result
  }

  struct Shape: Hashable {
    var inner: Int
    var columns: Int
    /// The full width of the matrix that the panel is part of.
    var stride: Int
  }

  /// Whether blocks of `height` rows give each row the bits that it has alone, wherever it stands and whatever
  /// stands beside it. Tried on random rows, several times over.
  static func agrees(_ height: Int, _ shape: Shape, trials: Int = 3) -> Bool {
    let (k, n) = (shape.inner, shape.columns)
    let rowCount = height * 2
    var a = [Float](repeating: 0, count: rowCount * k)
    var b = [Float](repeating: 0, count: k * shape.stride)
    var alone = [Float](repeating: 0, count: rowCount * n)
    var together = [Float](repeating: 0, count: height * n)
    for trial in 0..<trials {
      fill(&a, seed: UInt64(3 * trial))
      fill(&b, seed: UInt64(3 * trial + 1))
      for row in 0..<rowCount {
        multiply(a, from: row, height: 1, b, into: &alone, at: row, shape)
      }
      // Every row visits every position: blocks start at each row in turn.
      for start in 0...height {
        multiply(a, from: start, height: height, b, into: &together, at: 0, shape)
        for index in 0..<height * n
        where together[index].bitPattern != alone[start * n + index].bitPattern { return false }
      }
    }
    return true
  }

  private static func multiply(
    _ a: [Float], from row: Int, height: Int, _ b: [Float], into c: inout [Float], at target: Int,
    _ shape: Shape
  ) {
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        c.withUnsafeMutableBufferPointer { c in
          guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
          BLAS.multiply(
            a + row * shape.inner, b, into: c + target * shape.columns, rows: height, inner: shape.inner,
            columns: shape.columns, bStride: shape.stride, cStride: shape.columns)
        }
      }
    }
  }

  private static func fill(_ values: inout [Float], seed: UInt64) {
    for index in values.indices {
      values[index] = Float(CounterRandom.uniform(seed: seed, index: UInt64(index)) * 2 - 1)
    }
  }

  /// C (rows x columns) = A (rows x inner) W (inner x columns), with bits that do not depend on the cut.
  func multiply(_ a: Floats, _ w: Floats, into c: MutableFloats, rows: Int, inner: Int, columns: Int) {
    var row = 0
    var level = heights.count - 1
    while row < rows {
      while heights[level] > rows - row { level -= 1 }
      let height = heights[level]
      for column in stride(from: 0, to: columns, by: Self.panelWidth) {
        BLAS.multiply(
          a + row * inner, w + column, into: c + row * columns + column, rows: height, inner: inner,
          columns: min(Self.panelWidth, columns - column), bStride: columns, cStride: columns)
      }
      row += height
    }
  }
}
