/// A model ready to run: weights, and what is derived from them.
///
/// Immutable and shared between threads; each thread brings its own ``ForwardPass``.
public final class Transformer: Sendable {
  public let weights: Weights
  public let products: Products
  let rotary: RotaryEmbedding
  let attention: Attention
  let layout: ModelLayout

  public var configuration: ModelConfiguration { weights.configuration }

  public init(weights: Weights, products: Products = .own) {
    self.weights = weights
    self.products = products
    rotary = RotaryEmbedding(weights.configuration)
    attention = Attention(weights.configuration)
    layout = ModelLayout(weights.configuration)
  }
}
