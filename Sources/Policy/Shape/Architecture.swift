/// The published architectures that are run, trained and written back. The raw value is the `model_type` of `config.json`.
package enum Architecture: String, Sendable, Hashable, CaseIterable {
  case llama, qwen2, qwen3

  /// Whether queries and keys are normed, each head by itself.
  package var hasQueryKeyNorms: Bool { self == .qwen3 }
  /// Whether queries, keys and values have biases.
  package var hasAttentionBiases: Bool { self == .qwen2 }
  /// The class of `transformers`.
  package var className: String {
    switch self {
    case .llama: "LlamaForCausalLM"
    case .qwen2: "Qwen2ForCausalLM"
    case .qwen3: "Qwen3ForCausalLM"
    }
  }
}
