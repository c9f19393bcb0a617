/// Causal grouped-query attention of the last rows of a sequence over all its keys and values.
///
/// Source: Ainslie et al., "GQA" (arXiv 2305.13245). One fixed order of summation for all callers (P4): over the
/// head's dimensions in eight lanes, over the keys in order.
struct Attention: Sendable {
  let heads: Int
  let keyValueHeads: Int
  let headDimension: Int
  let scale: Float

  init(_ configuration: ModelConfiguration) {
    heads = configuration.headCount
    keyValueHeads = configuration.keyValueHeadCount
    headDimension = configuration.headDimension
    scale = 1 / Float(configuration.headDimension).squareRoot()
  }

  /// The queries of one sequence in a pass.
  struct Span {
    /// Position of the first query; the others follow.
    var firstPosition: Int
    var count: Int

    /// Keys that the last query sees.
    var keyCount: Int { firstPosition + count }
    /// Floats from one query's probabilities to the next's.
    var stride: Int { VectorMath.padded(keyCount) }
  }

  /// Floats that the probabilities of a span take: (heads, queries, stride).
  func probabilityCount(_ span: Span) -> Int { heads * span.count * span.stride }

  /// Rows of keys (or values), each (keyValueHeads, headDimension), in pages of a multiple of four rows.
  struct Pages {
    /// Where each page begins.
    var starts: UnsafeBufferPointer<Floats>
    var pageSize: Int
    /// Floats from a page's keys to its values.
    var valueOffset: Int
  }

  /// queries, output: (span.count, heads, headDimension); keys and values: span.keyCount rows, with room for three
  /// more; probabilities: (heads, span.count, span.stride), or (span.stride) when they are not `kept` for the
  /// backward pass. Of all heads only `chosen`.
  func forward(
    _ span: Span, queries: Floats, keys: Pages, probabilities: MutableFloats, kept: Bool,
    output: MutableFloats,
    heads chosen: Range<Int>
  ) {
    let (queryWidth, keyWidth) = (heads * headDimension, keyValueHeads * headDimension)
    for head in chosen {
      let shared = head / (heads / keyValueHeads) * headDimension
      for index in 0..<span.count {
        let p = probabilities + (kept ? (head * span.count + index) * span.stride : 0)
        let count = span.firstPosition + index + 1
        let place = index * queryWidth + head * headDimension
        var first = 0
        for start in keys.starts where first < count {
          dots(
            of: queries + place, with: start + shared, stride: keyWidth,
            count: min(keys.pageSize, count - first),
            scale: scale, into: p + first)
          first += keys.pageSize
        }
        VectorMath.softmax(p, count)
        combine(
          keys, at: keys.valueOffset + shared, by: p, stride: keyWidth, count: count, into: output + place)
      }
    }
  }

  /// Writes dqueries; adds to dkeys and dvalues. Shapes as in `forward`, keys and values in one page each; scratch:
  /// (span.count, span.stride). Heads that share keys must be `chosen` together.
  ///
  /// With p = softmax(s): ∂/∂s = p (∂/∂p - Σ p ∂/∂p).
  func backward(
    _ span: Span, doutput: Floats, queries: Floats, keys: Floats, values: Floats, probabilities: Floats,
    dqueries: MutableFloats, dkeys: MutableFloats, dvalues: MutableFloats, scratch: MutableFloats,
    heads chosen: Range<Int>
  ) {
    let (queryWidth, keyWidth) = (heads * headDimension, keyValueHeads * headDimension)
    for head in chosen {
      let (own, shared) = (head * headDimension, head / (heads / keyValueHeads) * headDimension)
      let probabilities = probabilities + head * span.count * span.stride
      for index in 0..<span.count {
        let (p, ds) = (probabilities + index * span.stride, scratch + index * span.stride)
        let count = span.firstPosition + index + 1
        let place = index * queryWidth + own
        dots(of: doutput + place, with: values + shared, stride: keyWidth, count: count, scale: 1, into: ds)
        softmaxBackward(p, ds, count)
        var start = keys + shared
        withUnsafePointer(to: &start) { start in
          let page = Pages(
            starts: UnsafeBufferPointer(start: start, count: 1), pageSize: .max, valueOffset: 0)
          combine(page, at: 0, by: ds, stride: keyWidth, count: count, into: dqueries + place)
        }
      }
      for key in 0..<span.keyCount {
        let first = max(0, key - span.firstPosition)
        let (offset, place) = (first * span.stride + key, first * queryWidth + own)
        let remaining = span.count - first
        gather(
          queries + place, by: scratch + offset, stride: (queryWidth, span.stride), count: remaining,
          addingTo: dkeys + key * keyWidth + shared)
        gather(
          doutput + place, by: probabilities + offset, stride: (queryWidth, span.stride), count: remaining,
          addingTo: dvalues + key * keyWidth + shared)
      }
    }
  }

  /// result[i] = scale · Σ_d query[d] rows[i][d], four rows at a time: up to three results more are written.
  @inline(__always)
  private func dots(
    of query: Floats, with rows: Floats, stride: Int, count: Int, scale: Float, into result: MutableFloats
  ) {
    var row = 0
    while row < count {
      let a = rows + row * stride
      let (b, c, d) = (a + stride, a + 2 * stride, a + 3 * stride)
      var (s, t, u, v) = (SIMD8<Float>.zero, SIMD8<Float>.zero, SIMD8<Float>.zero, SIMD8<Float>.zero)
      var index = 0
      while index < headDimension {
        let q = VectorMath.load(query, index)
        s += q * VectorMath.load(a, index)
        t += q * VectorMath.load(b, index)
        u += q * VectorMath.load(c, index)
        v += q * VectorMath.load(d, index)
        index += 8
      }
      let four = VectorMath.sums(s, t, u, v) * scale
      UnsafeMutableRawPointer(result + row).storeBytes(of: four, as: SIMD4<Float>.self)
      row += 4
    }
  }

  /// result[d] = Σ_i weights[i] rows[i][d], of rows that lie at `offset` in their pages.
  @inline(__always)
  private func combine(
    _ rows: Pages, at offset: Int, by weights: Floats, stride: Int, count: Int, into result: MutableFloats
  ) {
    var index = 0
    while index + 16 <= headDimension {
      var (low, high) = (SIMD8<Float>.zero, SIMD8<Float>.zero)
      var first = 0
      for start in rows.starts where first < count {
        var value = start + offset + index
        for row in first..<first + min(rows.pageSize, count - first) {
          let weight = weights[row]
          low += VectorMath.load(value, 0) * weight
          high += VectorMath.load(value, 8) * weight
          value += stride
        }
        first += rows.pageSize
      }
      VectorMath.store(low, result, index)
      VectorMath.store(high, result, index + 8)
      index += 16
    }
    if index < headDimension {
      var total = SIMD8<Float>.zero
      var first = 0
      for start in rows.starts where first < count {
        for row in first..<first + min(rows.pageSize, count - first) {
          total += VectorMath.load(start + offset + (row - first) * stride, index) * weights[row]
        }
        first += rows.pageSize
      }
      VectorMath.store(total, result, index)
    }
  }

  /// result[d] += Σ_i weights[i · stride.1] rows[i · stride.0][d].
  @inline(__always)
  private func gather(
    _ rows: Floats, by weights: Floats, stride: (Int, Int), count: Int, addingTo result: MutableFloats
  ) {
    var index = 0
    while index + 16 <= headDimension {
      var (low, high) = (VectorMath.load(result, index), VectorMath.load(result, index + 8))
      for row in 0..<count {
        let weight = weights[row * stride.1]
        low += VectorMath.load(rows + row * stride.0, index) * weight
        high += VectorMath.load(rows + row * stride.0, index + 8) * weight
      }
      VectorMath.store(low, result, index)
      VectorMath.store(high, result, index + 8)
      index += 16
    }
    if index < headDimension {
      var total = VectorMath.load(result, index)
      for row in 0..<count {
        total += VectorMath.load(rows + row * stride.0, index) * weights[row * stride.1]
      }
      VectorMath.store(total, result, index)
    }
  }

  /// ds = scale · p (dp - Σ p dp), in place of dp; zero up to the next multiple of 8.
  @inline(__always)
  private func softmaxBackward(_ p: Floats, _ ds: MutableFloats, _ count: Int) {
    let padded = VectorMath.padded(count)
    for index in count..<padded { ds[index] = 0 }
    let mean = VectorMath.dot(p, ds, padded)
    var index = 0
    while index < padded {
      let direct = VectorMath.load(ds, index) - mean
      VectorMath.store(VectorMath.load(p, index) * direct * scale, ds, index)
      index += 8
    }
  }
}
