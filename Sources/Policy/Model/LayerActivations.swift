/// The activations of one layer over the rows of a pass, which the backward pass needs.
///
/// In a layer n rows have keys, and m rows have queries and go through the feed-forward part. These are all rows,
/// except that the last layer has only those whose logits are wanted.
final class LayerActivations {
  /// (n, hiddenSize): the input, and the normed input.
  let input = FloatBuffer(), normed1 = FloatBuffer()
  /// (n)
  let inverse1 = FloatBuffer()
  /// (m, hiddenSize): the same for the rows with queries, if these are not all rows.
  let chosenInput = FloatBuffer(), chosenNormed1 = FloatBuffer()
  /// (m, heads, headDimension): the queries before and after norm and RoPE.
  let queryRaw = FloatBuffer(), query = FloatBuffer()
  /// (n, keyValueHeads, headDimension)
  let keyRaw = FloatBuffer(), key = FloatBuffer(), value = FloatBuffer()
  /// (m, heads), (n, keyValueHeads)
  let inverseQuery = FloatBuffer(), inverseKey = FloatBuffer()
  /// The probabilities of all segments, one after another, each (heads, queries, ``Attention/Span/stride``).
  let probabilities = FloatBuffer()
  /// (m, heads, headDimension)
  let attended = FloatBuffer()
  /// (m, hiddenSize): the stream after attention, and its norm.
  let middle = FloatBuffer(), normed2 = FloatBuffer()
  /// (m)
  let inverse2 = FloatBuffer()
  /// (m, intermediateSize)
  let gate = FloatBuffer(), up = FloatBuffer(), activated = FloatBuffer()

  func reserve(rows n: Int, queries m: Int, _ c: ModelConfiguration) {
    for buffer in [input, normed1] { buffer.reserve(n * c.hiddenSize) }
    for buffer in [middle, normed2] { buffer.reserve(m * c.hiddenSize) }
    for buffer in [queryRaw, query, attended] { buffer.reserve(m * c.queryWidth) }
    for buffer in [keyRaw, key, value] { buffer.reserve(n * c.keyValueWidth) }
    for buffer in [gate, up, activated] { buffer.reserve(m * c.intermediateSize) }
    inverse1.reserve(n)
    inverse2.reserve(m)
    inverseQuery.reserve(m * c.headCount)
    inverseKey.reserve(n * c.keyValueHeadCount)
  }
}
