import Foundation

/// A directory that `transformers` loads: `config.json`, `model.safetensors`, `tokenizer.json` and what belongs to
/// them.
public enum Checkpoint {
  /// Writes weights and vocabulary into `directory`, which is made if it does not exist.
  public static func write(
    _ weights: Weights, tokenizer: WordTokenizer, to directory: URL
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
    try write(weights, to: directory.appending(path: "model.safetensors"))
  }

  /// Writes the weights alone, under the standard names and in the standard layout.
  public static func write(_ weights: Weights, to file: URL) throws(CheckpointError) {
    let configuration = weights.configuration
    try SafetensorsFile.write(
      configuration.tensors.map { tensor in
        (
          tensor.name, tensor.shape,
          Array(weights.values[tensor.offset...].prefix(tensor.storedRows * tensor.columns))
        )
      }, to: file)
  }

  /// Reads a directory that this or `transformers` wrote, of the Qwen3 architecture in one file.
  public static func read(_ directory: URL) throws(CheckpointError) -> (Weights, WordTokenizer) {
    let configuration = try HuggingFaceConfiguration.read(directory.appending(path: "config.json"))
    let tokenizer = try TokenizerFiles.read(directory.appending(path: "tokenizer.json"))
    guard tokenizer.vocabularySize == configuration.vocabularySize else {
      throw CheckpointError(
        .vocabulary, directory.relativePath,
        "the tokenizer has \(tokenizer.vocabularySize) words, the model \(configuration.vocabularySize)")
    }
    let weights = try read(directory.appending(path: "model.safetensors"), configuration)
    return (weights, tokenizer)
  }

  /// Reads a directory whose vocabulary has to be `tokenizer`'s.
  public static func read(_ directory: URL, for tokenizer: WordTokenizer) throws(CheckpointError) -> Weights {
    let (weights, found) = try read(directory)
    guard found == tokenizer else {
      throw CheckpointError(.vocabulary, directory.relativePath, "its vocabulary is not the built-in one")
    }
    return weights
  }

  /// Reads the weights of a model of `configuration`.
  public static func read(
    _ file: URL, _ configuration: ModelConfiguration
  ) throws(CheckpointError) -> Weights {
    let source = try SafetensorsFile(reading: file)
    func bad(_ what: String) -> CheckpointError { CheckpointError(.tensor, file.relativePath, what) }
    // Every shape is compared before anything is allocated: a configuration may claim any size.
    let tensors = configuration.tensors
    for tensor in tensors {
      guard let stored = source.tensors[tensor.name] else {
        throw bad("the tensor \(tensor.name) is missing")
      }
      guard stored.shape == tensor.shape else {
        throw bad("\(tensor.name) has shape \(stored.shape), not \(tensor.shape)")
      }
    }
    // A tied head may be stored all the same.
    let known = Set(tensors.map(\.name) + ["lm_head.weight"])
    if let extra = source.tensors.keys.filter({ !known.contains($0) }).min() {
      throw bad("the tensor \(extra) is not of this model")
    }
    var weights = Weights(
      configuration: configuration, values: [Float](repeating: 0, count: configuration.elementCount))
    for tensor in tensors {
      let values = try source.floats(of: tensor.name)
      guard values.allSatisfy(\.isFinite) else {
        throw CheckpointError(
          .notFinite, file.relativePath, "\(tensor.name) holds a value that is not finite")
      }
      weights.values.replaceSubrange(tensor.offset..<tensor.offset + values.count, with: values)
    }
    return weights
  }
}
