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

  /// Writes the gradient of the queries, and adds to those of keys and values. Scratch:
  /// ``scratchCount(_:pieces:kept:)``.
  ///
  /// With p = softmax(s): ∂/∂s = p (∂/∂p - Σ p ∂/∂p). If the `probabilities` of the forward pass were not kept, they are computed
  /// again, for some queries at a time, so that memory grows with the number of keys and not with its square. The blocks of
  /// queries are the parts into which a chain over all queries is cut. So the sums have the same bits in either case.
  func backward(
    _ span: Span, doutput: Floats, queries: Floats, pieces: [Piece], probabilities: Floats?,
    dqueries: MutableFloats, scratch: MutableFloats, keyValueHeads chosen: Range<Int>
  ) {
    let (kernels, width, row) = (kernels, Panels.width, heads * headDimension)
    let (keyRow, stride) = (keyValueHeads * headDimension, span.stride)
    let blocks = probabilities == nil ? Self.blocks(span.count) : [0..<span.count]
    let places = Scratch(self, span, pieces: pieces.count, kept: probabilities != nil, at: scratch)
    for shared in chosen {
      let own = shared * headDimension
      var panels = 0
      var keys: [kernels_piece] = []
      for piece in pieces {
        kernels.pack(piece.values + own, piece.count, headDimension, keyRow, places.values + panels)
        if probabilities == nil {
          kernels.pack(piece.keys + own, piece.count, headDimension, keyRow, places.keys + panels)
          keys.append(
            kernels_piece(
              first: piece.first, count: piece.count, keys: places.keys + panels, values: piece.values))
        }
        panels += VectorMath.padded(piece.count) * headDimension
      }
      for head in shared * group..<(shared + 1) * group {
        for block in blocks {
          let place = block.lowerBound * row + head * headDimension
          let seen = span.firstPosition + block.upperBound
          let p: Floats
          if let probabilities {
            p = probabilities + head * span.count * stride
          } else {
            p = Floats(places.probabilities)
            keys.withUnsafeBufferPointer { keys in
              guard let start = keys.baseAddress else { return }
              kernels.attend(
                start, keys.count, 0, headDimension, keyRow, queries + place, row, block.count,
                span.firstPosition + block.lowerBound + 1, 1, scale, places.probabilities, stride, nil)
            }
          }
          slopes(span, block, doutput: doutput + place, pieces: pieces, p, places)
          for (index, piece) in pieces.enumerated() {
            kernels.multiply(
              places.slopes + piece.first, stride, 1, block.count, piece.count, piece.keys + own, width,
              keyRow,
              dqueries + place, headDimension, row, index == 0 ? kernels_write : kernels_add)
            // No query of the block sees a later key, so that nothing would be added to its gradient.
            let count = min(piece.count, seen - piece.first)
            let sums = piece.first * headDimension
            add(
              p, doutput + place, count, piece, to: piece.dvalues + own, block, of: span,
              places.dvalues + sums)
            add(
              Floats(places.slopes), queries + place, count, piece, to: piece.dkeys + own, block, of: span,
              places.dkeys + sums)
          }
        }
      }
    }
  }

  /// Adds the products of `factors`, (block.count, span.stride), transposed, with `rows` to the gradients of a piece's keys or
  /// values. Between the blocks of a span, the first of which is written, the sum is in `sums`.
  private func add(
    _ factors: Floats, _ rows: Floats, _ count: Int, _ piece: Piece, to target: MutableFloats,
    _ block: Range<Int>,
    of span: Span, _ sums: MutableFloats
  ) {
    let (row, keyRow) = (heads * headDimension, keyValueHeads * headDimension)
    let (isFirst, isLast) = (block.lowerBound == 0, block.upperBound == span.count)
    let isWhole = isFirst && isLast
    if isFirst, !isLast { sums.update(repeating: 0, count: piece.count * headDimension) }
    kernels.multiply(
      factors + piece.first, 1, span.stride, count, block.count, rows, Panels.width, row,
      isWhole ? target : sums,
      headDimension, isWhole ? keyRow : headDimension, isFirst && !isWhole ? kernels_write : kernels_add)
    guard isLast, !isWhole else { return }
    for key in 0..<piece.count {
      VectorMath.add(sums + key * headDimension, to: target + key * keyRow, headDimension)
    }
  }

  /// Writes the gradient of the scores of a block of queries, (block.count, span.stride), to the scratch memory.
  private func slopes(
    _ span: Span, _ block: Range<Int>, doutput: Floats, pieces: [Piece], _ p: Floats, _ places: Scratch
  ) {
    let (kernels, stride, row) = (kernels, span.stride, heads * headDimension)
    let seen = span.firstPosition + block.upperBound
    var panels = places.values
    for piece in pieces {
      let count = VectorMath.padded(min(piece.count, seen - piece.first))
      kernels.multiply(
        doutput, row, 1, block.count, headDimension, panels, headDimension * Panels.width, Panels.width,
        places.slopes + piece.first, count, stride, kernels_write)
      panels += VectorMath.padded(piece.count) * headDimension
    }
    for index in 0..<block.count {
      let first = span.firstPosition + block.lowerBound + index + 1
      let (slopes, used) = (places.slopes + index * stride, VectorMath.padded(first))
      for key in min(seen, span.keyCount)..<max(used, span.keyCount) { slopes[key] = 0 }
      kernels.softmax_backward(p + index * stride, slopes, scale, used)
      for key in used..<max(used, span.keyCount) { slopes[key] = 0 }
    }
  }

  /// The blocks of queries whose probabilities are in memory at a time in the backward pass, if they were not kept.
  private static func blocks(_ count: Int) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var first = 0
    while first < count {
      result.append(first..<first + Products.part(of: count - first))
      first += Products.part(of: count - first)
    }
    return result
  }

  /// The places in a backward pass's scratch memory.
  private struct Scratch {
    /// (block, span.stride): the gradients of scores, and the probabilities that were not kept.
    let slopes, probabilities: MutableFloats
    /// The panels of one head's values, and of its keys if the probabilities were not kept.
    let values, keys: MutableFloats
    /// (keys, headDimension): sums over the blocks so far.
    let dkeys, dvalues: MutableFloats
    let end: MutableFloats

    init(_ attention: Attention, _ span: Span, pieces: Int, kept: Bool, at start: MutableFloats) {
      let block = kept ? span.count : min(span.count, Products.mostTerms)
      let panels = (span.keyCount + pieces * Panels.width) * attention.headDimension
      let sums = kept ? 0 : span.keyCount * attention.headDimension
      slopes = start
      probabilities = slopes + block * span.stride
      values = probabilities + (kept ? 0 : block * span.stride)
      keys = values + panels
      dkeys = keys + (kept ? 0 : panels)
      dvalues = dkeys + sums
      end = dvalues + sums
    }
  }

  /// Returns the number of scratch floats that the backward pass of a span needs over so many pieces: O(keys) if
  /// probabilities were not kept, and O(queries x keys) if they were.
  func scratchCount(_ span: Span, pieces: Int, kept: Bool) -> Int {
    // Any address will do to measure from.
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 1) { memory in
      guard let start = memory.baseAddress else { return 0 }
      return Scratch(self, span, pieces: pieces, kept: kept, at: start).end - start
    }
  }
}
