/// What a test said must hold while a schedule is played.
///
/// Only the thread that plays the schedule uses it, between two parts.
struct ScheduleProperties {
  /// A property that holds after every part.
  struct Always {
    var text: String
    var place: String
    var holds: () -> Bool
  }
  /// A property that holds after some part.
  struct Eventually {
    var text: String
    var place: String
    var holds: () -> Bool
    /// What the test calls a state; `nil` if it says nothing.
    var state: (() -> AnyHashable)?
    /// The most parts that may run before it holds.
    var limit: Int
    /// The number of parts that ran before it was asked for.
    var start: Int
    /// The first part after which each configuration was seen.
    var seen: [ScheduleConfiguration: Int] = [:]
  }
  private var always: [Always] = []
  /// Those that have not come true.
  private var eventually: [Eventually] = []

  /// Whether a part that is ready must run at last, because otherwise nothing would follow from a long schedule. It stays so
  /// after a property has come true, so that a task which spins lets the test end.
  private(set) var needFairness = false
  var isEmpty: Bool { always.isEmpty && eventually.isEmpty }

  mutating func add(_ property: Always) { always.append(property) }
  mutating func add(_ property: Eventually) {
    eventually.append(property)
    needFairness = true
  }

  /// Looks at all properties after a part. Returns the first that does not hold.
  mutating func check(_ moment: some ScheduleMoment) -> PropertyViolation? {
    if let broken = always.first(where: { !$0.holds() }) {
      return PropertyViolation(text: "did not hold: \(broken.text)", place: broken.place)
    }
    eventually.removeAll { $0.holds() }
    for index in eventually.indices {
      if let violation = eventually[index].check(moment) { return violation }
    }
    return nil
  }

  /// Returns the first property that has not come true by the end of the test.
  func checkEnd() -> PropertyViolation? {
    guard let first = eventually.first(where: { !$0.holds() }) else { return nil }
    return PropertyViolation(text: "never: \(first.text); the test has ended", place: first.place)
  }
}

extension ScheduleProperties.Eventually {
  /// Looks for a livelock, of which there are two signs: everything is as it was before, or too many parts have run.
  fileprivate mutating func check(_ moment: some ScheduleMoment) -> PropertyViolation? {
    let count = moment.partCount
    if let state {
      let now = moment.configuration(state: state())
      let before = seen[now] ?? count
      seen[now] = before
      if before < count, moment.wasFair(since: before) {
        return violation(
          "never: \(text); livelock: after part \(count) everything is as it was after part \(before), and every task that can "
            + "go on has run since")
      }
    }
    guard count - start >= limit else { return nil }
    let reason =
      state == nil
      ? "no `state` was given, so nothing tells a livelock from slow progress"
      : "no state came back with every task having run, so it may be a livelock or slow progress"
    return violation("never within \(limit) parts: \(text); \(reason)")
  }

  private func violation(_ text: String) -> PropertyViolation { PropertyViolation(text: text, place: place) }
}
