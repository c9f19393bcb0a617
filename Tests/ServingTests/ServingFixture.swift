import Foundation

@testable import Policy
@testable import Serving

/// A byte-pair vocabulary of 1,505 tokens, and small random models.
enum ServingFixture {
  private static let directory = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../PolicyTests/Fixtures/byte-pairs")

  static let tokenizer = try? Checkpoint.readTokenizer(directory) as? BytePairTokenizer

  /// A model of byte pairs that answers chats by the template of Qwen3.
  static let served = tokenizer.map { tokenizer in
    ServedModel(
      name: "small", model(vocabularySize: tokenizer.vocabularySize), tokenizer, template: .qwen3,
      fingerprint: "random")
  }

  /// A model of a few words.
  static let servedWords: ServedModel? = {
    let words = WordTokenizer(words: ["one", "two", "three", "four", ",", "."])
    return ServedModel(
      name: "words", model(vocabularySize: words.vocabularySize), words, template: nil, fingerprint: "random")
  }()

  /// A model whose weights are large enough that a change of one bit would show.
  static func model(vocabularySize: Int) -> Transformer {
    let configuration = ModelConfiguration(
      vocabularySize: vocabularySize, hiddenSize: 32, layerCount: 2, headCount: 2, keyValueHeadCount: 1,
      headDimension: 16, intermediateSize: 48, maximumPositions: 512)
    var weights = Weights.random(configuration, seed: 7)
    for tensor in configuration.tensors where tensor.kind == .matrix {
      for index in tensor.range { weights.values[index] *= 6 }
    }
    return Transformer(weights: weights)
  }
}
