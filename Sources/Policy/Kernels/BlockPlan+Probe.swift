/// The probe: which block heights give a row the same bits.
extension BlockPlan {
  /// What is probed: C (rows x columns) = A (rows x inner) Bᵀ.
  typealias Product =
    @Sendable (
      _ a: Floats, _ b: Floats, _ c: MutableFloats, _ rows: Int, _ inner: Int, _ columns: Int
    ) -> Void

  static let product: Product = { a, b, c, rows, inner, columns in
    BLAS.multiplyTransposed(a, b, into: c, rows: rows, inner: inner, columns: columns, cStride: columns)
  }

  /// A panel of the forward pass, as BLAS sees it: margins included.
  struct Shape: Hashable {
    var inner: Int
    var columns: Int
  }

  /// Every panel that the forward pass multiplies by, margins not included.
  static func shapes(of c: ModelConfiguration) -> [Shape] {
    let layers = [
      // Queries, keys and values together; apart where only some rows have queries.
      (c.hiddenSize, c.queryWidth + 2 * c.keyValueWidth), (c.hiddenSize, c.queryWidth),
      (c.hiddenSize, 2 * c.keyValueWidth), (c.queryWidth, c.hiddenSize),
      (c.hiddenSize, 2 * c.intermediateSize), (c.intermediateSize, c.hiddenSize),
      (c.hiddenSize, c.paddedVocabularySize),
    ]
    var result: [Shape] = []
    for (inner, columns) in layers {
      let width = panelWidth(columns)
      for panel in [min(width, columns), (columns - 1) % width + 1] {
        let shape = Shape(inner: inner, columns: panel)
        if !result.contains(shape) { result.append(shape) }
      }
    }
    return result
  }

  /// Of the sets of heights that agree on every shape, the one with the greatest height.
  static func agreeingHeights(
    _ shapes: [Shape], margin: Int, of product: @escaping Product = product
  ) -> [Int] {
    // A class for each height: the lowest height that agrees with it on all shapes seen so far; nil once a height
    // has disagreed with itself.
    var classes: [Int?] = candidates.map { _ in candidates[0] }
    for (seed, shape) in shapes.enumerated() {
      let found = Probe(shape, margin: margin, seed: UInt64(seed), of: product).classes(of: candidates)
      var joint: [Int?] = []
      for index in candidates.indices {
        let first = (0..<index).first {
          joint[$0] != nil && (classes[$0], found[$0]) == (classes[index], found[index])
        }
        let isStable = classes[index] != nil && found[index] != nil
        joint.append(isStable ? first.flatMap { joint[$0] } ?? candidates[index] : nil)
      }
      classes = joint
    }
    // Some BLAS may have no stable height at all among the candidates but one row at a time always agrees with
    // itself: it has no company.
    let highest = classes.lastIndex { $0 != nil } ?? 0
    return candidates.indices.filter {
      classes[$0] == classes[highest] && classes[$0] != nil || $0 == highest
    }
    .map { candidates[$0] }
  }

  /// The greatest number of rows such that it and all below are among `heights` and, on every shape, give the same bits
  /// in narrow panels without a margin.
  static func narrowHeight(
    _ shapes: [Shape], margin: Int, heights: [Int], of product: @escaping Product = product
  ) -> Int {
    var result = 0
    while heights.contains(result + 1) {
      let height = result + 1
      let agree = shapes.enumerated().allSatisfy { seed, shape in
        Probe(shape, margin: margin, seed: UInt64(seed), of: product).isIndependentOfPanel(height)
      }
      guard agree, height <= 3 else { break }
      result = height
    }
    return result
  }

  /// Whether `heights` agree on `shape`, each with itself and with the others.
  static func agree(
    _ heights: [Int], on shape: Shape, margin: Int, seed: UInt64 = 0, of product: @escaping Product = product
  ) -> Bool {
    let classes = Probe(shape, margin: margin, seed: seed, of: product).classes(of: heights)
    return classes.allSatisfy { $0 != nil && $0 == classes[0] }
  }

  /// Random rows times a random matrix, multiplied in blocks of one height after another.
  private struct Probe {
    let inner: Int
    /// Of a panel, its margins included.
    let columns: Int
    let margin: Int
    let multiply: Product
    let a: [Float]
    let b: [Float]
    /// Rows whose bits are compared: enough that each meets many positions and companies.
    let compared = 96

    init(_ shape: Shape, margin: Int, seed: UInt64, of product: @escaping Product) {
      multiply = product
      inner = shape.inner
      columns = shape.columns + 2 * margin
      self.margin = margin
      let values = { (stream: UInt64, count: Int) in
        (0..<count).map { Float(CounterRandom.uniform(seed: 2 * seed + stream, index: UInt64($0)) * 2 - 1) }
      }
      a = values(0, 2 * compared * inner)
      b = values(1, inner * columns)
    }

    /// For each height the first that gives all rows the same bits; `nil` where a row's bits depend on where its
    /// block starts.
    func classes(of heights: [Int]) -> [Int?] {
      var products: [(height: Int, bits: [UInt32])] = []
      return heights.map { height in
        let bits = product(height, from: 0)
        // Blocks that start at other rows bring each row to other positions, beside other rows.
        let starts = height <= 8 ? Array(1..<height) : [1, 2, 3, 5, height / 2, height - 1]
        for start in starts {
          let moved = product(height, from: start)
          let shared = start * kept..<compared * kept
          if moved[shared] != bits[shared] { return nil }
        }
        if let same = products.first(where: { $0.bits == bits }) { return same.height }
        products.append((height, bits))
        return height
      }
    }

    /// Whether blocks of `height` get the same bits in narrow panels without a margin as in these.
    func isIndependentOfPanel(_ height: Int) -> Bool {
      let bits = product(height, from: 0)
      let step = BlockPlan.narrowWidth(inner: inner)
      for first in stride(from: 0, to: kept, by: step) {
        let width = min(step, kept - first)
        let narrow = product(height, from: 0, columns: margin + first..<margin + first + width)
        for row in 0..<compared {
          let whole = bits[row * kept + first..<row * kept + first + width]
          if !whole.elementsEqual(narrow[row * width..<(row + 1) * width]) { return false }
        }
      }
      return true
    }

    /// Columns that are not thrown away.
    private var kept: Int { columns - 2 * margin }

    private func product(_ height: Int, from start: Int) -> [UInt32] {
      let all = product(height, from: start, columns: 0..<columns)
      return (0..<compared).flatMap { all[$0 * columns + margin..<($0 + 1) * columns - margin] }
    }

    private func product(_ height: Int, from start: Int, columns: Range<Int>) -> [UInt32] {
      let width = columns.count
      var c = [Float](repeating: 0, count: 2 * compared * width)
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          c.withUnsafeMutableBufferPointer { c in
            guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
            for row in stride(from: start, to: compared, by: height) {
              multiply(
                a + row * inner, b + columns.lowerBound * inner, c + row * width, height, inner, width)
            }
          }
        }
      }
      return c[..<(compared * width)].map(\.bitPattern)
    }
  }
}
