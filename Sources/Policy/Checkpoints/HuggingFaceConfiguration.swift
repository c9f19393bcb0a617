import Foundation

/// `config.json` and `generation_config.json` of the Qwen3 architecture.
struct HuggingFaceConfiguration {
  private let model: ModelConfiguration
  private let tokenizer: WordTokenizer

  init(_ model: ModelConfiguration, tokenizer: WordTokenizer) {
    self.model = model
    self.tokenizer = tokenizer
  }

  /// Names and texts; the same text for the same model.
  var files: [(String, String)] {
    let special = """
      "bos_token_id": \(tokenizer.beginToken ?? 0),
        "eos_token_id": \(tokenizer.endToken),
        "pad_token_id": \(tokenizer.padToken)
      """
    let config = """
      {
        "architectures": ["Qwen3ForCausalLM"],
        "model_type": "qwen3",
        "torch_dtype": "float32",
        "hidden_act": "silu",
        "attention_bias": false,
        "use_sliding_window": false,
        "vocab_size": \(model.vocabularySize),
        "hidden_size": \(model.hiddenSize),
        "intermediate_size": \(model.intermediateSize),
        "num_hidden_layers": \(model.layerCount),
        "num_attention_heads": \(model.headCount),
        "num_key_value_heads": \(model.keyValueHeadCount),
        "head_dim": \(model.headDimension),
        "rope_theta": \(model.ropeTheta),
        "rms_norm_eps": \(model.normEpsilon),
        "max_position_embeddings": \(model.maximumPositions),
        "tie_word_embeddings": \(model.tiesWordEmbeddings),
        \(special)
      }

      """
    return [("config.json", config), ("generation_config.json", "{\n  \(special)\n}\n")]
  }

  /// The architecture that a `config.json` describes.
  static func read(_ url: URL) throws(CheckpointError) -> ModelConfiguration {
    let file = url.relativePath
    func bad(_ what: String) -> CheckpointError { CheckpointError(.configuration, file, what) }
    guard let data = try? Data(contentsOf: url) else {
      throw CheckpointError(.unreadable, file, "cannot be read")
    }
    guard let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
      throw bad("is not a JSON object")
    }
    guard object["model_type"] as? String == "qwen3" else {
      throw bad("model_type is \(object["model_type"] ?? "missing"), not qwen3")
    }
    func integer(_ key: String, _ range: ClosedRange<Int>) throws(CheckpointError) -> Int {
      guard let value = object[key] as? Int else { throw bad("\(key) is missing or no whole number") }
      guard range.contains(value) else {
        throw bad("\(key) is \(value), not from \(range.lowerBound) to \(range.upperBound)")
      }
      return value
    }
    let hidden = try integer("hidden_size", 8...65_536)
    let heads = try integer("num_attention_heads", 1...1024)
    let keyValueHeads = try integer("num_key_value_heads", 1...1024)
    let headDimension = try integer("head_dim", 8...1024)
    guard heads % keyValueHeads == 0 else {
      throw bad("\(keyValueHeads) key-value heads do not divide \(heads)")
    }
    guard hidden % 8 == 0, headDimension % 8 == 0 else {
      throw bad("hidden_size \(hidden) and head_dim \(headDimension) must be multiples of 8")
    }
    // `transformers` 5 writes the rotary base into an object of its own.
    let rope = object["rope_parameters"] as? [String: Any]
    return ModelConfiguration(
      vocabularySize: try integer("vocab_size", 1...1_000_000), hiddenSize: hidden,
      layerCount: try integer("num_hidden_layers", 1...1000), headCount: heads,
      keyValueHeadCount: keyValueHeads,
      headDimension: headDimension, intermediateSize: try integer("intermediate_size", 8...1_000_000),
      ropeTheta: (object["rope_theta"] ?? rope?["rope_theta"]) as? Double ?? 10_000,
      normEpsilon: Float(object["rms_norm_eps"] as? Double ?? 1e-6),
      tiesWordEmbeddings: object["tie_word_embeddings"] as? Bool ?? false,
      maximumPositions: try integer("max_position_embeddings", 1...10_000_000))
  }
}
