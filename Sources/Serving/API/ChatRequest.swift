import Messaging

/// The body of `POST /v1/chat/completions`.
package struct ChatRequest: Codable, Sendable, Hashable {
  package var settings: GenerationSettings
  package var messages: [Message]
  /// Whether the answer says the log-probability of each token.
  package var logprobs: Bool?
  /// How many of the likeliest tokens it says at each place.
  package var topLogprobs: Int?
  package var tools: [Tool]?
  /// `none`, `auto`, `required`, or an object that names a tool.
  package var toolChoice: JSONValue?

  package init(model: String, messages: [Message]) {
    settings = GenerationSettings(model: model)
    self.messages = messages
  }

  private static let names = ["messages", "logprobs", "top_logprobs", "tools", "tool_choice"]

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.fields(GenerationSettings.names + NeutralFields.names + Self.names)
    try NeutralFields.check(fields)
    settings = try GenerationSettings(fields)
    messages = try fields.needed("messages")
    logprobs = try fields.optional("logprobs")
    topLogprobs = try fields.optional("top_logprobs")
    tools = try fields.optional("tools")
    toolChoice = try fields.optional("tool_choice")
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: FieldName.self)
    try settings.write(to: &fields)
    try fields.write("messages", messages)
    try fields.write("logprobs", logprobs)
    try fields.write("top_logprobs", topLogprobs)
    try fields.write("tools", tools)
    try fields.write("tool_choice", toolChoice)
  }

  /// A tool that the model may call.
  package struct Tool: Codable, Sendable, Hashable {
    package var type: String
    /// Its name, its description and the JSON schema of its arguments.
    package var function: JSONValue

    package init(function: JSONValue) { (type, self.function) = ("function", function) }
  }

  /// One turn of the conversation.
  package struct Message: Codable, Sendable, Hashable {
    /// `system`, `developer`, `user`, `assistant` or `tool`.
    package var role: String
    /// What is said. A list of parts with text is joined.
    package var content: String?
    package var name: String?
    package var toolCalls: [ToolCall]?
    package var toolCallID: String?

    package init(role: String, content: String?) { (self.role, self.content) = (role, content) }

    package init(from decoder: any Decoder) throws {
      let fields = try decoder.fields([
        "role", "content", "name", "tool_calls", "tool_call_id", "refusal", "annotations", "audio",
        "function_call",
      ])
      for name in ["refusal", "audio", "function_call"]
      where try fields.optional(name, as: JSONValue.self) != nil {
        throw fields.error(name, "is not done here; leave it out")
      }
      role = try fields.needed("role")
      if let text = try? fields.optional("content", as: String.self) {
        content = text
      } else {
        content = try fields.optional("content", as: [ContentPart].self)?.map(\.text).joined()
      }
      name = try fields.optional("name")
      toolCalls = try fields.optional("tool_calls")
      toolCallID = try fields.optional("tool_call_id")
    }

    package func encode(to encoder: any Encoder) throws {
      var fields = encoder.container(keyedBy: FieldName.self)
      try fields.write("role", role)
      try fields.writeAlways("content", content)
      try fields.write("name", name)
      try fields.write("tool_calls", toolCalls)
      try fields.write("tool_call_id", toolCallID)
    }
  }

  /// A part of a turn's content, of which only texts are read.
  private struct ContentPart: Decodable {
    var text: String

    init(from decoder: any Decoder) throws {
      let all = try decoder.container(keyedBy: FieldName.self)
      let type: String = try all.needed("type")
      guard type == "text" else { throw all.error("type", "'\(type)' is not done here, only 'text'") }
      text = try decoder.fields(["type", "text"]).needed("text")
    }
  }
}

/// A call of a tool by the model.
package struct ToolCall: Codable, Sendable, Hashable {
  /// What is called, and the arguments as a text of JSON.
  package struct Function: Codable, Sendable, Hashable {
    package var name: String
    package var arguments: String

    package init(name: String, arguments: String) { (self.name, self.arguments) = (name, arguments) }
  }
  /// The place among the calls of an answer; only in streams.
  package var index: Int?
  package var id: String?
  package var type: String?
  package var function: Function

  package init(index: Int? = nil, id: String?, function: Function) {
    (self.index, self.id, type, self.function) = (index, id, "function", function)
  }
}
