/// An event of a stream of ``ChatResponse``: the next piece of one answer, or, without choices, the usage.
package struct ChatChunk: Codable, Sendable, Hashable {
  /// The next piece of an answer.
  package struct Choice: Codable, Sendable, Hashable {
    package var index: Int
    package var delta: ChatResponse.Message
    /// Why the answer ended; `nil` before its last piece.
    package var finishReason: String?
    package var logprobs: TokenLogprobs?
    package var tokenIDs: [Int32]?

    package init(
      index: Int, delta: ChatResponse.Message, finishReason: String? = nil, logprobs: TokenLogprobs? = nil,
      tokenIDs: [Int32]? = nil
    ) {
      (self.index, self.delta, self.finishReason) = (index, delta, finishReason)
      (self.logprobs, self.tokenIDs) = (logprobs, tokenIDs)
    }

    package init(from decoder: any Decoder) throws {
      let fields = try decoder.container(keyedBy: FieldName.self)
      index = try fields.optional("index") ?? 0
      delta = try fields.optional("delta") ?? .init(role: nil, content: nil)
      finishReason = try fields.optional("finish_reason")
      logprobs = try fields.optional("logprobs")
      tokenIDs = try fields.optional("token_ids")
    }

    package func encode(to encoder: any Encoder) throws {
      var fields = encoder.container(keyedBy: FieldName.self)
      try fields.write("index", index)
      try fields.write("delta", delta)
      try fields.writeAlways("finish_reason", finishReason)
      try fields.writeAlways("logprobs", logprobs)
      try fields.write("token_ids", tokenIDs)
    }
  }

  package var id: String
  /// `chat.completion.chunk`.
  package var object: String
  package var created: Int
  package var model: String
  package var systemFingerprint: String?
  package var choices: [Choice]
  package var usage: TokenUsage?

  package init(id: String, created: Int, model: String, choices: [Choice], usage: TokenUsage? = nil) {
    (self.id, self.created, self.model, self.choices, self.usage) = (id, created, model, choices, usage)
    object = "chat.completion.chunk"
  }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: FieldName.self)
    id = try fields.optional("id") ?? ""
    object = try fields.optional("object") ?? "chat.completion.chunk"
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
