/// The older form of log-probabilities: lists with one element a token.
package struct CompletionLogprobs: Codable, Sendable, Hashable {
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
