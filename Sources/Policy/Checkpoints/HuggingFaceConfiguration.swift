import Foundation

/// `config.json` and `generation_config.json` of the architectures of ``Architecture``.
enum HuggingFaceConfiguration {
  /// Names and texts; the same text for the same model.
  static func files(_ model: ModelConfiguration, _ tokenizer: any Tokenizer) -> [(String, String)] {
    let architecture = model.architecture ?? .qwen3
    let begin = tokenizer.beginToken.map { "\($0)" } ?? (tokenizer is WordTokenizer ? "0" : "null")
    let pad = (tokenizer as? WordTokenizer)?.padToken ?? tokenizer.endToken
    let special = """
      "bos_token_id": \(begin),
        "eos_token_id": \(tokenizer.endToken),
        "pad_token_id": \(pad)
      """
    let config = """
      {
        "architectures": ["\(architecture.className)"],
        "model_type": "\(architecture.rawValue)",
        "torch_dtype": "float32",
        "hidden_act": "silu",
        "attention_bias": \(model.hasAttentionBiases),
        "use_sliding_window": false,
        "vocab_size": \(model.vocabularySize),
        "hidden_size": \(model.hiddenSize),
        "intermediate_size": \(model.intermediateSize),
        "num_hidden_layers": \(model.layerCount),
        "num_attention_heads": \(model.headCount),
        "num_key_value_heads": \(model.keyValueHeadCount),
        "head_dim": \(model.headDimension),
        "rope_theta": \(model.ropeTheta),\(scaling(model.ropeScaling))
        "rms_norm_eps": \(model.normEpsilon),
        "max_position_embeddings": \(model.maximumPositions),
        "tie_word_embeddings": \(model.tiesWordEmbeddings),
        \(special)
      }

      """
    return [("config.json", config), ("generation_config.json", "{\n  \(special)\n}\n")]
  }

  private static func scaling(_ scaling: RopeScaling?) -> String {
    guard let scaling else { return "" }
    return """

          "rope_scaling": {
            "rope_type": "llama3",
            "factor": \(scaling.factor),
            "low_freq_factor": \(scaling.lowFrequencyFactor),
            "high_freq_factor": \(scaling.highFrequencyFactor),
            "original_max_position_embeddings": \(scaling.originalPositions)
          },
      """
  }

  /// The configuration that a `config.json` describes.
  static func read(_ url: URL) throws(CheckpointError) -> ModelConfiguration {
    let file = url.relativePath
    func bad(_ what: String) -> CheckpointError { CheckpointError(.configuration, file, what) }
    let object = try CheckpointFiles.object(url, .configuration)
    guard let architecture = (object["model_type"] as? String).flatMap(Architecture.init) else {
      let known = Architecture.allCases.map(\.rawValue).joined(separator: ", ")
      throw bad("model_type is \(object["model_type"] ?? "missing"), not one of \(known)")
    }
    func integer(_ key: String, _ range: ClosedRange<Int>) throws(CheckpointError) -> Int {
      guard let value = object[key] as? Int else { throw bad("\(key) is missing or no whole number") }
      guard range.contains(value) else {
        throw bad("\(key) is \(value), not from \(range.lowerBound) to \(range.upperBound)")
      }
      return value
    }
    // These settings would change the arithmetic and are not implemented.
    let absent = [
      ("attention_bias", architecture.hasAttentionBiases), ("mlp_bias", false), ("use_sliding_window", false),
    ]
    for (key, only) in absent {
      let value = object[key] as? Bool ?? only
      guard value == only else { throw bad("\(key) is \(value), which is not supported") }
    }
    let activation = object["hidden_act"] as? String ?? "silu"
    guard activation == "silu" else { throw bad("hidden_act is \(activation), not silu") }
    let hidden = try integer("hidden_size", 8...65_536)
    let heads = try integer("num_attention_heads", 1...1024)
    let keyValueHeads = try integer("num_key_value_heads", 1...1024)
    // `transformers` takes 128 for Qwen3 if it is not told, and otherwise divides the width among the heads.
    let isGiven = object["head_dim"].map { !($0 is NSNull) } ?? false
    let usual = architecture == .qwen3 ? 128 : hidden / heads
    let headDimension = isGiven ? try integer("head_dim", 8...1024) : usual
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
    let own = object["rope_parameters"] as? [String: Any]
    let rope = own ?? object["rope_scaling"] as? [String: Any] ?? [:]
    let theta = (object["rope_theta"] ?? rope["rope_theta"]) as? Double ?? 10_000
    var scaling: RopeScaling?
    switch (rope["rope_type"] ?? rope["type"]) as? String ?? "default" {
    case "default": break
    case "llama3":
      guard let factor = rope["factor"] as? Double, let low = rope["low_freq_factor"] as? Double,
        let high = rope["high_freq_factor"] as? Double, factor >= 1, low > 0, high > low,
        let positions = rope["original_max_position_embeddings"] as? Int, (1...1_000_000).contains(positions)
      else { throw bad("the RoPE scaling of type llama3 lacks a value, or has one that is out of range") }
      scaling = RopeScaling(
        factor: factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalPositions: positions)
    case let other: throw bad("RoPE scaling of type \(other) is not supported")
    }
    let epsilon = object["rms_norm_eps"] as? Double ?? 1e-6
    guard theta >= 1, theta.isFinite, epsilon > 0, epsilon < 1 else {
      throw bad("rope_theta \(theta) or rms_norm_eps \(epsilon) is out of range")
    }
    var configuration = ModelConfiguration(
      vocabularySize: try integer("vocab_size", 1...1_000_000), hiddenSize: hidden,
      layerCount: try integer("num_hidden_layers", 1...1000), headCount: heads,
      keyValueHeadCount: keyValueHeads, headDimension: headDimension, intermediateSize: intermediate,
      ropeTheta: theta, normEpsilon: Float(epsilon),
      tiesWordEmbeddings: object["tie_word_embeddings"] as? Bool ?? false,
      hasQueryKeyNorms: architecture.hasQueryKeyNorms, hasAttentionBiases: architecture.hasAttentionBiases,
      maximumPositions: try integer("max_position_embeddings", 1...1_000_000))
    configuration.ropeScaling = scaling
    return configuration
  }
}
