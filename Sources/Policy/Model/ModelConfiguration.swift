/// The shape of a Qwen3 decoder: RMSNorm, grouped-query attention with q/k norms, RoPE, SwiGLU.
///
/// Source: "Qwen3 Technical Report" (arXiv 2505.09388) and the `Qwen3ForCausalLM` of `transformers`.
public struct ModelConfiguration: Sendable, Hashable {
  public var vocabularySize: Int
  /// d, the width of the residual stream.
  public var hiddenSize: Int
  public var layerCount: Int
  /// Query heads; a multiple of `keyValueHeadCount`.
  public var headCount: Int
  public var keyValueHeadCount: Int
  /// Even, because RoPE turns pairs; here a multiple of 8, the width of the vector loops.
  public var headDimension: Int
  /// The width of SwiGLU.
  public var intermediateSize: Int
  /// The base of RoPE's wavelengths.
  public var ropeTheta: Double
  public var normEpsilon: Float
  /// Whether the output head is the transposed embedding.
  public var tiesWordEmbeddings: Bool
  /// The longest sequence, prompt and completion together.
  public var maximumPositions: Int

  public init(
    vocabularySize: Int, hiddenSize: Int, layerCount: Int, headCount: Int, keyValueHeadCount: Int,
    headDimension: Int, intermediateSize: Int, ropeTheta: Double = 10_000, normEpsilon: Float = 1e-6,
    tiesWordEmbeddings: Bool = true, maximumPositions: Int = 512
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
    self.maximumPositions = maximumPositions
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

  /// The vocabulary rounded up to a multiple of 16; the logits past `vocabularySize` are never looked at.
  public var paddedVocabularySize: Int { (vocabularySize + 15) / 16 * 16 }
  /// The width of all query heads together.
  public var queryWidth: Int { headCount * headDimension }
  /// The width of all key (or value) heads together.
  public var keyValueWidth: Int { keyValueHeadCount * headDimension }
}

/// Where one tensor lies in the flat buffer of ``Weights``.
public struct TensorSpecification: Sendable, Hashable {
  /// The standard name in a Hugging Face checkpoint.
  public var name: String
  /// A linear layer is output x input, as in a checkpoint; a vocabulary's rows are padded.
  public var rows: Int
  public var columns: Int
  /// The rows that a checkpoint holds.
  public var storedRows: Int
  /// The first element's index in the flat buffer.
  public var offset: Int
  /// One-dimensional in a checkpoint (norms).
  public var isVector: Bool

  public var count: Int { rows * columns }
  public var range: Range<Int> { offset..<(offset + count) }
  /// The shape in a checkpoint.
  public var shape: [Int] { isVector ? [columns] : [storedRows, columns] }
}

/// Indices of a layer's tensors in the flat buffer: offsets of the first elements.
struct LayerOffsets: Sendable, Hashable {
  var inputNorm, query, key, value, output, queryNorm, keyNorm: Int
  var postNorm, gate, up, down: Int
}

extension ModelConfiguration {
  /// Every tensor in the order of the flat buffer. O(layers).
  public var tensors: [TensorSpecification] {
    var result: [TensorSpecification] = []
    var offset = guardCount
    func add(_ name: String, _ rows: Int, _ columns: Int, stored: Int? = nil, vector: Bool = false) {
      result.append(
        TensorSpecification(
          name: name, rows: rows, columns: columns, storedRows: stored ?? rows, offset: offset,
          isVector: vector))
      offset += rows * columns
    }
    let d = hiddenSize
    add("model.embed_tokens.weight", paddedVocabularySize, d, stored: vocabularySize)
    for layer in 0..<layerCount {
      let prefix = "model.layers.\(layer)."
      add(prefix + "input_layernorm.weight", 1, d, vector: true)
      add(prefix + "self_attn.q_proj.weight", queryWidth, d)
      add(prefix + "self_attn.k_proj.weight", keyValueWidth, d)
      add(prefix + "self_attn.v_proj.weight", keyValueWidth, d)
      add(prefix + "self_attn.o_proj.weight", d, queryWidth)
      add(prefix + "self_attn.q_norm.weight", 1, headDimension, vector: true)
      add(prefix + "self_attn.k_norm.weight", 1, headDimension, vector: true)
      add(prefix + "post_attention_layernorm.weight", 1, d, vector: true)
      add(prefix + "mlp.gate_proj.weight", intermediateSize, d)
      add(prefix + "mlp.up_proj.weight", intermediateSize, d)
      add(prefix + "mlp.down_proj.weight", d, intermediateSize)
    }
    add("model.norm.weight", 1, d, vector: true)
    if !tiesWordEmbeddings { add("lm_head.weight", paddedVocabularySize, d, stored: vocabularySize) }
    return result
  }

  /// Zeros before the first tensor and after the last. Nothing reads them any more; but the parts of a gradient's norm
  /// go by offset, so that without them every recorded run would be another.
  var guardCount: Int { 8 * max(hiddenSize, intermediateSize, queryWidth) }

  /// The number of elements of the flat buffer, padding included.
  public var elementCount: Int { (tensors.last.map { $0.range.upperBound } ?? 0) + guardCount }

  /// The number of trained numbers: what checkpoints hold.
  public var parameterCount: Int { tensors.reduce(0) { $0 + $1.storedRows * $1.columns } }
}
