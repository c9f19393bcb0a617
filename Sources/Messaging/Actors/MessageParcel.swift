import Foundation

// Sendable unchecked: as its superclass.
final class MessageParcel<M: Message>: Parcel, @unchecked Sendable {
  @exclusivity(unchecked) private(set) var message: M

  init(_ message: M) { self.message = message }

  /// A parcel with `message` in it. Whoever has the type at hand calls this, and the runtime need not look for it.
  static func make(_ message: M) -> MessageParcel { MessageParcel(message) }

  override var name: String { M.messageName }
  override func encode(to writer: inout CBORWriter) throws { try message.encode(to: &writer) }

  override func replaced(byJSON text: String, inPlace: Bool) throws -> Parcel {
    let other = try JSONDecoder().decode(M.self, from: Data(text.utf8))
    guard inPlace else { return MessageParcel(other) }
    message = other
    return self
  }

  override func deliver(to receiver: AnyObject) {
    // Checked when the message was sent.
    unsafeDowncast(receiver, to: Receiver<M>.self).start(self)
  }
}
