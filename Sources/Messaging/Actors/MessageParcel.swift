import Foundation

final class MessageParcel<M: Message>: Parcel {
  private let message: M

  init(_ message: M) { self.message = message }

  override var name: String { M.messageName }
  override func encode(to writer: inout CBORWriter) throws { try message.encode(to: &writer) }

  override func replaced(byJSON text: String) throws -> Parcel {
    MessageParcel(try JSONDecoder().decode(M.self, from: Data(text.utf8)))
  }

  override func deliver(to receiver: AnyObject) {
    // `send` checked the type.
    unsafeDowncast(receiver, to: Receiver<M>.self).start(message)
  }
}

/// An ask with a reply of any type: first it waits, and then it carries the reply to the asker.
class WaitingAsk: Parcel {
  /// Gives the reply to the asker.
  func resume() {}
  func fail(_ error: any Error) {}
}

final class AskParcel<R: Message>: WaitingAsk {
  @exclusivity(unchecked) private var continuation: UnsafeContinuation<R, any Error>?
  @exclusivity(unchecked) private(set) var value: R?

  init(_ continuation: UnsafeContinuation<R, any Error>) { self.continuation = continuation }
  init(_ value: R) { self.value = value }

  func answer(_ value: R) { self.value = value }

  override var name: String { R.messageName }
  override func encode(to writer: inout CBORWriter) throws { try value?.encode(to: &writer) }

  override func replaced(byJSON text: String) throws -> Parcel {
    value = try JSONDecoder().decode(R.self, from: Data(text.utf8))
    return self
  }

  override func resume() {
    guard let value else { return }
    continuation?.resume(returning: value)
    continuation = nil
  }

  override func fail(_ error: any Error) {
    continuation?.resume(throwing: error)
    continuation = nil
  }
}
