extension ChatTemplate {
  /// One turn of a conversation.
  public struct Message: Sendable {
    public enum Role: String, Sendable, Hashable {
      case system, user, assistant, tool
    }

    /// A tool that the assistant calls.
    public struct ToolCall: Sendable {
      public var name: String
      /// An object with the arguments, or a text of JSON: most templates write an object as JSON and a text as it is.
      public var arguments: TemplateValue

      public init(name: String, arguments: TemplateValue) {
        self.name = name
        self.arguments = arguments
      }
    }

    public var role: Role
    /// What is said; `nil` if there is nothing, as in an answer that only calls tools.
    public var text: String?
    /// What the assistant thought before it answered, if it is kept apart from the text.
    public var reasoning: String?
    public var toolCalls: [ToolCall]

    public init(_ role: Role, _ text: String?, reasoning: String? = nil, toolCalls: [ToolCall] = []) {
      self.role = role
      self.text = text
      self.reasoning = reasoning
      self.toolCalls = toolCalls
    }

    /// What a template sees. What is not there has no name, and thoughts have two names, as in `transformers`.
    var value: TemplateValue {
      var members: [(String, TemplateValue)] = []
      if let reasoning { members.append(("thinking", .text(reasoning))) }
      members.append(("role", .text(role.rawValue)))
      if let text { members.append(("content", .text(text))) }
      if let reasoning { members.append(("reasoning_content", .text(reasoning))) }
      if !toolCalls.isEmpty {
        members.append(
          (
            "tool_calls",
            .list(
              toolCalls.map {
                ["type": "function", "function": ["name": .text($0.name), "arguments": $0.arguments]]
              })
          ))
      }
      return .object(members)
    }
  }
}
