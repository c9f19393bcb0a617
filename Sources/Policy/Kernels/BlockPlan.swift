/// How rows are cut into blocks for BLAS so that a row's bits never depend on its company (P4).
///
/// BLAS kernels choose their summation order by the shape of the call, so a row of a product can change its last
/// bits with the number of rows and with its place among them. The plan is a set of block heights that were
/// *probed* to give a row the same bits, for every shape the forward pass multiplies by, at every position and in
/// any company. Any number of rows is then cut into such blocks, the last one padded, and the cut cannot be seen
/// in the result.
///
/// Columns go in panels of `panelWidth`, because heights that agree on narrow matrices need not on wide ones. With
/// OpenBLAS 0.3.21 the plan is {4, 8} under Haswell and Zen ({1, 2, 3} agree too, but not with these; from 384
/// columns on 8 leaves 4), and every height under Sandybridge.
public struct BlockPlan: Sendable, Hashable {
  /// Agreeing heights, ascending. Written into logs: with the kernel's name it is what the bits rest on.
  public let heights: [Int]
  /// The first block to cut off `index` rows, for fewer than two of the greatest blocks.
  private let firstHeight: [Int]

  static let panelWidth = 256
  static let candidates = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128]
  /// A block costs about as much as this many rows more than it has (measured: Zen 3, 64 x 64 to 384 x 128).
  static let blockOverhead = 6

  /// - Precondition: `heights` is ascending, positive, and not empty.
  init(heights: [Int]) {
    precondition(heights.first.map { $0 > 0 } == true && heights == heights.sorted())
    self.heights = heights
    var cost = [0]
    var first = [0]
    for rows in 1...(2 * heights[heights.count - 1]) {
      // Of equally cheap cuts the one with the higher block first: fewer calls.
      let choices = heights.map { (height: $0, cost: $0 + Self.blockOverhead + cost[max(0, rows - $0)]) }
      let best = choices.reduce(choices[0]) { $1.cost <= $0.cost ? $1 : $0 }
      cost.append(best.cost)
      first.append(best.height)
    }
    firstHeight = first
  }

  /// Probes the kernel in use for `configuration`'s shapes: of the sets of heights that agree, the one that
  /// reaches highest. The same kernel always gives the same plan. A few milliseconds for small models.
  public init(probing configuration: ModelConfiguration) {
    self.init(heights: Self.agreeingHeights(Self.shapes(of: configuration)))
  }

  /// Rows past the last that buffers must have room for: the last block may be padded, and attention looks at keys
  /// four at a time.
  var padding: Int { max(3, heights[heights.count - 1]) }

  /// The heights of the blocks that `rows` rows are cut into; their sum is at least `rows`.
  func cut(_ rows: Int) -> [Int] {
    var result: [Int] = []
    forEachBlock(of: rows) { _, height in result.append(height) }
    return result
  }

  @inline(__always)
  private func forEachBlock(of rows: Int, _ body: (_ start: Int, _ height: Int) -> Void) {
    var row = 0
    while row < rows {
      let height = rows - row < firstHeight.count ? firstHeight[rows - row] : heights[heights.count - 1]
      body(row, height)
      row += height
    }
  }

  /// C (rows x columns) = A (rows x inner) W (inner x columns), with bits that do not depend on the cut.
  /// - Precondition: A and C have room for `padding` rows more; those of C are overwritten.
  func multiply(_ a: Floats, _ w: Floats, into c: MutableFloats, rows: Int, inner: Int, columns: Int) {
    for column in stride(from: 0, to: columns, by: Self.panelWidth) {
      forEachBlock(of: rows) { row, height in
        BLAS.multiply(
          a + row * inner, w + column, into: c + row * columns + column, rows: height, inner: inner,
          columns: min(Self.panelWidth, columns - column), bStride: columns, cStride: columns)
      }
    }
  }
}
