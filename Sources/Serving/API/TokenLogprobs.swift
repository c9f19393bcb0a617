/// The log-probabilities of the tokens of a chat's answer.
package struct TokenLogprobs: Codable, Sendable, Hashable {
  /// A token with the natural logarithm of its probability.
  package struct Token: Codable, Sendable, Hashable {
    /// The text of the token; bytes that are not UTF-8 are shown as U+FFFD.
    package var token: String
    package var logprob: Float
    package var bytes: [UInt8]?
    /// The likeliest tokens at this place, the likeliest first. They have none of their own.
    package var topLogprobs: [Token]?

    package init(token: String, logprob: Float, bytes: [UInt8]?, topLogprobs: [Token]?) {
      (self.token, self.logprob, self.bytes, self.topLogprobs) = (token, logprob, bytes, topLogprobs)
    }

    private enum CodingKeys: String, CodingKey {
      case token, logprob, bytes
      case topLogprobs = "top_logprobs"
    }
  }

  package var content: [Token]?

  package init(content: [Token]?) { self.content = content }
}

/// How many tokens a request took.
package struct TokenUsage: Codable, Sendable, Hashable {
  package var promptTokens, completionTokens, totalTokens: Int

  package init(promptTokens: Int, completionTokens: Int) {
    (self.promptTokens, self.completionTokens) = (promptTokens, completionTokens)
    totalTokens = promptTokens + completionTokens
  }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: FieldName.self)
    promptTokens = try fields.optional("prompt_tokens") ?? 0
    completionTokens = try fields.optional("completion_tokens") ?? 0
    totalTokens = try fields.optional("total_tokens") ?? promptTokens + completionTokens
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: FieldName.self)
    try fields.write("prompt_tokens", promptTokens)
    try fields.write("completion_tokens", completionTokens)
    try fields.write("total_tokens", totalTokens)
  }
}

/// The answer to `GET /v1/models`.
package struct ModelList: Codable, Sendable, Hashable {
  /// A model that can be asked.
  package struct Model: Codable, Sendable, Hashable {
    package var id: String
    package var object: String?
    package var created: Int?
    package var ownedBy: String?

    package init(id: String) { (self.id, object, created, ownedBy) = (id, "model", 0, "troupe") }

    private enum CodingKeys: String, CodingKey {
      case id, object, created
      case ownedBy = "owned_by"
    }
  }

  package var object: String?
  package var data: [Model]

  package init(data: [Model]) { (object, self.data) = ("list", data) }
}
