/// Causal grouped-query attention, one row (query token) at a time against the keys and values before it.
///
/// Source: Ainslie et al., "GQA" (arXiv 2305.13245). One fixed order of summation for all callers (P4).
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

  /// The floats that one row's probabilities take for `count` keys: (heads, count padded to 8).
  func probabilityCount(_ count: Int) -> Int { heads * ((count + 7) / 8 * 8) }

  /// query, output: (heads, headDimension); keys, values: (count, keyValueHeads, headDimension);
  /// probabilities: (heads, count padded to 8), kept for the backward pass.
  func forward(
    query: Floats, keys: Floats, values: Floats, count: Int, probabilities: MutableFloats,
    output: MutableFloats
  ) {
    let width = keyValueHeads * headDimension
    let padded = (count + 7) / 8 * 8
    for head in 0..<heads {
      let offset = head / (heads / keyValueHeads) * headDimension
      let (q, p, o) = (
        query + head * headDimension, probabilities + head * padded, output + head * headDimension
      )
      for index in 0..<count {
        p[index] = VectorMath.dot(q, keys + index * width + offset, headDimension) * scale
      }
      VectorMath.softmax(p, count)
      for index in 0..<headDimension { o[index] = 0 }
      for index in 0..<count {
        VectorMath.addScaled(values + index * width + offset, by: p[index], to: o, headDimension)
      }
    }
  }

  /// Adds to dquery, dkeys and dvalues (shaped as in `forward`) what doutput asks; scratch: (count).
  func backward(
    doutput: Floats, query: Floats, keys: Floats, values: Floats, count: Int, probabilities: Floats,
    dquery: MutableFloats, dkeys: MutableFloats, dvalues: MutableFloats, scratch: MutableFloats
  ) {
    let width = keyValueHeads * headDimension
    let padded = (count + 7) / 8 * 8
    for head in 0..<heads {
      let offset = head / (heads / keyValueHeads) * headDimension
      let (q, p, dq) = (
        query + head * headDimension, probabilities + head * padded, dquery + head * headDimension
      )
      let dout = doutput + head * headDimension
      var mean: Float = 0
      for index in 0..<count {
        scratch[index] = VectorMath.dot(dout, values + index * width + offset, headDimension)
        mean += p[index] * scratch[index]
        VectorMath.addScaled(dout, by: p[index], to: dvalues + index * width + offset, headDimension)
      }
      for index in 0..<count {
        let dscore = p[index] * (scratch[index] - mean) * scale
        VectorMath.addScaled(keys + index * width + offset, by: dscore, to: dq, headDimension)
        VectorMath.addScaled(q, by: dscore, to: dkeys + index * width + offset, headDimension)
      }
    }
  }
}
