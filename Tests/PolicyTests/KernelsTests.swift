import CKernels
import PropertyTesting
import Testing

@testable import Policy

/// The definition of every loop, in scalar Swift: sums in sixteen lanes and a tree, products as chains.
private enum Reference {
  static func tree(_ lanes: [Float]) -> Float {
    lanes.count == 1 ? lanes[0] : tree((0..<lanes.count / 2).map { lanes[$0] + lanes[$0 + lanes.count / 2] })
  }

  /// Σ a b, each product fused with the sum of its lane.
  static func dot(_ a: [Float], _ b: [Float]) -> Float {
    var lanes = [Float](repeating: 0, count: 16)
    for (index, (x, y)) in zip(a, b).enumerated() { lanes[index % 16].addProduct(x, y) }
    return tree(lanes)
  }

  static func sum(_ terms: [Float]) -> Float {
    var lanes = [Float](repeating: 0, count: 16)
    for (index, term) in terms.enumerated() { lanes[index % 16] += term }
    return tree(lanes)
  }

  static func exp(_ x: Float) -> Float {
    if x < -87 { return 0 }
    let (magic, clamped): (Float, Float) = (12_582_912, min(x, 88))
    let shifted = magic.addingProduct(clamped, 1.442_695_04)
    let n = shifted - magic
    let r = clamped.addingProduct(n, -0.693359375).addingProduct(n, 2.1219444e-4)
    var p = Float(1) / 120 + 0
    p = p.addingProduct(r, Float(1) / 720)
    for term in [Float(1) / 24, Float(1) / 6, 0.5, 1, 1] { p = term.addingProduct(p, r) }
    return p * Float(bitPattern: (shifted.bitPattern &- magic.bitPattern &+ 127) << 23)
  }

  static func softmax(_ x: [Float]) -> (shares: [Float], sum: Float) {
    let top = x.max() ?? 0
    let e = x.map { exp($0 - top) }
    let all = sum(e)
    return (e.map { $0 * (1 / all) }, all)
  }
}

@Suite(
  "Inner loops: what they are defined as, to the last bit, on every instruction set that this processor has")
struct KernelsTests {
  /// The instruction sets whose loops differ.
  static let all = FrozenWeightsTests.sets.filter { ![.amx, .avx512bf16].contains($0) }
  static func table(_ set: InstructionSet) throws -> kernels {
    try #require(kernels_named(set.rawValue)).pointee
  }

  /// Vectors and rows of a random size.
  struct Case: Sendable, CustomStringConvertible {
    var rows: Int
    var width: Int
    var seed: UInt64

    var description: String { "\(rows) rows of \(width), seed \(seed)" }

    func values(_ count: Int, stream: UInt64, scale: Float = 1) -> [Float] {
      (0..<count).map {
        Float(CounterRandom.uniform(seed: seed, index: stream << 32 + UInt64($0)) * 2 - 1) * scale
      }
    }
  }

  static let cases = Generator.zip(
    Generator<Int>.integer(in: 1...30), Generator<Int>.integer(in: 1...70),
    Generator<UInt64>.integer(in: 0...1000)
  ).map { Case(rows: $0, width: $1, seed: $2) }

  // That a process uses the widest is asked of one of its own (CommandLineTests), for tests beside this one choose others.
  @Test("the scalar text is there on any processor, and what no processor has is not")
  func choice() {
    #expect(Self.all.contains(.scalar))
    #expect(kernels_named("avx1024") == nil)
  }

  @Test("fused sums without the instruction are rounded once: ties, cancellation, denormals, overflow, NaN")
  func fusedWithoutTheInstruction() throws {
    let scalar = try Self.table(.scalar)
    let special: [Float] = [
      0, -0.0, 1, -1, Float(1).nextUp, Float(1).nextDown, 0x1p-126, 0x1p-149, 0x1p-140, 0x1.fffffep127,
      0x1p-75, 0x1.8p-74,
      16_777_215, 0x1.000002p12, -0x1.000002p12, 0x1p24, -0x1p-24, .infinity, -.infinity, .nan,
    ]
    func check(_ a: Float, _ b: Float, _ c: Float) {
      // y = x Wᵀ of one number each, going on from what is there.
      var found = c
      let panel = [Float](repeating: b, count: 16)
      scalar.multiply([a], 1, 1, 1, 1, panel, 16, 16, &found, 1, 1, kernels_continue)
      let expected = c.addingProduct(a, b) + 0
      #expect(
        found.bitPattern == expected.bitPattern || found.isNaN && expected.isNaN,
        "\(a) * \(b) + \(c): \(found)")
    }
    for a in special { for b in special { for c in special { check(a, b, c) } } }
    for index in 0..<20_000 {
      // Sums that nearly cancel, and ties: few bits, far apart.
      func draw(_ stream: UInt64, bits: UInt64) -> Float {
        let random = CounterRandom.bits(seed: stream, index: UInt64(index))
        let significand = Float((random >> 40) & (1 << bits - 1)) + 1
        return significand
          * Float(
            sign: random & 1 == 0 ? .plus : .minus, exponent: Int(random >> 1 & 63) - 32, significand: 1)
      }
      let (a, b) = (draw(1, bits: 24), draw(2, bits: 24))
      check(a, b, draw(3, bits: 24))
      check(a, b, -(a * b))
      check(a, b, (a * b).nextUp)
      check(draw(4, bits: 3), draw(5, bits: 3), draw(6, bits: 24))
    }
  }

  @Test("exponentials, softmax, SwiGLU and their gradients", arguments: all)
  func functions(set: InstructionSet) throws {
    let k = try Self.table(set)
    forAll("functions", Self.cases) { c in
      let (x, y, z) = (
        c.values(c.width, stream: 0, scale: 60), c.values(c.width, stream: 1), c.values(c.width, stream: 2)
      )
      var e = x
      k.exponentials(x, &e, c.width)
      guard e == x.map(Reference.exp) else { return false }

      let scores = c.values(16 * c.rows, stream: 3, scale: 30)
      var (p, top) = (scores, Float(0))
      let all = k.softmax(p, &p, p.count, &top)
      let expected = Reference.softmax(scores)
      guard p == expected.shares, all == expected.sum, top == scores.max() else { return false }
      let slopes = c.values(16 * c.rows, stream: 4)
      var ds = slopes
      k.softmax_backward(p, &ds, 0.3, p.count)
      let mean = Reference.dot(p, slopes)
      guard ds == zip(p, slopes).map({ $0 * ($1 - mean) * 0.3 }) else { return false }

      var (out, dgate, dup) = (x, x, x)
      k.swiglu(x, y, &out, c.width)
      k.swiglu_backward(z, x, y, &dgate, &dup, c.width)
      return (0..<c.width).allSatisfy { index in
        let (g, u, d) = (x[index], y[index], z[index])
        let (sum, one) = (Reference.exp(-g) + 1, Float(1))
        let sigmoid = 1 / sum
        return out[index] == g / sum * u && dup[index] == d * sigmoid * g
          && dgate[index] == d * sigmoid * u * one.addingProduct(g, 1 - sigmoid)
      }
    }
  }

  @Test("norms and their gradients, of any width", arguments: all)
  func norms(set: InstructionSet) throws {
    let k = try Self.table(set)
    forAll("norms", Self.cases) { c in
      let (n, w) = (c.rows, c.width)
      let (x, weight, dy) = (c.values(n * w, stream: 0), c.values(w, stream: 1), c.values(n * w, stream: 2))
      let (dx0, dw0) = (c.values(n * w, stream: 3), c.values(w, stream: 4))
      var (y, inverse, dx, dw) = (x, [Float](repeating: 0, count: n), dx0, dw0)
      k.norm(x, weight, &y, &inverse, n, w, 1e-6)
      k.norm_backward(dy, x, weight, inverse, &dx, &dw, n, w)
      var (expectedDw, sameDx) = (dw0, dx0)
      k.norm_backward(dy, x, weight, inverse, &sameDx, nil, n, w)
      guard sameDx == dx else { return false }
      for row in 0..<n {
        let own = Array(x[row * w..<(row + 1) * w])
        let scale = 1 / (Reference.dot(own, own) / Float(w) + 1e-6).squareRoot()
        guard inverse[row] == scale else { return false }
        let products = (0..<w).map { dy[row * w + $0] * own[$0] }
        let common = Reference.dot(products, weight) * scale * scale * scale / Float(w)
        for index in 0..<w {
          expectedDw[index].addProduct(products[index], scale)
          let direct = dx0[row * w + index].addingProduct(dy[row * w + index] * weight[index], scale)
          guard y[row * w + index] == own[index] * scale * weight[index],
            dx[row * w + index] == direct.addingProduct(own[index], -common)
          else { return false }
        }
      }
      return dw == expectedDw
    }
  }

  @Test(
    "attention of one head over keys in pieces: each query alone, and as its definition says", arguments: all)
  func attention(set: InstructionSet) throws {
    let k = try Self.table(set)
    // Whole panels are common, because they are pages of a cache.
    let sizes = Generator<[Int]>.array(
      of: Generator<Int>.integer(in: 1...80).map { $0 > 40 ? 16 : $0 }, count: 1...4)
    forAll("attention", .zip(Self.cases, sizes)) { c, counts in
      let (d, total) = (8 * (1 + c.width % 8), counts.reduce(0, +))
      let rows = min(c.rows, total)
      let (keyRow, queryRow, stride) = (d + 8, d + 16, VectorMath.padded(total) + 16)
      let (keys, values) = (
        c.values(total * keyRow, stream: 0), ProductsTests.buffer(c.values(total * keyRow, stream: 1))
      )
      let queries = c.values(rows * queryRow, stream: 2, scale: 3)
      var (pieces, panels, first): ([kernels_piece], [FloatBuffer], Int) = ([], [], 0)
      for count in counts {
        panels.append(FloatBuffer(capacity: VectorMath.padded(count) * d))
        keys.withUnsafeBufferPointer { keys in
          guard let start = keys.baseAddress else { return }
          k.pack(start + first * keyRow, count, d, keyRow, panels[panels.count - 1].pointer)
        }
        pieces.append(
          kernels_piece(
            first: first, count: count, keys: panels[panels.count - 1].pointer,
            values: values.pointer + first * keyRow))
        first += count
      }
      var p = [Float](repeating: .nan, count: rows * stride)
      var found = [Float](repeating: .nan, count: rows * queryRow)
      k.attend(
        pieces, pieces.count, 0, d, keyRow, queries, queryRow, rows, total - rows + 1, 1, 0.2, &p, stride,
        &found
      )
      for row in 0..<rows {
        let seen = total - rows + 1 + row
        let query = Array(queries[row * queryRow..<row * queryRow + d])
        let scores = (0..<seen).map { key in
          ProductsTests.chain(query, Array(keys[key * keyRow..<key * keyRow + d])) * 0.2
        }
        let shares = Reference.softmax(
          scores + [Float](repeating: -.infinity, count: VectorMath.padded(seen) - seen)
        ).shares
        guard Array(p[row * stride..<row * stride + seen]) == Array(shares.prefix(seen)),
          p[row * stride + seen..<(row + 1) * stride].allSatisfy({ $0 == 0 })
        else { return false }
        var (alone, own) = ([Float](repeating: 0, count: d), p)
        k.attend(pieces, pieces.count, 0, d, keyRow, query, d, 1, seen, 0, 0.2, &own, stride, &alone)
        for place in 0..<d {
          var sum: Float = 0
          for key in 0..<seen { sum.addProduct(shares[key], values.pointer[key * keyRow + place]) }
          let mine = found[row * queryRow + place]
          guard mine.bitPattern == (sum + 0).bitPattern, mine.bitPattern == alone[place].bitPattern else {
            return false
          }
        }
      }
      withExtendedLifetime((values, panels)) {}
      return true
    }
  }

  @Test("AdamW, element by element", arguments: all)
  func adam(set: InstructionSet) throws {
    let k = try Self.table(set)
    forAll("adam", Self.cases) { c in
      let n = c.width
      let (g, m0, v0, w0) = (
        c.values(n, stream: 0), c.values(n, stream: 1), c.values(n, stream: 2).map(abs),
        c.values(n, stream: 3)
      )
      var (m, v, w) = (m0, v0, w0)
      var s = kernels_adam(
        scale: 0.7, beta1: 0.9, beta2: 0.98, epsilon: 1e-8, rate: 0.01, inverse: 1.5, decay: 0.99)
      k.adam(g, &m, &v, &w, n, &s)
      return (0..<n).allSatisfy { i in
        let slope = g[i] * s.scale
        let mean = (slope * (1 - s.beta1)).addingProduct(m0[i], s.beta1)
        let square = (slope * slope * (1 - s.beta2)).addingProduct(v0[i], s.beta2)
        let deviation = s.epsilon.addingProduct(square.squareRoot(), s.inverse)
        return m[i] == mean && v[i] == square
          && w[i] == (w0[i] * s.decay).addingProduct(mean / deviation, -s.rate)
      }
    }
  }

  @Test(
    "products of every tile's size, with columns left over: the same bits as the scalar text", arguments: all)
  func tiles(set: InstructionSet) throws {
    let (k, scalar) = (try Self.table(set), try Self.table(.scalar))
    for rows in 1...27 {
      for columns in [1, 8, 15, 16, 17, 33, 48, 64, 65, 130] {
        for mode in [kernels_write, kernels_add, kernels_continue] {
          let c = Case(rows: rows, width: columns, seed: UInt64(rows))
          let inner = [1, 7, 64, 321][(rows + columns) % 4]
          let (a, w, before) = (
            c.values(rows * inner, stream: 0), c.values(columns * inner, stream: 1),
            c.values(rows * columns, stream: 2)
          )
          let results = [k, scalar].map { k -> [Float] in
            let panels = FloatBuffer(capacity: VectorMath.padded(columns) * inner)
            k.pack(w, columns, inner, inner, panels.pointer)
            var result = before
            k.multiply(
              a, inner, 1, rows, inner, panels.pointer, inner * 16, 16, &result, columns, columns, mode)
            withExtendedLifetime(panels) {}
            return result
          }
          #expect(results[0] == results[1], "\(rows) x \(inner) x \(columns)")
        }
      }
    }
  }
}
