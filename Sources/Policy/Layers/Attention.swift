import CKernels

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
    output: MutableFloats, heads chosen: Range<Int>
  ) {
    guard let pages = keys.starts.baseAddress else { return }
    let (queryWidth, keyWidth) = (heads * headDimension, keyValueHeads * headDimension)
    for head in chosen {
      let shared = head / (heads / keyValueHeads) * headDimension
      for index in 0..<span.count {
        let p = probabilities + (kept ? (head * span.count + index) * span.stride : 0)
        let count = span.firstPosition + index + 1
        let place = index * queryWidth + head * headDimension
        var first = 0
        for start in keys.starts where first < count {
          let rows = min(keys.pageSize, count - first)
          kernels_dots(
            queries + place, start + shared, keyWidth, rows, headDimension, scale, p + first)
          first += keys.pageSize
        }
        for key in count..<VectorMath.padded(count) { p[key] = -.infinity }
        kernels_softmax(p, VectorMath.padded(count))
        kernels_combine(
          pages, keys.pageSize, keys.valueOffset + shared, keyWidth, p, count, headDimension, output + place)
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
        kernels_dots(doutput + place, values + shared, keyWidth, count, headDimension, 1, ds)
        for key in count..<VectorMath.padded(count) { ds[key] = 0 }
        kernels_softmax_backward(p, ds, scale, VectorMath.padded(count))
        var page = keys
        kernels_combine(&page, .max, shared, keyWidth, ds, count, headDimension, dqueries + place)
      }
      for key in 0..<span.keyCount {
        let first = max(0, key - span.firstPosition)
        let (offset, place) = (first * span.stride + key, first * queryWidth + own)
        let remaining = span.count - first
        kernels_gather(
          queries + place, queryWidth, scratch + offset, span.stride, remaining, headDimension,
          dkeys + key * keyWidth + shared)
        kernels_gather(
          doutput + place, queryWidth, probabilities + offset, span.stride, remaining, headDimension,
          dvalues + key * keyWidth + shared)
      }
    }
  }
}
