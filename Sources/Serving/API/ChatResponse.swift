/// The answer to a ``ChatRequest``. What another server leaves out is `nil` or empty.
package struct ChatResponse: Codable, Sendable, Hashable {
  /// One answer.
  package struct Choice: Codable, Sendable, Hashable {
    package var index: Int
    package var message: Message
    /// `stop`, `length`, `tool_calls` or `content_filter`.
    package var finishReason: String?
    package var logprobs: TokenLogprobs?
    /// The ids of the answer's tokens, if they were asked for.
    package var tokenIDs: [Int32]?

    package init(
      index: Int, message: Message, finishReason: String?, logprobs: TokenLogprobs? = nil,
      tokenIDs: [Int32]? = nil
    ) {
      (self.index, self.message, self.finishReason) = (index, message, finishReason)
      (self.logprobs, self.tokenIDs) = (logprobs, tokenIDs)
    }

    package init(from decoder: any Decoder) throws {
      let fields = try decoder.container(keyedBy: FieldName.self)
      index = try fields.optional("index") ?? 0
      message = try fields.optional("message") ?? Message(role: nil, content: nil)
      finishReason = try fields.optional("finish_reason")
      logprobs = try fields.optional("logprobs")
      tokenIDs = try fields.optional("token_ids")
    }

    package func encode(to encoder: any Encoder) throws {
      var fields = encoder.container(keyedBy: FieldName.self)
      try fields.write("index", index)
      try fields.write("message", message)
      try fields.writeAlways("finish_reason", finishReason)
      try fields.writeAlways("logprobs", logprobs)
      try fields.write("token_ids", tokenIDs)
    }
  }

  /// What was said, or a piece of it in a stream.
  package struct Message: Codable, Sendable, Hashable {
    package var role: String?
    package var content: String?
    package var toolCalls: [ToolCall]?

    package init(role: String?, content: String?, toolCalls: [ToolCall]? = nil) {
      (self.role, self.content, self.toolCalls) = (role, content, toolCalls)
    }

    private enum CodingKeys: String, CodingKey {
      case role, content
      case toolCalls = "tool_calls"
    }
  }

  package var id: String
  /// `chat.completion`.
  package var object: String
  package var created: Int
  package var model: String
  package var systemFingerprint: String?
  package var choices: [Choice]
  package var usage: TokenUsage?
  /// The ids of the prompt's tokens, if they were asked for.
  package var promptTokenIDs: [Int32]?

  package init(id: String, created: Int, model: String, choices: [Choice], usage: TokenUsage?) {
    (self.id, self.created, self.model, self.choices, self.usage) = (id, created, model, choices, usage)
    object = "chat.completion"
  }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: FieldName.self)
    id = try fields.optional("id") ?? ""
    object = try fields.optional("object") ?? "chat.completion"
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
}
