import Messaging

/// The fields that requests for chats and for completions share: which model, how to sample, when to stop, and how to
/// answer.
///
/// Decoding is strict: a field that is not known, of another type, or with a value that this server does not do, is an error
/// that names the field. What a value may be, beyond its type, is checked when the request is planned.
package struct GenerationSettings: Codable, Sendable, Hashable {
  package var model: String
  /// The most tokens of each answer.
  package var maxTokens: Int?
  /// The newer name of ``maxTokens``.
  package var maxCompletionTokens: Int?
  package var temperature: Double?
  package var topP: Double?
  package var topK: Int?
  package var minP: Double?
  /// The seed of the first answer. A negative number stands for the same 64 bits.
  package var seed: UInt64?
  /// Texts before which the answer ends.
  package var stop: [String]?
  package var stream: Bool?
  package var streamOptions: StreamOptions?
  /// How many answers.
  package var n: Int?
  /// A grammar in GBNF, the dialect of llama.cpp.
  package var grammar: String?
  package var responseFormat: ResponseFormat?
  /// Whether the answer says the ids of the tokens of prompt and answer (a field of vLLM).
  package var returnTokenIDs: Bool?

  package init(model: String) { self.model = model }

  static let names = [
    "model", "max_tokens", "max_completion_tokens", "temperature", "top_p", "top_k", "min_p", "seed", "stop",
    "stream", "stream_options", "n", "grammar", "response_format", "return_token_ids",
  ]

  package init(from decoder: any Decoder) throws {
    try self.init(decoder.container(keyedBy: FieldName.self))
  }

  init(_ fields: KeyedDecodingContainer<FieldName>) throws {
    model = try fields.needed("model")
    maxTokens = try fields.optional("max_tokens")
    maxCompletionTokens = try fields.optional("max_completion_tokens")
    temperature = try fields.optional("temperature")
    topP = try fields.optional("top_p")
    topK = try fields.optional("top_k")
    minP = try fields.optional("min_p")
    seed = try Self.seed(fields)
    stop = try Self.stop(fields)
    stream = try fields.optional("stream")
    streamOptions = try fields.optional("stream_options")
    n = try fields.optional("n")
    grammar = try fields.optional("grammar")
    responseFormat = try fields.optional("response_format")
    returnTokenIDs = try fields.optional("return_token_ids")
  }

  private static func seed(_ fields: KeyedDecodingContainer<FieldName>) throws -> UInt64? {
    if let number = try? fields.optional("seed", as: Int64.self) { return UInt64(bitPattern: number) }
    return try fields.optional("seed")
  }

  /// One text or a list of texts.
  private static func stop(_ fields: KeyedDecodingContainer<FieldName>) throws -> [String]? {
    if let one = try? fields.optional("stop", as: String.self) { return [one] }
    return try fields.optional("stop")
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: FieldName.self)
    try write(to: &fields)
  }

  func write(to fields: inout KeyedEncodingContainer<FieldName>) throws {
    try fields.write("model", model)
    try fields.write("max_tokens", maxTokens)
    try fields.write("max_completion_tokens", maxCompletionTokens)
    try fields.write("temperature", temperature)
    try fields.write("top_p", topP)
    try fields.write("top_k", topK)
    try fields.write("min_p", minP)
    try fields.write("seed", seed)
    try fields.write("stop", stop)
    try fields.write("stream", stream)
    try fields.write("stream_options", streamOptions)
    try fields.write("n", n)
    try fields.write("grammar", grammar)
    try fields.write("response_format", responseFormat)
    try fields.write("return_token_ids", returnTokenIDs)
  }
}

/// What a stream says besides its tokens.
package struct StreamOptions: Codable, Sendable, Hashable {
  /// Whether one more chunk, the last, says the usage.
  package var includeUsage: Bool?

  package init(includeUsage: Bool? = nil) { self.includeUsage = includeUsage }

  package init(from decoder: any Decoder) throws {
    includeUsage = try decoder.fields(["include_usage"]).optional("include_usage")
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: FieldName.self)
    try fields.write("include_usage", includeUsage)
  }
}

/// The form that an answer has to have.
package struct ResponseFormat: Codable, Sendable, Hashable {
  /// `text`, `json_object` or `json_schema`.
  package var type: String
  /// The schema, with its name, if the type is `json_schema`.
  package var jsonSchema: JSONValue?

  package init(type: String, jsonSchema: JSONValue? = nil) {
    (self.type, self.jsonSchema) = (type, jsonSchema)
  }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.fields(["type", "json_schema"])
    type = try fields.needed("type")
    jsonSchema = try fields.optional("json_schema")
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: FieldName.self)
    try fields.write("type", type)
    try fields.write("json_schema", jsonSchema)
  }
}
