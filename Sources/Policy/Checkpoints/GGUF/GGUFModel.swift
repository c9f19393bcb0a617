/// A language model in one GGUF file: its configuration, its weights and its tokenizer.
///
/// llama.cpp reorders the rows of queries and keys of the architecture `llama`, because it turns neighbouring pairs by RoPE.
/// They are read in the order of `transformers`.
struct GGUFModel: TensorSource {
  private let file: GGUFFile
  private let architecture: Architecture
  let configuration: ModelConfiguration
  /// The name in the file of each tensor of a checkpoint.
  private let names: [String: String]

  var name: String { file.path }
  var shapes: [String: [Int]] { names.compactMapValues { file.tensors[$0]?.shape }.mapValues(Self.squeezed) }

  init(_ file: GGUFFile) throws(CheckpointError) {
    self.file = file
    let named = file.metadata["general.architecture"]?.text ?? "missing"
    guard let architecture = Architecture(rawValue: named) else {
      let known = Architecture.allCases.map(\.rawValue).joined(separator: ", ")
      throw CheckpointError(
        .configuration, file.path, "general.architecture is \(named), not one of \(known)")
    }
    self.architecture = architecture
    configuration = try Self.configuration(file, architecture)
    var names: [String: String] = [:]
    for name in file.tensors.keys where name != Self.ropeDivisors {
      guard let standard = Self.standardName(of: name) else {
        throw CheckpointError(.tensor, file.path, "the tensor \(name) is not of a model of \(named)")
      }
      names[standard] = name
    }
    self.names = names
  }

  private static func configuration(
    _ file: GGUFFile, _ architecture: Architecture
  ) throws(CheckpointError) -> ModelConfiguration {
    func bad(_ what: String) -> CheckpointError { CheckpointError(.configuration, file.path, what) }
    func value(_ key: String) -> GGUFValue? { file.metadata["\(architecture.rawValue).\(key)"] }
    func integer(_ key: String, _ range: ClosedRange<Int>) throws(CheckpointError) -> Int {
      guard let found = value(key)?.integer else {
        throw bad("\(architecture.rawValue).\(key) is missing or no whole number")
      }
      guard range.contains(found) else {
        throw bad(
          "\(architecture.rawValue).\(key) is \(found), not from \(range.lowerBound) to \(range.upperBound)")
      }
      return found
    }
    let hidden = try integer("embedding_length", 8...65_536)
    let heads = try integer("attention.head_count", 1...1024)
    let keyValueHeads =
      value("attention.head_count_kv") == nil ? heads : try integer("attention.head_count_kv", 1...1024)
    let headDimension =
      value("attention.key_length") == nil ? hidden / heads : try integer("attention.key_length", 8...1024)
    let intermediate = try integer("feed_forward_length", 8...1_000_000)
    guard heads % keyValueHeads == 0 else {
      throw bad("\(keyValueHeads) key-value heads do not divide \(heads)")
    }
    guard hidden % 8 == 0, headDimension % 8 == 0, intermediate % 8 == 0, headDimension >= 8 else {
      throw bad("the widths \(hidden), \(headDimension) and \(intermediate) must be multiples of 8")
    }
    for (key, only) in [("attention.value_length", headDimension), ("rope.dimension_count", headDimension)] {
      let found = value(key)?.integer ?? only
      guard found == only else { throw bad("\(key) is \(found), not \(only), which is not supported") }
    }
    if let type = value("rope.scaling.type")?.text, type != "none" {
      throw bad("RoPE scaling of type \(type) is not supported in GGUF")
    }
    let theta = value("rope.freq_base")?.number ?? 10_000
    let epsilon = value("attention.layer_norm_rms_epsilon")?.number ?? 1e-6
    guard theta >= 1, theta.isFinite, epsilon > 0, epsilon < 1 else {
      throw bad("the base of RoPE, \(theta), or the norm's epsilon, \(epsilon), is out of range")
    }
    var scaling: RopeScaling?
    if file.tensors[ropeDivisors] != nil {
      scaling = try RopeScaling(
        divisors: file.floats(of: ropeDivisors),
        of: RotaryEmbedding.frequencies(half: headDimension / 2, theta: theta))
      if scaling == nil { throw bad("RoPE scaling by \(ropeDivisors) is not that of Llama 3") }
    }
    guard let embedding = file.tensors["token_embd.weight"], embedding.shape.count == 2,
      (1...1_000_000).contains(embedding.shape[0])
    else { throw CheckpointError(.tensor, file.path, "the tensor token_embd.weight is missing or no matrix") }
    var configuration = ModelConfiguration(
      vocabularySize: embedding.shape[0], hiddenSize: hidden,
      layerCount: try integer("block_count", 1...1000), headCount: heads, keyValueHeadCount: keyValueHeads,
      headDimension: headDimension, intermediateSize: intermediate, ropeTheta: theta,
      normEpsilon: Float(epsilon), tiesWordEmbeddings: file.tensors["output.weight"] == nil,
      hasQueryKeyNorms: architecture.hasQueryKeyNorms, hasAttentionBiases: architecture.hasAttentionBiases,
      maximumPositions: try integer("context_length", 1...1_000_000))
    configuration.ropeScaling = scaling
    return configuration
  }

  /// The tensor by whose elements llama.cpp divides RoPE's frequencies.
  private static let ropeDivisors = "rope_freqs.weight"

  // MARK: Tensors

  /// The name in a checkpoint of `transformers` of a tensor of a GGUF file; `nil` if it is of no known model.
  private static func standardName(of name: String) -> String? {
    switch name {
    case "token_embd.weight": return "model.embed_tokens.weight"
    case "output_norm.weight": return "model.norm.weight"
    case "output.weight": return "lm_head.weight"
    default: break
    }
    let parts = name.split(separator: ".")
    guard parts.count == 4, parts[0] == "blk", let layer = Int(parts[1]), "\(layer)" == parts[1],
      parts[3] == "weight" || parts[3] == "bias", let part = layerParts[String(parts[2])]
    else { return nil }
    return "model.layers.\(layer).\(part).\(parts[3])"
  }

  private static let layerParts = [
    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm", "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
  ]

  /// The shape without leading dimensions of size 1, so that a vector has one dimension.
  private static func squeezed(_ shape: [Int]) -> [Int] {
    shape.count > 1 && shape[0] == 1 ? Array(shape.dropFirst()) : shape
  }

  func read(_ tensor: String, into target: inout [Float], at offset: Int) throws(CheckpointError) {
    guard let stored = names[tensor] else {
      throw CheckpointError(.tensor, name, "the tensor \(tensor) is missing")
    }
    try file.read(stored, into: &target, at: offset)
    guard architecture == .llama else { return }
    let heads =
      tensor.contains(".self_attn.q_proj.")
      ? configuration.headCount
      : tensor.contains(".self_attn.k_proj.") ? configuration.keyValueHeadCount : 0
    guard heads > 0, let count = file.tensors[stored]?.count else { return }
    let half = configuration.headDimension / 2
    let width = count / (heads * configuration.headDimension)
    let rows = Array(target[offset..<offset + count])
    for head in 0..<heads {
      for index in 0..<half {
        for part in 0..<2 {
          let to = (head * 2 + part) * half + index
          let from = (head * half + index) * 2 + part
          target.replaceSubrange(
            offset + to * width..<offset + (to + 1) * width, with: rows[from * width..<(from + 1) * width])
        }
      }
    }
  }

  // MARK: Tokenizer

  /// Reads the model's chat template; `nil` if it has none.
  func chatTemplate() throws(CheckpointError) -> ChatTemplate? {
    guard let text = file.metadata["tokenizer.chat_template"]?.text else { return nil }
    let words = file.metadata["tokenizer.ggml.tokens"]?.texts ?? []
    var special: [String: String] = [:]
    for (name, key) in [
      ("bos_token", "bos"), ("eos_token", "eos"), ("unk_token", "unknown"), ("pad_token", "padding"),
    ] {
      guard let id = file.metadata["tokenizer.ggml.\(key)_token_id"]?.integer, words.indices.contains(id)
      else { continue }
      special[name] = words[id]
    }
    do {
      return try ChatTemplate(parsing: text, specialTokens: special)
    } catch {
      throw CheckpointError(.template, name, error.description)
    }
  }

  /// Makes the model's tokenizer.
  func tokenizer() throws(CheckpointError) -> BytePairTokenizer {
    func bad(_ what: String) -> CheckpointError { CheckpointError(.vocabulary, file.path, what) }
    func value(_ key: String) -> GGUFValue? { file.metadata["tokenizer.ggml.\(key)"] }
    guard value("model")?.text == "gpt2" else {
      throw bad("tokenizer.ggml.model is \(value("model")?.text ?? "missing"), not gpt2, which is byte pairs")
    }
    let name = value("pre")?.text ?? "default"
    guard let (split, isNormalized, keepsWholePieces) = Self.splits[name] else {
      throw bad(
        "tokenizer.ggml.pre is \(name), not one of \(Self.splits.keys.sorted().joined(separator: ", "))")
    }
    guard let tokens = value("tokens")?.texts, let merges = value("merges")?.texts else {
      throw bad("tokenizer.ggml.tokens or tokenizer.ggml.merges is missing")
    }
    let types = value("token_type")?.integers ?? Array(repeating: 1, count: tokens.count)
    guard types.count == tokens.count else {
      throw bad("there are \(tokens.count) tokens and \(types.count) types of tokens")
    }
    guard tokens.count <= configuration.vocabularySize else {
      throw bad("the tokenizer has \(tokens.count) tokens, the model \(configuration.vocabularySize)")
    }
    var (vocabulary, added) = ([[UInt8]: Int32](), [BytePairTokenizer.AddedToken]())
    for (id, (text, type)) in zip(tokens, types).enumerated() {
      switch type {
      // Tokens that control, and those that were added by users.
      case 3, 4: added.append(.init(id: Int32(id), text: text, isSpecial: type == 3))
      // Ids that are not used.
      case 5: continue
      default:
        guard let bytes = BytePairFile.bytes(text), vocabulary.updateValue(Int32(id), forKey: bytes) == nil
        else {
          throw bad("token \(id), '\(text)', is twice there or has a character that stands for no byte")
        }
      }
    }
    var pairs: [(first: [UInt8], second: [UInt8])] = []
    for (rank, merge) in merges.enumerated() {
      let parts = merge.split(separator: " ").map(String.init)
      guard parts.count == 2, let first = BytePairFile.bytes(parts[0]),
        let second = BytePairFile.bytes(parts[1])
      else { throw bad("merge \(rank) is not two tokens") }
      pairs.append((first, second))
    }
    func id(_ key: String) -> Int32? {
      value(key)?.integer.flatMap { tokens.indices.contains($0) ? Int32($0) : nil }
    }
    guard let end = id("eos_token_id") else {
      throw bad("tokenizer.ggml.eos_token_id is missing or no token")
    }
    do {
      return try BytePairTokenizer(
        vocabulary: vocabulary, merges: pairs, added: added, endToken: end, beginToken: id("bos_token_id"),
        isNormalized: isNormalized, split: split, keepsWholePieces: keepsWholePieces,
        chatTemplate: file.metadata["tokenizer.chat_template"]?.text)
    } catch {
      throw bad(error.description)
    }
  }

  /// What llama.cpp's names for pre-tokenizers stand for in the models' own `tokenizer.json`.
  private static let splits: [String: (TextSplit, isNormalized: Bool, keepsWholePieces: Bool)] = [
    "smollm": (.gpt2WithDigits, false, false), "gpt-2": (.gpt2, false, false),
    "qwen2": (.qwen, true, false), "llama-bpe": (.llama3, false, true),
  ]
}
