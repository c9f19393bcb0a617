/// What a choice of a response says, and where.
package protocol ResponsePart: Codable, Sendable, Hashable {
  associatedtype Logprobs: Codable & Sendable & Hashable
  /// The `object` of the responses.
  static var object: String { get }
  /// The field of a choice that has it.
  static var field: String { get }
  /// What is said where the field is missing.
  static var nothing: Self { get }
}

/// The answer to a ``ChatRequest``.
package typealias ChatResponse = ServerResponse<ChatMessagePart>
/// An event of a stream of ``ChatResponse``.
package typealias ChatChunk = ServerResponse<ChatDeltaPart>
/// The answer to a ``CompletionRequest``, and an event of its stream.
package typealias CompletionResponse = ServerResponse<TextPart>

/// What was said in a chat.
package struct ChatMessagePart: ResponsePart {
  package static let (object, field) = ("chat.completion", "message")
  package static let nothing = Self(role: nil, content: nil)
  package typealias Logprobs = TokenLogprobs

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

/// A piece of what is said in a chat.
package struct ChatDeltaPart: ResponsePart {
  package static let (object, field) = ("chat.completion.chunk", "delta")
  package static let nothing = Self(.nothing)
  package typealias Logprobs = TokenLogprobs

  package var message: ChatMessagePart

  package init(_ message: ChatMessagePart) { self.message = message }
  package init(from decoder: any Decoder) throws { message = try ChatMessagePart(from: decoder) }
  package func encode(to encoder: any Encoder) throws { try message.encode(to: encoder) }
}

/// A text that goes on with a prompt, or a piece of one.
package struct TextPart: ResponsePart {
  package static let (object, field) = ("text_completion", "text")
  package static let nothing = Self("")
  package typealias Logprobs = CompletionLogprobs

  package var text: String

  package init(_ text: String) { self.text = text }
  package init(from decoder: any Decoder) throws { text = try String(from: decoder) }
  package func encode(to encoder: any Encoder) throws { try text.encode(to: encoder) }
}
