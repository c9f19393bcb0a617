import Synchronization

/// A model that is ready to run: weights, and what is derived from them.
///
/// It does not change, and threads share it. Each thread has its own `ForwardPass`.
public final class Transformer: Sendable {
  public let weights: Weights
  package let products: Products
  let rotary: RotaryEmbedding
  let attention: Attention
  let layout: ModelLayout
  private let panels = Mutex<PackedMatrices?>(nil)

  public var configuration: ModelConfiguration { weights.configuration }

  public init(weights: Weights, products: Products = .own) {
    self.weights = weights
    self.products = products
    rotary = RotaryEmbedding(weights.configuration)
    attention = Attention(weights.configuration)
    layout = ModelLayout(weights.configuration)
  }

  /// Returns the matrices as panels, which `team` packs for the first caller; `nil` if the model is not to be packed.
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
