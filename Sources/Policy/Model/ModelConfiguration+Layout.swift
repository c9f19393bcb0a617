extension ModelConfiguration {
  /// All tensors, in the order of the flat buffer.
  /// - Complexity: O(layers).
  public var tensors: [TensorSpecification] { ModelLayout(self).tensors }

  /// The number of elements of the flat buffer, with padding.
  package var elementCount: Int { tensors.last?.range.upperBound ?? 0 }

  /// The number of trained numbers, which are those in a checkpoint.
  public var parameterCount: Int { tensors.reduce(0) { $0 + $1.storedRows * $1.columns } }

  /// Whether several threads share one pass. In a smaller model each thread has passes of its own.
  var isLarge: Bool { matrixElements > 16_000_000 }

  /// Returns the floating-point operations of one token's products in a forward pass at `position`: two for each
  /// weight, those of the head included, and four for each key and dimension of every query head.
  package func forwardOperations(position: Int) -> Double {
    2 * Double(matrixElements + layerCount * 2 * queryWidth * (position + 1))
  }

  private var matrixElements: Int {
    let layer = 2 * hiddenSize * (queryWidth + keyValueWidth) + 3 * hiddenSize * intermediateSize
    return layerCount * layer + hiddenSize * paddedVocabularySize
  }
}
