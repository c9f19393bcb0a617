import Foundation

/// A directory that `transformers` loads: `config.json`, `model.safetensors` or its shards, `tokenizer.json` and what
/// belongs to them.
public enum Checkpoint {
  /// Bytes of tensors in a file, at most; then there are several.
  public static let shardSize = 5_000_000_000

  /// Writes weights and vocabulary into `directory`, which is made if it does not exist.
  ///
  /// `products` are those that the weights were trained by; the metadata of the weights name them unless they are
  /// Troupe's own.
  public static func write(
    _ weights: Weights, tokenizer: WordTokenizer, to directory: URL, shardSize: Int = shardSize,
    products: Products = .own
  ) throws(CheckpointError) {
    do {
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    } catch {
      throw CheckpointError(
        .unwritable, directory.relativePath, "cannot be made: \(error.localizedDescription)")
    }
    let configuration = HuggingFaceConfiguration(weights.configuration, tokenizer: tokenizer)
    for (name, text) in configuration.files + TokenizerFiles(tokenizer).files {
      try CheckpointFiles.write(Data(text.utf8), to: directory.appending(path: name))
    }
    try WeightFiles.write(weights, into: directory, limit: shardSize, metadata: metadata(products))
  }

  private static func metadata(_ products: Products) -> [String: String] {
    var metadata = ["format": "pt"]
    metadata["products"] = products.description
    return metadata
  }

  /// Writes the weights alone, under the standard names and in the standard layout.
  public static func write(
    _ weights: Weights, to file: URL, products: Products = .own
  ) throws(CheckpointError) {
    try WeightFiles.write(
      weights.configuration.tensors, of: weights, to: file, metadata: metadata(products))
  }

  /// Reads a directory that this or `transformers` wrote, of the Qwen3 architecture, in F32, F16 or BF16.
  ///
  /// A byte-pair vocabulary may be smaller than the model's; one of words is as large.
  public static func read(_ directory: URL) throws(CheckpointError) -> (Weights, any Tokenizer) {
    let configuration = try HuggingFaceConfiguration.read(directory.appending(path: "config.json"))
    let tokenizer = try TokenizerFiles.read(directory)
    let (words, size) = (tokenizer.vocabularySize, configuration.vocabularySize)
    guard words == size || words < size && !(tokenizer is WordTokenizer) else {
      throw CheckpointError(
        .vocabulary, directory.relativePath, "the tokenizer has \(words) words, the model \(size)")
    }
    return (try WeightFiles(directory: directory).weights(configuration), tokenizer)
  }

  /// Reads the weights of such a directory, which needs no vocabulary for that.
  public static func readWeights(_ directory: URL) throws(CheckpointError) -> Weights {
    let configuration = try HuggingFaceConfiguration.read(directory.appending(path: "config.json"))
    return try WeightFiles(directory: directory).weights(configuration)
  }

  /// Whether a directory has a vocabulary.
  public static func hasTokenizer(_ directory: URL) -> Bool {
    FileManager.default.fileExists(atPath: directory.appending(path: "tokenizer.json").path)
  }

  /// The token that ends a text, as a directory's `config.json` says: the first, if it names several; `nil` if none.
  public static func endToken(_ directory: URL) throws(CheckpointError) -> Int32? {
    let object = try CheckpointFiles.object(directory.appending(path: "config.json"), .configuration)
    let named = object["eos_token_id"]
    return (named as? Int ?? (named as? [Int])?.first).flatMap { Int32(exactly: $0) }
  }

  /// The tokenizer of a `tokenizer.json`, with a `tokenizer_config.json` that names its special tokens.
  public static func tokenizer(json: Data, settings: Data) throws(CheckpointError) -> any Tokenizer {
    func object(_ data: Data, _ name: String) throws(CheckpointError) -> [String: Any] {
      guard let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
        throw CheckpointError(.vocabulary, name, "is not a JSON object")
      }
      return object
    }
    return try TokenizerFiles.tokenizer(
      object(json, "tokenizer.json"), settings: object(settings, "tokenizer_config.json"), "tokenizer.json")
  }

  /// Reads the weights of a model of `configuration` from one file.
  public static func read(
    _ file: URL, _ configuration: ModelConfiguration
  ) throws(CheckpointError) -> Weights {
    try WeightFiles(file).weights(configuration)
  }
}
