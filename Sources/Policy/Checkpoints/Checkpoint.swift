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
        let layout = CheckpointLayout(tensor, configuration)
        return (tensor.name, layout.shape, layout.exported(Array(weights.values[tensor.range])))
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
    let layouts = configuration.tensors.map { (tensor: $0, layout: CheckpointLayout($0, configuration)) }
    for (tensor, layout) in layouts {
      guard let stored = source.tensors[tensor.name] else {
        throw bad("the tensor \(tensor.name) is missing")
      }
      guard stored.shape == layout.shape else {
        throw bad("\(tensor.name) has shape \(stored.shape), not \(layout.shape)")
      }
    }
    // A tied head may be stored all the same.
    let known = Set(layouts.map(\.tensor.name) + ["lm_head.weight"])
    if let extra = source.tensors.keys.filter({ !known.contains($0) }).min() {
      throw bad("the tensor \(extra) is not of this model")
    }
    var weights = Weights(
      configuration: configuration, values: [Float](repeating: 0, count: configuration.elementCount))
    for (tensor, layout) in layouts {
      let values = try source.floats(of: tensor.name)
      guard values.allSatisfy(\.isFinite) else {
        throw CheckpointError(
          .notFinite, file.relativePath, "\(tensor.name) holds a value that is not finite")
      }
      weights.values.replaceSubrange(tensor.range, with: layout.imported(values))
    }
    return weights
  }
}

/// How a tensor of ours lies in a checkpoint: linear layers transposed, the vocabulary without its padding.
private struct CheckpointLayout {
  private let tensor: TensorSpecification
  /// Rows and columns of ours that are kept.
  private let rows: Int
  private let columns: Int

  init(_ tensor: TensorSpecification, _ configuration: ModelConfiguration) {
    self.tensor = tensor
    let isEmbedding = tensor.name == "model.embed_tokens.weight"
    let isHead = tensor.name == "lm_head.weight"
    rows = isEmbedding ? configuration.vocabularySize : tensor.rows
    columns = isHead ? configuration.vocabularySize : tensor.columns
  }

  var shape: [Int] { tensor.isVector ? [columns] : tensor.isTransposed ? [columns, rows] : [rows, columns] }

  func exported(_ values: [Float]) -> [Float] {
    tensor.isTransposed
      ? (0..<columns).flatMap { column in (0..<rows).map { values[$0 * tensor.columns + column] } }
      : (0..<rows).flatMap { row in values[row * tensor.columns..<row * tensor.columns + columns] }
  }

  func imported(_ values: [Float]) -> [Float] {
    var result = [Float](repeating: 0, count: tensor.count)
    for row in 0..<rows {
      for column in 0..<columns {
        result[row * tensor.columns + column] =
          tensor.isTransposed ? values[column * rows + row] : values[row * columns + column]
      }
    }
    return result
  }
}
