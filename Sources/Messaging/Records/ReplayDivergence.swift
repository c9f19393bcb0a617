/// The first event of a replay that is not the recorded one.
public struct ReplayDivergence: Hashable, Sendable, CustomStringConvertible {
  public var event: Int
  /// `nil` when the record has no such event.
  public var expected: EventRecord?
  /// What happened instead.
  public var got: String
  /// What the message is called by this program, if its name is all that differs at first sight.
  public var renamed: String?

  /// What differs, if both read the same: a payload is told by its length alone, for one.
  public var hidden: String?

  public var description: String {
    "event \(event): expected \(expected?.description ?? "the end of the record"), got \(got)\(hiddenText)"
  }

  /// The same of one episode that was played twice, where neither play is the right one.
  public var betweenPlays: String {
    "event \(event): the first time \(expected?.description ?? "the end"), the second time \(got)\(hiddenText)"
  }

  private var hiddenText: String {
    guard expected?.description == got else { return "" }
    return "; " + (hidden ?? "both read the same, and their bytes differ")
  }
}
