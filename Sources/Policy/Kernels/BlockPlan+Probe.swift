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

  /// A block's matrix, (columns x inner).
  struct Shape: Hashable {
    var inner: Int
    var columns: Int
  }

  /// Every block of columns that the forward pass multiplies by.
  static func shapes(of c: ModelConfiguration) -> [Shape] {
    let matrices = [
      (c.hiddenSize, c.queryWidth), (c.hiddenSize, c.keyValueWidth), (c.queryWidth, c.hiddenSize),
      (c.hiddenSize, c.intermediateSize), (c.intermediateSize, c.hiddenSize),
      (c.hiddenSize, c.paddedVocabularySize),
    ]
    var result: [Shape] = []
    for (inner, columns) in matrices {
      let width = blockWidth(columns)
      for block in [min(width, columns), (columns - 1) % width + 1] {
        let shape = Shape(inner: inner, columns: block)
        if !result.contains(shape) { result.append(shape) }
      }
    }
    return result
  }

  /// Of the sets of heights that agree on every shape, the one with the greatest height.
  static func agreeingHeights(_ shapes: [Shape], of product: @escaping Product = product) -> [Int] {
    // A class for each height: the lowest height that agrees with it on all shapes seen so far; nil once a height
    // has disagreed with itself.
    var classes: [Int?] = candidates.map { _ in candidates[0] }
    for (seed, shape) in shapes.enumerated() {
      let found = Probe(shape, seed: UInt64(seed), of: product).classes(of: candidates)
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

  /// Whether `heights` agree on `shape`, each with itself and with the others.
  static func agree(
    _ heights: [Int], on shape: Shape, seed: UInt64 = 0, of product: @escaping Product = product
  ) -> Bool {
    let classes = Probe(shape, seed: seed, of: product).classes(of: heights)
    return classes.allSatisfy { $0 != nil && $0 == classes[0] }
  }

  /// Random rows times a random matrix, multiplied in blocks of one height after another.
  private struct Probe {
    let inner: Int
    let columns: Int
    let multiply: Product
    let a: [Float]
    let b: [Float]
    /// Rows whose bits are compared: enough that each meets many positions and companies.
    let compared = 96

    init(_ shape: Shape, seed: UInt64, of product: @escaping Product) {
      multiply = product
      inner = shape.inner
      columns = shape.columns
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
          let shared = start * columns..<compared * columns
          if moved[shared] != bits[shared] { return nil }
        }
        if let same = products.first(where: { $0.bits == bits }) { return same.height }
        products.append((height, bits))
        return height
      }
    }

    private func product(_ height: Int, from start: Int) -> [UInt32] {
      var c = [Float](repeating: 0, count: 2 * compared * columns)
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          c.withUnsafeMutableBufferPointer { c in
            guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
            for row in stride(from: start, to: compared, by: height) {
              multiply(a + row * inner, b, c + row * columns, height, inner, columns)
            }
          }
        }
      }
      return c[..<(compared * columns)].map(\.bitPattern)
    }
  }
}
