/// How products are computed so that a row's bits never depend on its company (P4).
///
/// On the AVX2 kernels (Haswell, Zen) products are our own (``Panels``): each element is summed in one order, whatever
/// is multiplied beside it. On others they go through BLAS, which chooses its order of summation by the shape of the
/// call and by the place in it, so that a row can change its last bits with the number of rows and with its place
/// among them. The plan then says which blocks were *probed* to give a row the same bits, for every shape the forward
/// pass multiplies by, at every position and in any company. Any number of rows is cut into such blocks, the last
/// one padded, and the cut cannot be seen in the result.
public struct BlockPlan: Sendable, Hashable {
  /// Agreeing heights, ascending; empty where rows need no blocks. Written into logs: with the kernel's name it is what
  /// the bits rest on.
  public let heights: [Int]
  /// The first block to cut off `index` rows, for fewer than two of the greatest blocks.
  private let firstHeight: [Int]
  let method: Method

  enum Method {
    /// Our own, by panels of the matrix.
    case panels
    /// BLAS, by blocks of agreeing heights.
    case blocks
    /// BLAS, all rows in one call.
    case unrestricted
  }

  /// The most columns of a block.
  static let blockWidth = 320
  static let candidates = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 36, 48, 60, 64, 72, 84, 96]
  /// A block costs about as much as this many rows more than it has: BLAS copies the matrix first (measured: Haswell on
  /// Zen 3, 9 to 14 for products of 64 x 80 to 384 x 144).
  static let blockOverhead = 10

  private init(_ method: Method) {
    (heights, firstHeight, self.method) = ([], [], method)
  }

  /// - Precondition: `heights` is ascending, positive, and not empty.
  init(heights: [Int]) {
    precondition(heights.first.map { $0 > 0 } == true && heights == heights.sorted())
    self.heights = heights
    method = .blocks
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

  /// Panels on an AVX2 kernel. On others the kernel is probed for `configuration`'s shapes: of the sets of heights
  /// that agree, the one that reaches highest; a few milliseconds for small models, seconds for large ones. The same
  /// kernel always gives the same plan.
  public init(probing configuration: ModelConfiguration) {
    BLAS.setUp()
    self.init(probing: Self.shapes(of: configuration))
  }

  init(probing shapes: [Shape]) {
    if Panels.areUsed {
      self = .panels
    } else {
      self.init(heights: Self.agreeingHeights(shapes))
    }
  }

  /// Products of our own: what ``init(probing:)`` gives on an AVX2 kernel.
  static let panels = BlockPlan(.panels)

  /// One call for all rows and columns, whatever it does to their bits: what exactness is measured against.
  public static let unrestricted = BlockPlan(.unrestricted)

  /// Whether the kernel in use has products of many rows at once, for shapes like those of a small model.
  static var isCheap: Bool {
    let plan = BlockPlan(probing: [Shape(inner: 64, columns: 192), Shape(inner: 384, columns: 128)])
    return plan.heights.last.map { $0 >= 24 } ?? true
  }

  /// A line for the user if exactness is dear here.
  public var warning: String? {
    guard heights == [1] else { return nil }
    return
      "BLAS kernel \(BLAS.kernel): only single rows agree, so every row is a product of its own, which is slow"
  }

  /// Rows past the last that buffers must have room for: the last block may be padded, and attention looks at keys
  /// four at a time.
  var padding: Int { max(3, heights.last ?? 0) }

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

  /// The width that `columns` columns are cut into, but for the last: a multiple of 16.
  static func blockWidth(_ columns: Int) -> Int {
    let blocks = (columns + blockWidth - 1) / blockWidth
    return ((columns + blocks - 1) / blocks + 15) / 16 * 16
  }

  /// Where a product goes: so many columns, (rows, columns).
  struct Output {
    var pointer: MutableFloats
    var columns: Int
  }

  /// C (rows x columns) = or += A (rows x inner) Wᵀ, with W (columns x inner) and bits that do not depend on the cut.
  /// Of several outputs each has a matrix, one after the other; matrices that are packed are those of ``PackedMatrices``.
  /// - Precondition: A has room for `padding` rows more.
  func multiply(
    _ a: Floats, _ w: Floats, isPacked: Bool, into outputs: [Output], rows: Int, inner: Int,
    adding: Bool = false, team: WorkTeam
  ) {
    var w = w
    for output in outputs {
      switch method {
      case .panels:
        Panels.multiply(
          a, w, isPacked: isPacked, into: output, rows: rows, inner: inner, adding: adding, team: team)
      case .blocks: blocks(a, w, into: output, rows: rows, inner: inner, adding: adding, team: team)
      case .unrestricted:
        unrestricted(a, w, into: output, rows: rows, inner: inner, adding: adding, team: team)
      }
      w += output.columns * inner
    }
  }

  private func blocks(
    _ a: Floats, _ w: Floats, into output: Output, rows: Int, inner: Int, adding: Bool, team: WorkTeam
  ) {
    let step = Self.blockWidth(output.columns)
    team.forEach((output.columns + step - 1) / step) { block, thread in
      let column = block * step
      let width = min(step, output.columns - column)
      forEachBlock(of: rows) { row, height in
        let tile = team.scratch(thread).reserve(height * width)
        BLAS.multiplyTransposed(
          a + row * inner, w + column * inner, into: tile, rows: height, inner: inner, columns: width,
          cStride: width)
        for index in 0..<min(height, rows - row) {
          let (source, target) = (
            tile + index * width, output.pointer + (row + index) * output.columns + column
          )
          if adding {
            VectorMath.add(source, to: target, width)
          } else {
            target.update(from: source, count: width)
          }
        }
      }
    }
  }

  private func unrestricted(
    _ a: Floats, _ w: Floats, into output: Output, rows: Int, inner: Int, adding: Bool, team: WorkTeam
  ) {
    let length = team.threads > 1 ? Self.blockWidth : output.columns
    team.forEachPart(of: output.columns, length: length) { part, _ in
      BLAS.multiplyTransposed(
        a, w + part.lowerBound * inner, into: output.pointer + part.lowerBound, rows: rows, inner: inner,
        columns: part.count, cStride: output.columns, accumulate: adding)
    }
  }
}
