/// One turn of a conversation with a chat model: who speaks, and what is said.
public struct ChatMessage: Hashable, Sendable, Codable {
  /// Who speaks. Tools and what they are called with are in ``ChatTemplate/Message``.
  public enum Role: String, Hashable, Sendable, Codable, CaseIterable {
    case system, user, assistant
  }
  public var role: Role
  public var text: String

  public init(_ role: Role, _ text: String) {
    self.role = role
    self.text = text
  }

  /// The turn as a template sees it.
  package var turn: ChatTemplate.Message { .init(.init(rawValue: role.rawValue) ?? .user, text) }
}
