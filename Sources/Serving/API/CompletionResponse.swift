/// The answer to a ``CompletionRequest``, and an event of its stream, whose choices have only the next piece.
package struct CompletionResponse: Codable, Sendable, Hashable {
  /// One answer.
  package struct Choice: Codable, Sendable, Hashable {
    package var index: Int
    package var text: String
    /// `stop` or `length`; `nil` before the last piece of a stream.
    package var finishReason: String?
    package var logprobs: Logprobs?
    /// The ids of the tokens of answer and prompt, if they were asked for.
    package var tokenIDs, promptTokenIDs: [Int32]?

    package init(
      index: Int, text: String, finishReason: String? = nil, logprobs: Logprobs? = nil,
      tokenIDs: [Int32]? = nil,
      promptTokenIDs: [Int32]? = nil
    ) {
      (self.index, self.text, self.finishReason) = (index, text, finishReason)
      (self.logprobs, self.tokenIDs, self.promptTokenIDs) = (logprobs, tokenIDs, promptTokenIDs)
    }

    package init(from decoder: any Decoder) throws {
      let fields = try decoder.container(keyedBy: FieldName.self)
      index = try fields.optional("index") ?? 0
      text = try fields.optional("text") ?? ""
      finishReason = try fields.optional("finish_reason")
      logprobs = try fields.optional("logprobs")
      tokenIDs = try fields.optional("token_ids")
      promptTokenIDs = try fields.optional("prompt_token_ids")
    }

    package func encode(to encoder: any Encoder) throws {
      var fields = encoder.container(keyedBy: FieldName.self)
      try fields.write("index", index)
      try fields.write("text", text)
      try fields.writeAlways("finish_reason", finishReason)
      try fields.writeAlways("logprobs", logprobs)
      try fields.write("token_ids", tokenIDs)
      try fields.write("prompt_token_ids", promptTokenIDs)
    }
  }

  /// The older form of log-probabilities: lists with one element a token.
  package struct Logprobs: Codable, Sendable, Hashable {
    package var tokens: [String]
    package var tokenLogprobs: [Float?]
    /// The likeliest tokens at each place, by their texts.
    package var topLogprobs: [[String: Float]?]?
    /// Where the text of each token begins, in characters (Unicode scalars) from the start of the answer.
    package var textOffset: [Int]?

    package init(
      tokens: [String], tokenLogprobs: [Float?], topLogprobs: [[String: Float]?]?, textOffset: [Int]?
    ) {
      (self.tokens, self.tokenLogprobs) = (tokens, tokenLogprobs)
      (self.topLogprobs, self.textOffset) = (topLogprobs, textOffset)
    }

    package init(from decoder: any Decoder) throws {
      let fields = try decoder.container(keyedBy: FieldName.self)
      tokens = try fields.optional("tokens") ?? []
      tokenLogprobs = try fields.optional("token_logprobs") ?? []
      topLogprobs = try fields.optional("top_logprobs")
      textOffset = try fields.optional("text_offset")
    }

    package func encode(to encoder: any Encoder) throws {
      var fields = encoder.container(keyedBy: FieldName.self)
      try fields.write("tokens", tokens)
      try fields.write("token_logprobs", tokenLogprobs)
      try fields.writeAlways("top_logprobs", topLogprobs)
      try fields.write("text_offset", textOffset)
    }
  }

  package var id: String
  /// `text_completion`.
  package var object: String
  package var created: Int
  package var model: String
  package var systemFingerprint: String?
  package var choices: [Choice]
  package var usage: TokenUsage?

  package init(id: String, created: Int, model: String, choices: [Choice], usage: TokenUsage? = nil) {
    (self.id, self.created, self.model, self.choices, self.usage) = (id, created, model, choices, usage)
    object = "text_completion"
  }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: FieldName.self)
    id = try fields.optional("id") ?? ""
    object = try fields.optional("object") ?? "text_completion"
    created = try fields.optional("created") ?? 0
    model = try fields.optional("model") ?? ""
    systemFingerprint = try fields.optional("system_fingerprint")
    choices = try fields.optional("choices") ?? []
    usage = try fields.optional("usage")
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: FieldName.self)
    try fields.write("id", id)
    try fields.write("object", object)
    try fields.write("created", created)
    try fields.write("model", model)
    try fields.write("system_fingerprint", systemFingerprint)
    try fields.write("choices", choices)
    try fields.write("usage", usage)
  }
}
