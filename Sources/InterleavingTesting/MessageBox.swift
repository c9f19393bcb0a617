import Synchronization

/// A text that one closure leaves for another.
final class MessageBox: Sendable {
  private let value = Mutex<String?>(nil)
  var text: String? { value.withLock { $0 } }
  func set(_ text: String?) { value.withLock { $0 = text } }
}
