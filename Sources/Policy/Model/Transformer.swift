/// A model ready to run: weights, what is derived from them, and the plan that keeps rows independent.
///
/// Immutable and shared between threads; each thread brings its own ``ForwardPass``.
public final class Transformer: Sendable {
  public let weights: Weights
  public let plan: BlockPlan
  let rotary: RotaryEmbedding
  let attention: Attention
  let layers: [LayerOffsets]
  let finalNorm: Int
  let embedding: Int
  /// (paddedVocabularySize, hiddenSize): the embedding where the head is tied.
  let head: Int

  public var configuration: ModelConfiguration { weights.configuration }

  public init(weights: Weights, plan: BlockPlan) {
    BLAS.setUp()
    self.weights = weights
    self.plan = plan
    let c = weights.configuration
    rotary = RotaryEmbedding(c)
    attention = Attention(c)
    let offsets = c.tensors.map(\.offset)
    // Eleven tensors a layer, in the order of `ModelConfiguration.tensors`, after the embedding.
    layers = (0..<c.layerCount).map { layer in
      let o = offsets[(1 + layer * 11)..<(12 + layer * 11)].map { $0 }
      return LayerOffsets(
        inputNorm: o[0], query: o[1], key: o[2], value: o[3], output: o[4], queryNorm: o[5], keyNorm: o[6],
        postNorm: o[7], gate: o[8], up: o[9], down: o[10])
    }
    finalNorm = offsets[1 + c.layerCount * 11]
    embedding = offsets[0]
    head = c.tiesWordEmbeddings ? embedding : offsets[2 + c.layerCount * 11]
  }
}
