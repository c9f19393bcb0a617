/// A report of which orders an exploration played, and of what it did not vary.
package struct InterleavingCoverage: Sendable, Hashable {
  /// The number of schedules that were played.
  package var schedules: Int
  /// The number of different ones: schedules in which some actor saw another order of tasks.
  package var different: Int
  /// The number of different ones that were played once.
  package var playedOnce: Int
  /// Whether every order within the strategy's bound was played. Strategies that sample never say so.
  package var hasEveryOrder: Bool
  /// The things that were not enumerated, in which a failure may hide.
  package var notEnumerated: [String]

  /// The probability that the next schedule is another one than all before (Good, Biometrika 40, 1953).
  package var probabilityOfNew: Double { schedules == 0 ? 1 : Double(playedOnce) / Double(schedules) }
}

extension InterleavingCoverage: CustomStringConvertible {
  package var description: String {
    let percent = (probabilityOfNew * 1000).rounded() / 10
    let news = hasEveryOrder ? "every order of parts" : "the next is a new one with about \(percent) %"
    return "\(schedules) schedules, \(different) different, \(news); not enumerated: "
      + notEnumerated.joined(separator: "; ")
  }
}

/// Counts how often each schedule was played.
struct ScheduleCounts {
  private var counts: [UInt64: Int] = [:]
  private(set) var total = 0
  private(set) var once = 0
  var different: Int { counts.count }

  mutating func add(_ trace: UInt64) {
    total += 1
    let count = counts[trace, default: 0] + 1
    counts[trace] = count
    if count == 1 { once += 1 } else if count == 2 { once -= 1 }
  }
}
