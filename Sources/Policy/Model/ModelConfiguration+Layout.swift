extension ModelConfiguration {
  /// Every tensor in the order of the flat buffer. O(layers).
  public var tensors: [TensorSpecification] { ModelLayout(self).tensors }

  /// The number of elements of the flat buffer, padding included.
  public var elementCount: Int { tensors.last?.range.upperBound ?? 0 }

  /// The number of trained numbers: what checkpoints hold.
  public var parameterCount: Int { tensors.reduce(0) { $0 + $1.storedRows * $1.columns } }

  /// Whether one pass is worth several threads: then they share a pass, else each has passes of its own.
  var isLarge: Bool { matrixElements > 16_000_000 }

  /// Floating-point operations of one token's products in a forward pass at `position`: two a weight, the head's
  /// included, and four a key of every head's dimension.
  public func forwardOperations(position: Int) -> Double {
    2 * Double(matrixElements + layerCount * 2 * queryWidth * (position + 1))
  }

  private var matrixElements: Int {
    let layer = 2 * hiddenSize * (queryWidth + keyValueWidth) + 3 * hiddenSize * intermediateSize
    return layerCount * layer + hiddenSize * paddedVocabularySize
  }
}
