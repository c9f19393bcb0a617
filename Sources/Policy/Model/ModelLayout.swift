/// The place of one tensor in the flat buffer of ``Weights``.
public struct TensorSpecification: Sendable, Hashable {
  /// The tensor's standard name in a Hugging Face checkpoint.
  public var name: String
  /// The number of rows. A linear layer is output x input, as in a checkpoint; the rows of a vocabulary are padded.
  package var rows: Int
  package var columns: Int
  /// The number of rows in a checkpoint.
  package var storedRows: Int
  /// The first element's index in the flat buffer.
  package var offset: Int
  /// The use of the tensor, which decides its first values and whether it decays.
  package var kind: Kind

  package enum Kind: Sendable, Hashable {
    case matrix
    /// A vector that begins as ones.
    case norm
    /// A vector that begins as zeros.
    case bias
  }

  /// Whether the tensor is one-dimensional in a checkpoint.
  package var isVector: Bool { kind != .matrix }
  package var count: Int { rows * columns }
  public var range: Range<Int> { offset..<(offset + count) }
  /// The shape in a checkpoint.
  public var shape: [Int] { isVector ? [columns] : [storedRows, columns] }
}

/// A linear layer y = x Wᵀ + b, as the places of W and b in the flat buffer.
struct LinearLayer: Sendable, Hashable {
  /// The offset of W, (outputs, inputs).
  var weight: Int
  var outputs: Int
  var inputs: Int
  /// The offset of b, (outputs); `nil` if there is none.
  var bias: Int?
  /// The offset of W's panels in ``PackedMatrices``.
  var panels: Int
  /// The layer's number in ``ModelLayout/linearLayers``.
  var index: Int
}

/// The places of everything in one layer of a decoder. Every architecture is described here and nowhere else.
struct LayerLayout: Sendable, Hashable {
  var inputNorm: Int
  var query, key, value, output: LinearLayer
  var queryNorm, keyNorm: Int?
  var postNorm: Int
  var gate, up, down: LinearLayer

  /// The linear layers, in the order of the flat buffer.
  var linearLayers: [LinearLayer] { [query, key, value, output, gate, up, down] }
}

/// The places of all tensors of a model, in the order of the flat buffer.
struct ModelLayout: Sendable {
  private(set) var tensors: [TensorSpecification] = []
  private(set) var layers: [LayerLayout] = []
  let embedding: Int
  let finalNorm: Int
  /// The output head. Its weight is the embedding if the two are tied.
  let head: LinearLayer
  /// The number of floats of all panels.
  let panelCount: Int

  /// Lays out a model. Without `holdsMatrices`, the flat buffer has only norms and biases, and matrices take no room in it.
  /// - Complexity: O(layers).
  init(_ c: ModelConfiguration, holdsMatrices: Bool = true) {
    var tensors: [TensorSpecification] = []
    var (offset, panels, index) = (0, 0, 0)
    func add(
      _ name: String, _ rows: Int, _ columns: Int, stored: Int? = nil, _ kind: TensorSpecification.Kind
    ) -> Int {
      tensors.append(
        TensorSpecification(
          name: name, rows: rows, columns: columns, storedRows: stored ?? rows, offset: offset, kind: kind))
      defer { if holdsMatrices || kind != .matrix { offset += rows * columns } }
      return offset
    }
    func layer(_ weight: Int, _ outputs: Int, _ inputs: Int, bias: Int? = nil) -> LinearLayer {
      defer { (panels, index) = (panels + VectorMath.padded(outputs) * inputs, index + 1) }
      return LinearLayer(
        weight: weight, outputs: outputs, inputs: inputs, bias: bias, panels: panels, index: index)
    }
    func linear(_ name: String, _ outputs: Int, _ inputs: Int, hasBias: Bool = false) -> LinearLayer {
      let weight = add("\(name).weight", outputs, inputs, .matrix)
      return layer(weight, outputs, inputs, bias: hasBias ? add("\(name).bias", 1, outputs, .bias) : nil)
    }
    func norm(_ name: String, _ size: Int) -> Int { add("\(name).weight", 1, size, .norm) }

    let (d, vocabulary) = (c.hiddenSize, c.paddedVocabularySize)
    embedding = add("model.embed_tokens.weight", vocabulary, d, stored: c.vocabularySize, .matrix)
    for index in 0..<c.layerCount {
      let prefix = "model.layers.\(index)."
      layers.append(
        LayerLayout(
          inputNorm: norm(prefix + "input_layernorm", d),
          query: linear(prefix + "self_attn.q_proj", c.queryWidth, d, hasBias: c.hasAttentionBiases),
          key: linear(prefix + "self_attn.k_proj", c.keyValueWidth, d, hasBias: c.hasAttentionBiases),
          value: linear(prefix + "self_attn.v_proj", c.keyValueWidth, d, hasBias: c.hasAttentionBiases),
          output: linear(prefix + "self_attn.o_proj", d, c.queryWidth),
          queryNorm: c.hasQueryKeyNorms ? norm(prefix + "self_attn.q_norm", c.headDimension) : nil,
          keyNorm: c.hasQueryKeyNorms ? norm(prefix + "self_attn.k_norm", c.headDimension) : nil,
          postNorm: norm(prefix + "post_attention_layernorm", d),
          gate: linear(prefix + "mlp.gate_proj", c.intermediateSize, d),
          up: linear(prefix + "mlp.up_proj", c.intermediateSize, d),
          down: linear(prefix + "mlp.down_proj", d, c.intermediateSize)))
    }
    finalNorm = norm("model.norm", d)
    head = layer(
      c.tiesWordEmbeddings
        ? embedding : add("lm_head.weight", vocabulary, d, stored: c.vocabularySize, .matrix),
      vocabulary, d)
    (self.tensors, panelCount) = (tensors, panels)
  }

  /// All linear layers, with the head.
  var linearLayers: [LinearLayer] {
    layers.flatMap(\.linearLayers) + [head]
  }
}
