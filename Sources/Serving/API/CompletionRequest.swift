import Messaging

/// The body of `POST /v1/completions`.
package struct CompletionRequest: Codable, Sendable, Hashable {
  /// A text, or the ids of its tokens.
  package enum Prompt: Codable, Sendable, Hashable {
    case text(String)
    case tokens([Int32])

    package init(from decoder: any Decoder) throws {
      let one = try decoder.singleValueContainer()
      if let text = try? one.decode(String.self) {
        self = .text(text)
      } else if let tokens = try? one.decode([Int32].self) {
        self = .tokens(tokens)
      } else if let texts = try? one.decode([String].self), texts.count == 1 {
        self = .text(texts[0])
      } else if let lists = try? one.decode([[Int32]].self), lists.count == 1 {
        self = .tokens(lists[0])
      } else {
        throw DecodingError.dataCorruptedError(
          in: one,
          debugDescription: "is neither a text nor a list of token ids; several prompts are several requests")
      }
    }

    package func encode(to encoder: any Encoder) throws {
      var one = encoder.singleValueContainer()
      switch self {
      case .text(let text): try one.encode(text)
      case .tokens(let tokens): try one.encode(tokens)
      }
    }
  }

  package var settings: GenerationSettings
  package var prompt: Prompt
  /// Says the log-probability of each token, and so many of the likeliest at each place.
  package var logprobs: Int?

  package init(model: String, prompt: Prompt) {
    settings = GenerationSettings(model: model)
    self.prompt = prompt
  }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.fields(GenerationSettings.names + NeutralFields.names + ["prompt", "logprobs"])
    try NeutralFields.check(fields)
    settings = try GenerationSettings(fields)
    prompt = try fields.needed("prompt")
    logprobs = try fields.optional("logprobs")
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: FieldName.self)
    try settings.write(to: &fields)
    try fields.write("prompt", prompt)
    try fields.write("logprobs", logprobs)
  }
}
