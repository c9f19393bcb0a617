import Foundation

/// `config.json` and `generation_config.json` of the Qwen3 architecture.
enum HuggingFaceConfiguration {
  /// Names and texts; the same text for the same model.
  static func files(_ model: ModelConfiguration, _ tokenizer: WordTokenizer) -> [(String, String)] {
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
    let object = try CheckpointFiles.object(url, .configuration)
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
    // These settings would change the arithmetic and are not implemented.
    for (key, only) in [("attention_bias", false), ("use_sliding_window", false)] {
      let value = object[key] as? Bool ?? only
      guard value == only else { throw bad("\(key) is \(value), which is not supported") }
    }
    let activation = object["hidden_act"] as? String ?? "silu"
    guard activation == "silu" else { throw bad("hidden_act is \(activation), not silu") }
    let hidden = try integer("hidden_size", 8...65_536)
    let heads = try integer("num_attention_heads", 1...1024)
    let keyValueHeads = try integer("num_key_value_heads", 1...1024)
    let headDimension = object["head_dim"] == nil ? 128 : try integer("head_dim", 8...1024)
    let intermediate = try integer("intermediate_size", 8...1_000_000)
    guard heads % keyValueHeads == 0 else {
      throw bad("\(keyValueHeads) key-value heads do not divide \(heads)")
    }
    guard hidden % 8 == 0, headDimension % 8 == 0, intermediate % 8 == 0 else {
      throw bad(
        "hidden_size \(hidden), head_dim \(headDimension) and intermediate_size \(intermediate) must be multiples of 8"
      )
    }
    // `transformers` 5 writes the rotary base into an object of its own.
    let rope = object["rope_parameters"] as? [String: Any] ?? object["rope_scaling"] as? [String: Any]
    let scaling = (rope?["rope_type"] ?? rope?["type"]) as? String ?? "default"
    guard scaling == "default" else { throw bad("RoPE scaling of type \(scaling) is not supported") }
    let theta = (object["rope_theta"] ?? rope?["rope_theta"]) as? Double ?? 10_000
    let epsilon = object["rms_norm_eps"] as? Double ?? 1e-6
    guard theta >= 1, theta.isFinite, epsilon > 0, epsilon < 1 else {
      throw bad("rope_theta \(theta) or rms_norm_eps \(epsilon) is out of range")
    }
    return ModelConfiguration(
      vocabularySize: try integer("vocab_size", 1...1_000_000), hiddenSize: hidden,
      layerCount: try integer("num_hidden_layers", 1...1000), headCount: heads,
      keyValueHeadCount: keyValueHeads, headDimension: headDimension, intermediateSize: intermediate,
      ropeTheta: theta, normEpsilon: Float(epsilon),
      tiesWordEmbeddings: object["tie_word_embeddings"] as? Bool ?? false,
      maximumPositions: try integer("max_position_embeddings", 1...1_000_000))
  }
}
