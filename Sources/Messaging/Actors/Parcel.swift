import Foundation

/// A message or a reply on its way.
protocol Parcel: AnyObject {
  var name: String { get }
  /// What a record holds of it.
  func encode(to writer: inout CBORWriter) throws
  /// Lets the actor have it.
  func deliver(to receiver: any AnyReceiver)
  /// Another value of the same type, which takes the same way.
  func replaced(byJSON text: String) throws -> any Parcel
}

final class MessageParcel<M: Message>: Parcel {
  private let message: M

  init(_ message: M) { self.message = message }

  var name: String { M.messageName }
  func encode(to writer: inout CBORWriter) throws { try message.encode(to: &writer) }

  func replaced(byJSON text: String) throws -> any Parcel {
    MessageParcel(try JSONDecoder().decode(M.self, from: Data(text.utf8)))
  }

  func deliver(to receiver: any AnyReceiver) {
    // Checked when the message was sent.
    unsafeDowncast(receiver, to: Receiver<M>.self).start(message)
  }
}

/// An ask that waits, and then the reply to it on its way.
final class AskParcel<R: Message>: Parcel {
  @exclusivity(unchecked) private var continuation: UnsafeContinuation<R, any Error>?
  @exclusivity(unchecked) private(set) var value: R?

  init(_ continuation: UnsafeContinuation<R, any Error>) { self.continuation = continuation }
  init(_ value: R) { self.value = value }

  var name: String { R.messageName }
  func encode(to writer: inout CBORWriter) throws { try value?.encode(to: &writer) }
  func deliver(to receiver: any AnyReceiver) {}

  func answer(_ value: R) { self.value = value }

  func replaced(byJSON text: String) throws -> any Parcel {
    value = try JSONDecoder().decode(R.self, from: Data(text.utf8))
    return self
  }
}

extension AskParcel: WaitingAsk {
  func resume() {
    guard let value else { return }
    continuation?.resume(returning: value)
    continuation = nil
  }

  func fail(_ error: any Error) {
    continuation?.resume(throwing: error)
    continuation = nil
  }
}

/// An ask, whatever its reply.
protocol WaitingAsk: Parcel {
  /// Hands the reply to who asked.
  func resume()
  func fail(_ error: any Error)
}
