/// An answer of a server, or an event of a stream of it, whose choices have only the next piece, or are missing beside the usage.
/// What another server leaves out is `nil` or empty.
package struct ServerResponse<Part: ResponsePart>: Codable, Sendable, Hashable {
  package var id: String
  package var object: String
  package var created: Int
  package var model: String
  package var systemFingerprint: String?
  package var choices: [Choice]
  package var usage: TokenUsage?
  /// The ids of the prompt's tokens, if they were asked for; completions have them in their choices.
  package var promptTokenIDs: [Int32]?

  package init(id: String, created: Int, model: String, choices: [Choice], usage: TokenUsage? = nil) {
    (self.id, self.created, self.model, self.choices, self.usage) = (id, created, model, choices, usage)
    object = Part.object
  }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: FieldName.self)
    id = try fields.optional("id") ?? ""
    object = try fields.optional("object") ?? Part.object
    created = try fields.optional("created") ?? 0
    model = try fields.optional("model") ?? ""
    systemFingerprint = try fields.optional("system_fingerprint")
    choices = try fields.optional("choices") ?? []
    usage = try fields.optional("usage")
    promptTokenIDs = try fields.optional("prompt_token_ids")
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
    try fields.write("prompt_token_ids", promptTokenIDs)
  }

  /// One of the answers to a request.
  package struct Choice: Codable, Sendable, Hashable {
    package var index: Int
    package var said: Part
    /// `stop`, `length`, `tool_calls` or `content_filter`; `nil` before the last piece of a stream.
    package var finishReason: String?
    package var logprobs: Part.Logprobs?
    /// The ids of the tokens of answer and prompt, if they were asked for.
    package var tokenIDs, promptTokenIDs: [Int32]?

    package init(
      index: Int, said: Part, finishReason: String? = nil, logprobs: Part.Logprobs? = nil,
      tokenIDs: [Int32]? = nil, promptTokenIDs: [Int32]? = nil
    ) {
      (self.index, self.said, self.finishReason) = (index, said, finishReason)
      (self.logprobs, self.tokenIDs, self.promptTokenIDs) = (logprobs, tokenIDs, promptTokenIDs)
    }

    package init(from decoder: any Decoder) throws {
      let fields = try decoder.container(keyedBy: FieldName.self)
      index = try fields.optional("index") ?? 0
      said = try fields.optional(Part.field) ?? Part.nothing
      finishReason = try fields.optional("finish_reason")
      logprobs = try fields.optional("logprobs")
      tokenIDs = try fields.optional("token_ids")
      promptTokenIDs = try fields.optional("prompt_token_ids")
    }

    package func encode(to encoder: any Encoder) throws {
      var fields = encoder.container(keyedBy: FieldName.self)
      try fields.write("index", index)
      try fields.write(Part.field, said)
      try fields.writeAlways("finish_reason", finishReason)
      try fields.writeAlways("logprobs", logprobs)
      try fields.write("token_ids", tokenIDs)
      try fields.write("prompt_token_ids", promptTokenIDs)
    }
  }
}
