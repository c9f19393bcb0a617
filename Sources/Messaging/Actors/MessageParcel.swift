import Foundation

// Sendable is unchecked for the reason that its superclass gives.
final class MessageParcel<M: Message>: Parcel, @unchecked Sendable {
  @exclusivity(unchecked) private(set) var message: M

  init(_ message: M) { self.message = message }

  /// Makes a parcel that holds `message`. A caller that has the type at hand saves the runtime the search for it.
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
    // `send` checked the type.
    unsafeDowncast(receiver, to: Receiver<M>.self).start(self)
  }
}
