import CKernels

/// Causal grouped-query attention of the last rows of a sequence over all its keys and values.
///
/// Source: Ainslie et al., "GQA" (arXiv 2305.13245). A score is a chain over the head's dimensions, and a result is a
/// chain over the keys in order. Neither depends on where the keys lie or on other queries in the pass (P4).
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
    /// The position of the first query. The others follow it.
    var firstPosition: Int
    var count: Int

    /// The number of keys that the last query sees.
    var keyCount: Int { firstPosition + count }
    /// The number of floats from one query's probabilities to the next's. It has room for whole panels.
    var stride: Int { VectorMath.padded(keyCount) + Panels.width }
  }

  /// The number of query heads that share a key head.
  var group: Int { heads / keyValueHeads }

  /// Returns the number of floats of a span's probabilities, (heads, queries, stride).
  func probabilityCount(_ span: Span) -> Int { heads * span.count * span.stride }

  /// Returns the number of floats of the panels of `count` keys, for all heads one after another.
  func panelCount(_ count: Int) -> Int { VectorMath.padded(count) * keyValueHeads * headDimension }

  /// Copies keys or values, (count, keyValueHeads, headDimension), to panels, (keyValueHeads, panels, headDimension,
  /// 16).
  func pack(_ rows: Floats, count: Int, into panels: MutableFloats) {
    for head in 0..<keyValueHeads {
      kernels.pack(
        rows + head * headDimension, count, headDimension, keyValueHeads * headDimension,
        panels + head * VectorMath.padded(count) * headDimension)
    }
  }

  /// Computes attention for some of the key heads.
  ///
  /// - Parameters:
  ///   - span: The queries.
  ///   - queries: The queries, (span.count, heads, headDimension).
  ///   - pieces: The keys and values of consecutive positions.
  ///   - probabilities: (heads, span.count, span.stride), or ``scratchCount(_:)`` floats if they are not `kept`.
  ///   - kept: Whether the probabilities are kept for the backward pass.
  ///   - output: The results, (span.count, heads, headDimension).
  ///   - chosen: The key heads to compute.
  func forward(
    _ span: Span, queries: Floats, pieces: UnsafeBufferPointer<kernels_piece>, probabilities: MutableFloats,
    kept: Bool, output: MutableFloats, keyValueHeads chosen: Range<Int>
  ) {
    guard let start = pieces.baseAddress else { return }
    let attend = kernels.attend
    let (row, keyRow) = (heads * headDimension, keyValueHeads * headDimension)
    for shared in chosen {
      if span.count == 1 {
        // All heads of a single query are the rows of one product.
        let place = shared * group * headDimension
        attend(
          start, pieces.count, shared, headDimension, keyRow, queries + place, headDimension, group,
          span.keyCount, 0, scale, probabilities + (kept ? shared * group * span.stride : 0), span.stride,
          output + place)
        continue
      }
      for head in shared * group..<(shared + 1) * group {
        // Without a backward pass, the probabilities of a block are not needed after it.
        let block = kept ? span.count : Self.block
        for first in stride(from: 0, to: span.count, by: block) {
          let place = first * row + head * headDimension
          attend(
            start, pieces.count, shared, headDimension, keyRow, queries + place, row,
            min(block, span.count - first), span.firstPosition + first + 1, 1, scale,
            probabilities + (kept ? head * span.count * span.stride : 0), span.stride, output + place)
        }
      }
    }
  }

  /// The number of queries whose probabilities are in memory at a time if they are not kept.
  private static let block = 12

  /// Returns the number of floats that a forward pass of a span needs for probabilities that are not kept.
  func scratchCount(_ span: Span) -> Int { max(group, Self.block) * span.stride }

  /// Keys and values of consecutive positions, and their gradients, each (count, keyValueHeads, headDimension).
  struct Piece {
    var first: Int
    var count: Int
    var keys: Floats
    var values: Floats
    var dkeys: MutableFloats
    var dvalues: MutableFloats
  }

  /// Writes the gradient of the queries, and adds to those of keys and values. Scratch: ``scratchCount(_:pieces:)``.
  ///
  /// With p = softmax(s): ∂/∂s = p (∂/∂p - Σ p ∂/∂p).
  func backward(
    _ span: Span, doutput: Floats, queries: Floats, pieces: [Piece], probabilities: Floats,
    dqueries: MutableFloats, scratch: MutableFloats, keyValueHeads chosen: Range<Int>
  ) {
    let (kernels, width, row) = (kernels, Panels.width, heads * headDimension)
    let (keyRow, stride) = (keyValueHeads * headDimension, span.stride)
    let panels = scratch + span.count * stride
    for shared in chosen {
      let own = shared * headDimension
      var packed = panels
      for piece in pieces {
        kernels.pack(piece.values + own, piece.count, headDimension, keyRow, packed)
        packed += VectorMath.padded(piece.count) * headDimension
      }
      for head in shared * group..<(shared + 1) * group {
        let place = head * headDimension
        let (p, ds) = (probabilities + head * span.count * stride, scratch)
        var packed = panels
        for piece in pieces {
          kernels.multiply(
            doutput + place, row, 1, span.count, headDimension, packed, headDimension * width, width,
            ds + piece.first, VectorMath.padded(piece.count), stride, kernels_write)
          packed += VectorMath.padded(piece.count) * headDimension
        }
        for index in 0..<span.count {
          let (slopes, used) = (ds + index * stride, VectorMath.padded(span.firstPosition + index + 1))
          for key in span.keyCount..<max(used, span.keyCount) { slopes[key] = 0 }
          kernels.softmax_backward(p + index * stride, slopes, scale, used)
          for key in used..<max(used, span.keyCount) { slopes[key] = 0 }
        }
        for (index, piece) in pieces.enumerated() {
          kernels.multiply(
            ds + piece.first, stride, 1, span.count, piece.count, piece.keys + own, width, keyRow,
            dqueries + place, headDimension, row, index == 0 ? kernels_write : kernels_add)
          kernels.multiply(
            ds + piece.first, 1, stride, piece.count, span.count, queries + place, width, row,
            piece.dkeys + own, headDimension, keyRow, kernels_add)
          kernels.multiply(
            p + piece.first, 1, stride, piece.count, span.count, doutput + place, width, row,
            piece.dvalues + own, headDimension, keyRow, kernels_add)
        }
      }
    }
  }

  /// Returns the number of scratch floats that the backward pass of a span needs over pieces of so many keys.
  func scratchCount(_ span: Span, pieces: Int) -> Int {
    span.count * span.stride + (span.keyCount + pieces * Panels.width) * headDimension
  }
}
