/// The first event of a replay that differs from the recorded one.
public struct ReplayDivergence: Hashable, Sendable, CustomStringConvertible {
  public var event: Int
  /// The recorded event; `nil` if the record has no event with this number.
  public var expected: EventRecord?
  /// The event that happened instead.
  public var got: String
  /// The message's name in this program, if the name is the first thing that differs.
  package var renamed: String?

  /// The difference, if both texts are the same. This is so if two payloads of equal length differ, for example.
  package var hidden: String?

  public var description: String {
    "event \(event): expected \(expected?.description ?? "the end of the record"), got \(got)\(hiddenText)"
  }

  /// The same text for an episode that was played twice, where neither play is the right one.
  package var betweenPlays: String {
    "event \(event): the first time \(expected?.description ?? "the end"), the second time \(got)\(hiddenText)"
  }

  private var hiddenText: String {
    guard expected?.description == got else { return "" }
    return "; " + (hidden ?? "both read the same, and their bytes differ")
  }
}
