import Messaging

struct Text: Message, Hashable {
  static let messageName = "text"
  var words: String
}

enum Work: Message {
  static let messageName = "work"
  case tell(String)
  case ask(String, ReplyTo<Text>)
}

/// An actor that calls a closure for each message.
actor Worker: SimulatedActor {
  let context: ActorContext
  private let handler: @Sendable (isolated Worker, Work) async throws -> Void
  var heard: [String] = []

  init(_ context: ActorContext, _ handler: @escaping @Sendable (isolated Worker, Work) async throws -> Void) {
    self.context = context
    self.handler = handler
  }

  func receive(_ message: Work) async throws { try await handler(self, message) }

  func hear(_ words: String) { heard.append(words) }
}
