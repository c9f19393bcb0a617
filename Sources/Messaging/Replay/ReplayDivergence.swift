/// The first event of a replay that is not the recorded one.
public struct ReplayDivergence: Hashable, Sendable, CustomStringConvertible {
  public var event: Int
  /// `nil` when the record has no such event.
  public var expected: EventRecord?
  /// What happened instead.
  public var got: String

  public var description: String {
    "event \(event): expected \(expected?.description ?? "the end of the record"), got \(got)"
  }
}
