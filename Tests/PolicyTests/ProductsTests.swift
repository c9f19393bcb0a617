import CKernels
import PropertyTesting
import Testing

@testable import Policy

@Suite(
  "Products: one chain of fused sums, whatever the instruction set, the shape, the packing and the threads")
struct ProductsTests {
  /// A product of random shape: y = x Wᵀ, dx = dy W or dW = dyᵀ x.
  struct Case: Sendable, CustomStringConvertible {
    enum Kind: String, CaseIterable { case forward, packed, back, outer }
    var rows: Int
    var inner: Int
    var columns: Int
    var kind: Kind
    var adding: Bool
    var threads: Int

    var description: String {
      "\(kind.rawValue): \(rows) x \(inner) x \(columns), adding \(adding), \(threads) threads"
    }
  }

  static let cases = Generator.zip(
    Generator<Int>.integer(in: 1...40), Generator<Int>.integer(in: 1...1400),
    Generator<Int>.integer(in: 1...160), Generator<Int>.integer(in: 0...3), Generator<Int>.integer(in: 0...5)
  ).map { rows, inner, columns, kind, other in
    Case(
      rows: rows, inner: inner, columns: columns, kind: Case.Kind.allCases[kind],
      adding: kind == 3 || other < 3, threads: 1 + other % 3)
  }

  /// A buffer of `values` with NaN in its slack, because what products may read there must not matter.
  static func buffer(_ values: [Float]) -> FloatBuffer {
    let buffer = FloatBuffer(capacity: values.count)
    buffer.pointer.update(from: values, count: values.count)
    for index in values.count..<buffer.capacity + FloatBuffer.slack { buffer.pointer[index] = .nan }
    return buffer
  }

  /// A (rows x inner) times B (inner x columns) on top of `before`, by the function that the engine calls for it.
  static func multiply(_ a: [Float], _ b: [Float], _ before: [Float], _ c: Case) -> [Float] {
    func transposed(_ m: [Float], _ rows: Int, _ columns: Int) -> [Float] {
      (0..<m.count).map { m[$0 % rows * columns + $0 / rows] }
    }
    let (result, team) = (buffer(before), WorkTeam(threads: c.threads))
    switch c.kind {
    case .forward, .packed:
      let (x, w) = (buffer(a), buffer(transposed(b, c.inner, c.columns)))
      let panels = FloatBuffer(capacity: VectorMath.padded(c.columns) * c.inner)
      kernels.pack(w.pointer, c.columns, c.inner, c.inner, panels.pointer)
      Products.own.multiply(
        x.pointer, w.pointer, panels: c.kind == .packed ? Floats(panels.pointer) : nil, into: result.pointer,
        rows: c.rows, inputs: c.inner, outputs: c.columns, adding: c.adding, team: team)
      withExtendedLifetime((x, w, panels)) {}
    case .back:
      let (dy, w) = (buffer(a), buffer(b))
      Products.own.multiplyBack(
        dy.pointer, w.pointer, into: result.pointer, rows: c.rows, inputs: c.columns, outputs: c.inner,
        adding: c.adding, team: team)
      withExtendedLifetime((dy, w)) {}
    case .outer:
      let (dy, x) = (buffer(transposed(a, c.rows, c.inner)), buffer(b))
      Products.own.accumulate(
        dy.pointer, x.pointer, into: result.pointer, rows: c.inner, inputs: c.columns, outputs: c.rows,
        team: team)
      withExtendedLifetime((dy, x)) {}
    }
    return withExtendedLifetime(result) {
      Array(UnsafeBufferPointer(start: result.pointer, count: before.count))
    }
  }

  /// `reference` gives the product of a row and a column.
  static func agrees(
    _ c: Case, values: (_ index: UInt64) -> Float, reference: (_ row: [Float], _ column: [Float]) -> Float
  ) -> Bool {
    let a = (0..<c.rows * c.inner).map { values(UInt64($0)) }
    let b = (0..<c.inner * c.columns).map { values(UInt64(1 << 32 + $0)) }
    let before = (0..<c.rows * c.columns).map { values(UInt64(2 << 32 + $0)) }
    let found = multiply(a, b, before, c)
    let columns = (0..<c.columns).map { column in (0..<c.inner).map { b[$0 * c.columns + column] } }
    for row in 0..<c.rows {
      let own = Array(a[row * c.inner..<(row + 1) * c.inner])
      for column in 0..<c.columns {
        let (product, place) = (reference(own, columns[column]), row * c.columns + column)
        let expected = c.adding ? before[place] + product : product
        if found[place].bitPattern != expected.bitPattern { return false }
      }
    }
    return true
  }

  /// The definition, in scalar Swift.
  static func chain(_ row: [Float], _ column: [Float]) -> Float {
    var total: Float?
    var index = 0
    while index < row.count {
      let left = row.count - index
      let end = index + (left >= 640 ? 320 : left > 320 ? (left / 2 + 7) / 8 * 8 : left)
      var sum: Float = 0
      while index < end {
        sum.addProduct(row[index], column[index])
        index += 1
      }
      total = total.map { $0 + sum } ?? sum
    }
    return total ?? 0
  }

  @Test("small whole numbers: exact")
  func exact() {
    forAll("products are exact", Self.cases, count: 60) { c in
      Self.agrees(c) { index in
        Float(Int(CounterRandom.uniform(seed: 5, index: index) * 15) - 7)
      } reference: { row, column in
        Float(zip(row, column).reduce(0) { $0 + Int($1.0) * Int($1.1) })
      }
    }
  }

  @Test("random numbers, very small ones among them: a chain in parts of 320, to the last bit")
  func order() {
    forAll("products are chains", Self.cases, count: 60) { c in
      Self.agrees(c) { index in
        let scale: Float = CounterRandom.uniform(seed: 8, index: index) < 0.02 ? 0x1p-140 : 1
        return Float(CounterRandom.uniform(seed: 6, index: index) * 2 - 1) * scale
      } reference: {
        Self.chain($0, $1)
      }
    }
  }

  /// `make test` runs this under these kernels of OpenBLAS, as an independent reference.
  @Test(
    "random numbers: the bits of single rows in OpenBLAS",
    .enabled(if: ["Haswell", "Zen"].contains(BLAS.kernel)))
  func openBLAS() {
    forAll("products and OpenBLAS agree", Self.cases, count: 60) { c in
      Self.agrees(c) { index in
        Float(CounterRandom.uniform(seed: 7, index: index) * 2 - 1)
      } reference: { row, column in
        var result: Float = 0
        row.withUnsafeBufferPointer { row in
          column.withUnsafeBufferPointer { column in
            guard let a = row.baseAddress, let b = column.baseAddress else { return }
            BLAS.multiply(
              (a, row.count, false), (b, row.count, true), into: &result, stride: 1, rows: 1,
              inner: row.count,
              columns: 1, adding: false)
          }
        }
        return result
      }
    }
  }

  @Test("what a user may ask for in place of it: OpenBLAS, close to ours on all three products")
  func others() {
    forAll("OpenBLAS is close", Self.cases, count: 30) { c in
      let values = { (count: Int, stream: UInt64) in
        (0..<count).map { Float(CounterRandom.uniform(seed: stream, index: UInt64($0)) - 0.5) }
      }
      let (x, w, dy) = (
        Self.buffer(values(c.rows * c.inner, 1)), Self.buffer(values(c.columns * c.inner, 2)),
        Self.buffer(values(c.rows * c.columns, 3))
      )
      let results = [Products.own, .openBLAS].map { products -> [Float] in
        let (y, dx, dw) = (
          FloatBuffer(capacity: c.rows * c.columns), FloatBuffer(capacity: c.rows * c.inner),
          FloatBuffer(capacity: c.columns * c.inner)
        )
        let team = WorkTeam(threads: c.threads)
        products.multiply(
          x.pointer, w.pointer, panels: nil, into: y.pointer, rows: c.rows, inputs: c.inner,
          outputs: c.columns,
          adding: false, team: team)
        products.multiplyBack(
          dy.pointer, w.pointer, into: dx.pointer, rows: c.rows, inputs: c.inner, outputs: c.columns,
          adding: false,
          team: team)
        products.accumulate(
          dy.pointer, x.pointer, into: dw.pointer, rows: c.rows, inputs: c.inner, outputs: c.columns,
          team: team)
        withExtendedLifetime((x, w, dy)) {}
        return [(y, c.rows * c.columns), (dx, c.rows * c.inner), (dw, c.columns * c.inner)].flatMap {
          Array(UnsafeBufferPointer(start: $0.pointer, count: $1))
        }
      }
      return zip(results[0], results[1]).allSatisfy { abs($0 - $1) < 1e-4 }
    }
  }
}
