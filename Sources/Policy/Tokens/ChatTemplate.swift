/// Writes a conversation as one text in Qwen3's chat template, without tools.
///
/// The thoughts of earlier answers are left out.
///
/// Source: `chat_template` in the `tokenizer_config.json` of Qwen3 ("Qwen3 Technical Report", arXiv 2505.09388,
/// section 4.3).
public enum ChatTemplate {
  /// One turn of a conversation.
  public struct Message: Sendable, Hashable {
    public enum Role: String, Sendable, Hashable {
      case system, user, assistant
    }
    public var role: Role
    public var text: String

    public init(_ role: Role, _ text: String) {
      self.role = role
      self.text = text
    }
  }

  /// The text up to the place where the assistant continues.
  ///
  /// If `isThinking` is false, the text contains empty thoughts, so the model answers at once.
  public static func prompt(_ messages: [Message], isThinking: Bool = true) -> String {
    var text = ""
    for message in messages {
      text += "<|im_start|>\(message.role.rawValue)\n\(answer(message))<|im_end|>\n"
    }
    text += "<|im_start|>assistant\n"
    return isThinking ? text : text + "<think>\n\n</think>\n\n"
  }

  /// What a message says, without the thoughts of an assistant.
  private static func answer(_ message: Message) -> String {
    guard message.role == .assistant, let end = message.text.ranges(of: "</think>").last else {
      return message.text
    }
    return String(message.text[end.upperBound...].drop { $0 == "\n" })
  }
}
