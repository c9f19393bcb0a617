/// The shape of a decoder with RMSNorm, grouped-query attention, RoPE and SwiGLU, and the options of its layers.
///
/// The defaults are those of Qwen3. With `hasQueryKeyNorms` off it is Llama; with `hasAttentionBiases` on as well,
/// Qwen2. Sources: "Qwen3 Technical Report" (arXiv 2505.09388), "Qwen2 Technical Report" (arXiv 2407.10671), "LLaMA"
/// (arXiv 2302.13971), and the three `ForCausalLM` classes of `transformers`.
///
/// `Architecture` names the three; every layer goes by the single options.
public struct ModelConfiguration: Sendable, Hashable {
  public var vocabularySize: Int
  /// d, the width of the residual stream.
  public var hiddenSize: Int
  public var layerCount: Int
  /// The number of query heads, which is a multiple of `keyValueHeadCount`.
  public var headCount: Int
  public var keyValueHeadCount: Int
  /// The width of a head. It is a multiple of 8, because RoPE turns pairs and does so four at a time.
  public var headDimension: Int
  /// The inner width of SwiGLU.
  public var intermediateSize: Int
  /// The base of RoPE's wavelengths.
  package var ropeTheta: Double
  /// How RoPE's wavelengths are stretched for a longer context; `nil` if they are not.
  package var ropeScaling: RopeScaling?
  package var normEpsilon: Float
  /// Whether the output head is the transposed embedding.
  package var tiesWordEmbeddings: Bool
  /// Whether queries and keys are normed, each head by itself, before RoPE.
  package var hasQueryKeyNorms: Bool
  /// Whether queries, keys and values have biases.
  package var hasAttentionBiases: Bool
  /// The length of the longest sequence, prompt and completion together.
  public var maximumPositions: Int

  public init(
    vocabularySize: Int, hiddenSize: Int, layerCount: Int, headCount: Int, keyValueHeadCount: Int,
    headDimension: Int, intermediateSize: Int, ropeTheta: Double = 10_000, normEpsilon: Float = 1e-6,
    tiesWordEmbeddings: Bool = true, hasQueryKeyNorms: Bool = true, hasAttentionBiases: Bool = false,
    maximumPositions: Int = 512
  ) {
    precondition(headCount % keyValueHeadCount == 0 && headDimension % 8 == 0 && hiddenSize % 8 == 0)
    self.vocabularySize = vocabularySize
    self.hiddenSize = hiddenSize
    self.layerCount = layerCount
    self.headCount = headCount
    self.keyValueHeadCount = keyValueHeadCount
    self.headDimension = headDimension
    self.intermediateSize = intermediateSize
    self.ropeTheta = ropeTheta
    self.normEpsilon = normEpsilon
    self.tiesWordEmbeddings = tiesWordEmbeddings
    self.hasQueryKeyNorms = hasQueryKeyNorms
    self.hasAttentionBiases = hasAttentionBiases
    self.maximumPositions = maximumPositions
  }

  /// The published architecture that these options make; `nil` if none has both norms and biases.
  package var architecture: Architecture? {
    switch (hasQueryKeyNorms, hasAttentionBiases) {
    case (false, false): .llama
    case (false, true): .qwen2
    case (true, false): .qwen3
    case (true, true): nil
    }
  }

  public static func nano(vocabularySize: Int) -> Self {
    Self(
      vocabularySize: vocabularySize, hiddenSize: 64, layerCount: 2, headCount: 2, keyValueHeadCount: 1,
      headDimension: 32, intermediateSize: 192)
  }

  public static func micro(vocabularySize: Int) -> Self {
    Self(
      vocabularySize: vocabularySize, hiddenSize: 128, layerCount: 4, headCount: 4, keyValueHeadCount: 2,
      headDimension: 32, intermediateSize: 384)
  }

  /// The vocabulary size rounded up to a multiple of 16. The logits past `vocabularySize` are not used.
  package var paddedVocabularySize: Int { (vocabularySize + 15) / 16 * 16 }
  /// The width of all query heads together.
  package var queryWidth: Int { headCount * headDimension }
  /// The width of all key (or value) heads together.
  package var keyValueWidth: Int { keyValueHeadCount * headDimension }
}
