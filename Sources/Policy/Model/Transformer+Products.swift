extension Transformer {
  /// A model whose matrices are multiplied by `products`.
  public convenience init(weights: Weights, products: Products = .own) {
    let plan = products == .own ? BlockPlan(probing: weights.configuration) : BlockPlan.unrestricted
    self.init(weights: weights, plan: plan)
  }
}
