/// The first event of a replay that is not the recorded one.
public struct ReplayDivergence: Hashable, Sendable, CustomStringConvertible {
  public var event: Int
  /// `nil` when the record has no such event.
  public var expected: EventRecord?
  /// What happened instead.
  public var got: String
  /// What the message is called by this program, if its name is all that differs at first sight.
  public var renamed: String?

  public var description: String {
    "event \(event): expected \(expected?.description ?? "the end of the record"), got \(got)"
  }
}
