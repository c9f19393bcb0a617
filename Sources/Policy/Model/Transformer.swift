import Synchronization

/// A model that is ready to run: weights, and what is derived from them.
///
/// It does not change, and threads share it. Each thread has its own `ForwardPass`.
public final class Transformer: Sendable {
  /// The weights in float32, or those that do not learn, with the adapter beside them; one of the two is `nil`.
  let whole: Weights?
  let frozen: FrozenWeights?
  let adapter: AdapterPanels?
  public let configuration: ModelConfiguration
  package let products: Products
  let rotary: RotaryEmbedding
  let attention: Attention
  let layout: ModelLayout
  private let panels = Mutex<PackedMatrices?>(nil)

  /// The weights in float32, without an adapter that is not merged.
  /// - Complexity: O(1), or O(parameters) if they are frozen.
  public var weights: Weights {
    if let whole { return whole }
    guard let frozen else { preconditionFailure("a model without weights") }
    return frozen.weights
  }

  public init(weights: Weights, products: Products = .own) {
    (whole, frozen, adapter) = (weights, nil, nil)
    self.products = products
    configuration = weights.configuration
    rotary = RotaryEmbedding(weights.configuration)
    attention = Attention(weights.configuration)
    layout = ModelLayout(weights.configuration)
  }

  /// Makes a model of weights that do not learn, with an adapter beside them.
  /// - Complexity: O(the adapter's numbers).
  /// - Precondition: the adapter is one of the same configuration.
  package init(frozen weights: FrozenWeights, adapter: Adapter? = nil) {
    precondition(adapter.map { $0.configuration == weights.configuration } ?? true)
    (whole, frozen) = (nil, weights)
    self.adapter = adapter.map { AdapterPanels($0, weights.layout) }
    products = .own
    configuration = weights.configuration
    rotary = RotaryEmbedding(weights.configuration)
    attention = Attention(weights.configuration)
    layout = weights.layout
  }

  /// Calls `body` with the flat buffer that ``layout`` describes.
  func withValues(_ body: (Floats) -> Void) {
    let values = whole?.values ?? frozen?.vectors
    values?.withUnsafeBufferPointer { values in
      guard let start = values.baseAddress else { return }
      body(start)
    }
  }

  /// Writes the embeddings of `tokens`, (tokens, hiddenSize), to `target`. `values` is the flat buffer.
  func embed(_ tokens: [Int32], _ values: Floats, to target: MutableFloats) {
    let size = configuration.hiddenSize
    if let embedding = frozen?.embedding {
      for (row, token) in tokens.enumerated() { embedding.copyRow(Int(token), to: target + row * size) }
    } else {
      for (row, token) in tokens.enumerated() {
        (target + row * size).update(from: values + layout.embedding + Int(token) * size, count: size)
      }
    }
  }

  /// Returns the matrices as panels, which `team` packs for the first caller; `nil` if the model is not to be packed. Frozen
  /// matrices are panels as they are.
  func packed(by team: WorkTeam) -> PackedMatrices? {
    panels.withLock { panels in
      if panels == nil { panels = PackedMatrices(self, team: team) }
      return panels
    }
  }

  /// Returns the logits of the token after each position of `tokens`, (tokens, vocabularySize), by one forward pass.
  ///
  /// The result does not depend on `threads`.
  /// - Throws: ``GenerationError`` if there are no tokens or too many, or if one is outside the vocabulary.
  public func logits(of tokens: [Int32], threads: Int = 1) throws(GenerationError) -> [[Float]] {
    let c = configuration
    guard !tokens.isEmpty else { throw .emptyPrompt }
    guard tokens.count <= c.maximumPositions else {
      throw .promptTooLong(count: tokens.count, maximum: c.maximumPositions)
    }
    if let token = tokens.first(where: { !(0..<Int32(c.vocabularySize)).contains($0) }) {
      throw .tokenOutsideVocabulary(token, vocabularySize: c.vocabularySize)
    }
    let pass = ForwardPass(self, keepsActivations: false, team: WorkTeam(threads: c.isLarge ? threads : 1))
    var rows = Rows()
    rows.append(tokens, predicting: tokens.count)
    pass.run(rows)
    return tokens.indices.map { position in
      let row = pass.logits.pointer + position * c.paddedVocabularySize
      return Array(UnsafeBufferPointer(start: row, count: c.vocabularySize))
    }
  }
}
