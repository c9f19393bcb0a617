import Foundation

@testable import Policy

/// A byte-pair vocabulary of 1,505 tokens, and small random models over it.
enum ServingFixture {
  private static let directory = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../PolicyTests/Fixtures/byte-pairs")

  static let tokenizer = try? Checkpoint.readTokenizer(directory) as? BytePairTokenizer

  /// A model whose weights are large enough that a change of one bit would show.
  static func model(vocabularySize: Int, maximumPositions: Int = 512) -> Transformer {
    let configuration = ModelConfiguration(
      vocabularySize: vocabularySize, hiddenSize: 32, layerCount: 2, headCount: 2, keyValueHeadCount: 1,
      headDimension: 16, intermediateSize: 48, maximumPositions: maximumPositions)
    var weights = Weights.random(configuration, seed: 7)
    for tensor in configuration.tensors where tensor.kind == .matrix {
      for index in tensor.range { weights.values[index] *= 6 }
    }
    return Transformer(weights: weights)
  }
}
