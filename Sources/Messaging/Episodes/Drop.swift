/// A fault: the `nth` message from one actor to another, counted from virtual time `after`, is lost.
public struct Drop: Sendable, Hashable {
  public var sender: String
  public var receiver: String
  /// From 1.
  public var nth: Int
  public var after: Duration

  public init(from sender: String, to receiver: String, nth: Int = 1, after: Duration = .zero) {
    self.sender = sender
    self.receiver = receiver
    self.nth = nth
    self.after = after
  }
}
