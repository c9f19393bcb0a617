/// How products are cut into calls of BLAS so that a row's bits never depend on its company (P4).
///
/// BLAS kernels choose their order of summation by the shape of the call and by the place in it, so a row of a
/// product can change its last bits with the number of rows and with its place among them. The plan says which
/// blocks were *probed* to give a row the same bits, for every shape the forward pass multiplies by, at every
/// position and in any company. Any number of rows is then cut into such blocks, the last one padded, and the cut
/// cannot be seen in the result.
///
/// Columns go in panels. Some kernels sum the first and the last few columns of a panel in another order than those
/// between (OpenBLAS's Haswell and Zen: eight on either side, in the first six rows of every twelve), so a panel may
/// be computed with a *margin* of columns that are thrown away. With OpenBLAS 0.3.21 the plan is 1, 2, 3 and the
/// multiples of 12 with a margin of 8 under Haswell and Zen, which without it have no more than {4, 8}; under Sandybridge
/// it is every height with none.
public struct BlockPlan: Sendable, Hashable {
  /// Agreeing heights, ascending. Written into logs: with the kernel's name it is what the bits rest on.
  public let heights: [Int]
  /// Columns that are computed on either side of a panel and thrown away.
  public let margin: Int
  /// So many rows, and fewer, may also be multiplied in one block by narrow panels without a margin; 0 if none.
  public let narrowHeight: Int
  /// The first block to cut off `index` rows, for fewer than two of the greatest blocks.
  private let firstHeight: [Int]
  private let isExact: Bool

  /// The most columns of a panel. With margins 320, which is what Haswell and Zen keep together.
  static let panelWidth = 304
  static let greatestMargin = 8
  /// The columns of a narrow panel: so few that BLAS's copy of it stays in cache, and that there are parts for threads
  /// to share.
  static func narrowWidth(inner: Int) -> Int { max(16, min(128, 32_768 / inner / 16 * 16)) }
  static let candidates = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 36, 48, 60, 64, 72, 84, 96]
  /// A block costs about as much as this many rows more than it has: BLAS copies the matrix first (measured: Haswell on
  /// Zen 3, 9 to 14 for products of 64 x 80 to 384 x 144).
  static let blockOverhead = 10

  /// - Precondition: `heights` is ascending, positive, and not empty; `margin` is at most `greatestMargin`.
  init(heights: [Int], margin: Int = 0, narrowHeight: Int = 0, isExact: Bool = true) {
    precondition(heights.first.map { $0 > 0 } == true && heights == heights.sorted())
    precondition((0...Self.greatestMargin).contains(margin))
    self.heights = heights
    self.margin = margin
    self.narrowHeight = narrowHeight
    self.isExact = isExact
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

  /// Probes the kernel in use for `configuration`'s shapes, without a margin and with one: of the sets of heights that
  /// agree, the one that reaches highest. The same kernel always gives the same plan. A few milliseconds for small
  /// models, seconds for large ones.
  public init(probing configuration: ModelConfiguration) {
    BLAS.setUp()
    self.init(probing: Self.shapes(of: configuration))
  }

  /// Whether the kernel in use has blocks of many rows, for shapes like those of a small model.
  static var isCheap: Bool {
    let plan = BlockPlan(probing: [Shape(inner: 64, columns: 192), Shape(inner: 384, columns: 128)])
    return plan.heights[plan.heights.count - 1] >= 24
  }

  private init(probing shapes: [Shape]) {
    let plain = Self.agreeingHeights(shapes, margin: 0)
    let margined = Self.agreeingHeights(shapes, margin: Self.greatestMargin)
    let isWorthIt = margined[margined.count - 1] > plain[plain.count - 1]
    let (heights, margin) = isWorthIt ? (margined, Self.greatestMargin) : (plain, 0)
    self.init(
      heights: heights, margin: margin,
      narrowHeight: Self.narrowHeight(shapes, margin: margin, heights: heights))
  }

  /// A line for the user if exactness is dear here.
  public var warning: String? {
    guard isExact, heights == [1] else { return nil }
    return
      "BLAS kernel \(BLAS.kernel): only single rows agree, so every row is a product of its own, which is slow"
  }

  /// One call for all rows and columns, whatever it does to their bits: what exactness is measured against.
  public static let unrestricted = BlockPlan(heights: [1], isExact: false)

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
  private func forEachBlock(
    of rows: Int, isNarrow: Bool = false, _ body: (_ start: Int, _ height: Int) -> Void
  ) {
    if isNarrow { return body(0, rows) }
    var row = 0
    while row < rows {
      let height = rows - row < firstHeight.count ? firstHeight[rows - row] : heights[heights.count - 1]
      body(row, height)
      row += height
    }
  }

  /// The width of the panels that `columns` columns are cut into, but for the last: a multiple of 16.
  static func panelWidth(_ columns: Int) -> Int {
    let panels = (columns + panelWidth - 1) / panelWidth
    return ((columns + panels - 1) / panels + 15) / 16 * 16
  }

  /// Where a product goes: so many of its columns, (rows, columns).
  struct Output {
    var pointer: MutableFloats
    var columns: Int
  }

  /// C (rows x columns) = or += A (rows x inner) Wᵀ, with W (columns x inner) and bits that do not depend on the cut.
  ///
  /// Matrices that lie one after the other are multiplied as one: C's columns are those of all `outputs`, in order.
  /// - Precondition: A has room for `padding` rows more, and `margin` rows before W and after it can be read.
  func multiply(
    _ a: Floats, _ w: Floats, into outputs: [Output], rows: Int, inner: Int, adding: Bool = false,
    team: WorkTeam
  ) {
    guard isExact else {
      var first = 0
      for output in outputs {
        unrestricted(a, w + first * inner, into: output, rows: rows, inner: inner, adding: adding, team: team)
        first += output.columns
      }
      return
    }
    let columns = outputs.reduce(0) { $0 + $1.columns }
    let isNarrow = rows <= narrowHeight
    let (step, margin) = isNarrow ? (Self.narrowWidth(inner: inner), 0) : (Self.panelWidth(columns), margin)
    team.forEach((columns + step - 1) / step) { panel, thread in
      let column = panel * step
      let width = min(step, columns - column)
      let computed = width + 2 * margin
      forEachBlock(of: rows, isNarrow: isNarrow) { row, height in
        let tile = team.scratch(thread).reserve(height * computed)
        BLAS.multiplyTransposed(
          a + row * inner, w + (column - margin) * inner, into: tile, rows: height, inner: inner,
          columns: computed, cStride: computed)
        var first = 0
        for output in outputs {
          let (start, end) = (max(column, first), min(column + width, first + output.columns))
          if start < end {
            let source = tile + margin + start - column
            let target = output.pointer + row * output.columns + start - first
            for index in 0..<min(height, rows - row) {
              let (source, target) = (source + index * computed, target + index * output.columns)
              if adding {
                VectorMath.add(source, to: target, end - start)
              } else {
                target.update(from: source, count: end - start)
              }
            }
          }
          first += output.columns
        }
      }
    }
  }

  private func unrestricted(
    _ a: Floats, _ w: Floats, into output: Output, rows: Int, inner: Int, adding: Bool, team: WorkTeam
  ) {
    let length = team.threads > 1 ? Self.panelWidth : output.columns
    team.forEachPart(of: output.columns, length: length) { part in
      BLAS.multiplyTransposed(
        a, w + part.lowerBound * inner, into: output.pointer + part.lowerBound, rows: rows, inner: inner,
        columns: part.count, cStride: output.columns, accumulate: adding)
    }
  }
}
