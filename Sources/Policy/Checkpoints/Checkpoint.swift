import Foundation

/// Reads and writes directories that `transformers` loads: configuration, weights (in one file or in shards) and
/// tokenizer. Reads llama.cpp's GGUF, which has them all in one file, as well.
public enum Checkpoint {
  /// The most bytes of tensors in one file; larger models are written as several files.
  public static let shardSize = 5_000_000_000

  /// Writes configuration, weights and vocabulary into `directory`, which is made if it does not exist.
  ///
  /// `products` multiplied when the weights were trained. The metadata of the weights name it, unless it is `own`.
  /// - Complexity: O(parameters).
  public static func write(
    _ weights: Weights, tokenizer: any Tokenizer, to directory: URL, shardSize: Int = shardSize,
    products: Products = .own
  ) throws(CheckpointError) {
    try write(
      weights, tokenizer: tokenizer, to: directory, shardSize: shardSize, products: products, frozen: nil)
  }

  /// Writes configuration, weights and vocabulary. The metadata of the weights also name the format in which weights under
  /// adapters are `frozen`; they are written in F32 all the same.
  package static func write(
    _ weights: Weights, tokenizer: any Tokenizer, to directory: URL, shardSize: Int = shardSize,
    products: Products = .own, frozen: FrozenWeights.Format?
  ) throws(CheckpointError) {
    try CheckpointFiles.makeDirectory(directory)
    var files = HuggingFaceConfiguration.files(weights.configuration, tokenizer)
    switch tokenizer {
    case let words as WordTokenizer: files += TokenizerFiles.files(words)
    case let pairs as BytePairTokenizer: files += BytePairFile.files(pairs)
    default:
      throw CheckpointError(
        .unwritable, directory.relativePath,
        "has no file for a tokenizer that is neither of words nor of byte pairs")
    }
    for (name, text) in files {
      try CheckpointFiles.write(Data(text.utf8), to: directory.appending(path: name))
    }
    try WeightFiles.write(weights, into: directory, limit: shardSize, metadata: metadata(products, frozen))
  }

  private static func metadata(_ products: Products, _ frozen: FrozenWeights.Format?) -> [String: String] {
    var metadata = ["format": "pt"]
    metadata["products"] = products.description
    metadata[frozenKey] = frozen?.rawValue
    return metadata
  }

  private static let frozenKey = "troupe.frozen"

  /// The format in which weights are frozen under adapters, as the metadata of a directory's weights say; `nil` for float32,
  /// and for a file of llama.cpp.
  package static func frozenFormat(_ place: URL) throws(CheckpointError) -> FrozenWeights.Format? {
    if isFile(place) { return nil }
    let files = try WeightFiles(directory: place)
    guard let name = files.metadata[frozenKey] else { return nil }
    guard let format = FrozenWeights.Format(rawValue: name) else {
      throw CheckpointError(.configuration, files.name, "the frozen format \(name) is not known")
    }
    return format
  }

  /// Writes only the weights into one file, under the standard names and in the standard layout.
  public static func write(
    _ weights: Weights, to file: URL, products: Products = .own
  ) throws(CheckpointError) {
    try write(weights, to: file, products: products, frozen: nil)
  }

  /// Writes only the weights. The metadata also name the format in which weights under adapters are `frozen`.
  package static func write(
    _ weights: Weights, to file: URL, products: Products = .own, frozen: FrozenWeights.Format?
  ) throws(CheckpointError) {
    try WeightFiles.write(
      weights.configuration.tensors, of: weights, to: file, metadata: metadata(products, frozen))
  }

  /// Reads a model in F32, F16 or BF16 from a directory which this library or `transformers` wrote, or from a GGUF file.
  ///
  /// The architectures are Llama, Qwen2 and Qwen3. A byte-pair vocabulary may be smaller than the model's; a vocabulary of words
  /// must have the same size. GGUF may be quantized as Q8_0, Q4_0, Q4_1, Q4_K or Q6_K as well.
  /// - Throws: ``CheckpointError``, which names the file and what is wrong with it.
  /// - Complexity: O(parameters).
  public static func read(_ place: URL) throws(CheckpointError) -> (Weights, any Tokenizer) {
    if isFile(place) {
      let model = try GGUFModel(GGUFFile(reading: place))
      let tokenizer = try model.tokenizer()
      return (try model.weights(model.configuration), tokenizer)
    }
    let configuration = try HuggingFaceConfiguration.read(place.appending(path: "config.json"))
    let tokenizer = try TokenizerFiles.read(place)
    let (words, size) = (tokenizer.vocabularySize, configuration.vocabularySize)
    guard words == size || words < size && !(tokenizer is WordTokenizer) else {
      throw CheckpointError(
        .vocabulary, place.relativePath, "the tokenizer has \(words) words, the model \(size)")
    }
    return (try WeightFiles(directory: place).weights(configuration), tokenizer)
  }

  /// Reads only the tokenizer of such a directory or file.
  package static func readTokenizer(_ place: URL) throws(CheckpointError) -> any Tokenizer {
    isFile(place) ? try GGUFModel(GGUFFile(reading: place)).tokenizer() : try TokenizerFiles.read(place)
  }

  /// Reads only the chat template of such a directory or file; `nil` if it has none.
  package static func chatTemplate(_ place: URL) throws(CheckpointError) -> ChatTemplate? {
    isFile(place) ? try GGUFModel(GGUFFile(reading: place)).chatTemplate() : try ChatTemplate.read(place)
  }

  /// Reads only the shape of the model of such a directory or file.
  package static func readConfiguration(_ place: URL) throws(CheckpointError) -> ModelConfiguration {
    isFile(place)
      ? try GGUFModel(GGUFFile(reading: place)).configuration
      : try HuggingFaceConfiguration.read(place.appending(path: "config.json"))
  }

  /// Reads the weights of such a directory or file, which needs no vocabulary for that.
  public static func readWeights(_ place: URL) throws(CheckpointError) -> Weights {
    if isFile(place) {
      let model = try GGUFModel(GGUFFile(reading: place))
      return try model.weights(model.configuration)
    }
    let configuration = try HuggingFaceConfiguration.read(place.appending(path: "config.json"))
    return try WeightFiles(directory: place).weights(configuration)
  }

  /// Whether the place of a model is one file, and no directory.
  private static func isFile(_ place: URL) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: place.path, isDirectory: &isDirectory)
      && !isDirectory.boolValue
  }

  /// Whether a directory or file has a vocabulary.
  package static func hasTokenizer(_ directory: URL) -> Bool {
    isFile(directory)
      || FileManager.default.fileExists(atPath: directory.appending(path: "tokenizer.json").path)
  }

  /// The token that ends a text, as a directory's `config.json` says: the first, if it names several; `nil` if none.
  package static func endToken(_ directory: URL) throws(CheckpointError) -> Int32? {
    if isFile(directory) { return try readTokenizer(directory).endToken }
    let object = try CheckpointFiles.object(directory.appending(path: "config.json"), .configuration)
    let named = object["eos_token_id"]
    return (named as? Int ?? (named as? [Int])?.first).flatMap { Int32(exactly: $0) }
  }

  /// Reads a tokenizer from the text of `tokenizer.json` and of `tokenizer_config.json`, which names the special
  /// tokens.
  package static func tokenizer(json: Data, settings: Data) throws(CheckpointError) -> any Tokenizer {
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
  package static func read(
    _ file: URL, _ configuration: ModelConfiguration
  ) throws(CheckpointError) -> Weights {
    try WeightFiles(file).weights(configuration)
  }
}
