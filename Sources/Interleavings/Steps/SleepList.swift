/// The sleeps of a schedule's tasks, in virtual time.
struct SleepList {
  private struct Sleep {
    var job: UnownedJob
    /// The end in nanoseconds of the schedule's clock.
    var end: Int64
  }
  private var sleeps: [Sleep] = []
  /// How many sleeps were asked for.
  private(set) var count = 0

  /// The end of the sleep that ends first; `nil` if nothing sleeps, or if no sleep ever ends.
  var nextEnd: Int64? {
    guard let end = sleeps.map(\.end).min(), end < .max else { return nil }
    return end
  }

  /// When the sleeps end.
  var ends: [Int64] { sleeps.map(\.end) }

  mutating func add(_ job: UnownedJob, for delay: Duration, now: Int64) {
    count += 1
    let (seconds, attoseconds) = max(delay, .zero).components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let end = now.addingReportingOverflow(whole &+ attoseconds / 1_000_000_000)
    sleeps.append(Sleep(job: job, end: overflow || end.overflow ? .max : end.partialValue))
  }

  /// Removes every sleep that ends at `end`, and returns their jobs in the order in which they were asked for.
  mutating func take(endingAt end: Int64) -> [UnownedJob] {
    let jobs = sleeps.filter { $0.end == end }.map(\.job)
    sleeps.removeAll { $0.end == end }
    return jobs
  }
}
