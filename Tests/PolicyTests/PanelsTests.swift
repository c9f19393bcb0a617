import PropertyTesting
import Testing

@testable import Policy

@Suite("Products by panels: one order of summation, and it is OpenBLAS's", .enabled(if: Panels.canRun))
struct PanelsTests {
  /// A product of random shape, with its matrix in one or two parts.
  struct Case: Sendable, CustomStringConvertible {
    var rows: Int
    var inner: Int
    var columns: [Int]
    var isPacked: Bool
    var adding: Bool
    var threads: Int

    var description: String {
      "\(rows) x \(inner) x \(columns), \(isPacked ? "packed" : "raw"), adding \(adding), \(threads) threads"
    }
  }

  static let cases = Generator.zip(
    Generator<Int>.integer(in: 1...40), Generator<Int>.integer(in: 1...1400),
    Generator<[Int]>.array(of: Generator<Int>.integer(in: 1...80), count: 1...2), Generator<Bool>.bool,
    Generator<Int>.integer(in: 0...5)
  ).map { rows, inner, columns, isPacked, other in
    Case(
      rows: rows, inner: inner, columns: columns, isPacked: isPacked, adding: other < 3,
      threads: 1 + other % 3)
  }

  /// What the product leaves where there was `before`: (rows, columns) of each part.
  static func multiply(_ a: [Float], _ w: [Float], _ before: [[Float]], _ c: Case) -> [[Float]] {
    let outputs = before.map { values in
      let buffer = FloatBuffer(capacity: values.count)
      buffer.pointer.update(from: values, count: values.count)
      return buffer
    }
    let matrix = FloatBuffer(capacity: w.count)
    var row = 0
    for columns in c.columns {
      w.withUnsafeBufferPointer { w in
        guard let source = w.baseAddress.map({ $0 + row * c.inner }) else { return }
        let target = matrix.pointer + row * c.inner
        if c.isPacked {
          Panels.pack(source, rows: columns, inner: c.inner, into: target)
        } else {
          target.update(from: source, count: columns * c.inner)
        }
      }
      row += columns
    }
    a.withUnsafeBufferPointer { a in
      guard let a = a.baseAddress else { return }
      BlockPlan.panels.multiply(
        a, matrix.pointer, isPacked: c.isPacked,
        into: zip(outputs, c.columns).map { .init(pointer: $0.pointer, columns: $1) }, rows: c.rows,
        inner: c.inner,
        adding: c.adding, team: WorkTeam(threads: c.threads))
    }
    return zip(outputs, before).map { Array(UnsafeBufferPointer(start: $0.pointer, count: $1.count)) }
  }

  /// `reference` gives the product of a row and a column.
  static func agrees(
    _ c: Case, values: (_ index: UInt64) -> Float,
    reference: (_ a: Floats, _ w: Floats, _ inner: Int) -> Float
  ) -> Bool {
    let total = c.columns.reduce(0, +)
    let a = (0..<c.rows * c.inner).map { values(UInt64($0)) }
    let w = (0..<total * c.inner).map { values(UInt64(1 << 32 + $0)) }
    let before = c.columns.enumerated().map { part, columns in
      (0..<c.rows * columns).map { values(UInt64((2 + part) << 32 + $0)) }
    }
    let found = multiply(a, w, before, c)
    return a.withUnsafeBufferPointer { a in
      w.withUnsafeBufferPointer { w in
        guard let a = a.baseAddress, let w = w.baseAddress else { return false }
        var first = 0
        for (part, columns) in c.columns.enumerated() {
          for row in 0..<c.rows {
            for column in 0..<columns {
              let product = reference(a + row * c.inner, w + (first + column) * c.inner, c.inner)
              let place = row * columns + column
              let expected = c.adding ? before[part][place] + product : product
              if found[part][place].bitPattern != expected.bitPattern { return false }
            }
          }
          first += columns
        }
        return true
      }
    }
  }

  @Test("small whole numbers: exact, whatever the shape, the packing and the threads")
  func exact() {
    forAll("panels multiply", Self.cases) { c in
      Self.agrees(c) { index in
        Float(Int(CounterRandom.uniform(seed: 5, index: index) * 15) - 7)
      } reference: { a, w, inner in
        var sum = 0
        for index in 0..<inner { sum += Int(a[index]) * Int(w[index]) }
        return Float(sum)
      }
    }
  }

  @Test("random numbers: a fused sum in parts of 320, to the last bit")
  func order() {
    forAll("panels sum in order", Self.cases) { c in
      Self.agrees(c) { index in
        Float(CounterRandom.uniform(seed: 6, index: index) * 2 - 1)
      } reference: { a, w, inner in
        var total: Float?
        var index = 0
        while index < inner {
          let left = inner - index
          let end = index + (left >= 640 ? 320 : left > 320 ? (left / 2 + 7) / 8 * 8 : left)
          var sum: Float = 0
          while index < end {
            sum.addProduct(a[index], w[index])
            index += 1
          }
          total = total.map { $0 + sum } ?? sum
        }
        return total ?? 0
      }
    }
  }

  @Test(
    "random numbers: the bits of single rows in OpenBLAS",
    .enabled(if: ["Haswell", "Zen"].contains(BLAS.kernel)))
  func openBLAS() {
    forAll("panels and OpenBLAS agree", Self.cases) { c in
      Self.agrees(c) { index in
        Float(CounterRandom.uniform(seed: 7, index: index) * 2 - 1)
      } reference: { a, w, inner in
        var result: Float = 0
        BLAS.multiplyTransposed(a, w, into: &result, rows: 1, inner: inner, columns: 1, cStride: 1)
        return result
      }
    }
  }
}
