import Synchronization

/// The division of one time among the tests of a suite.
///
/// A test that begins gets an equal share of what is left, as if each test that has not begun got as much. What it does not use is
/// left to those that begin later. A test with arguments has one share for all of them, of which each argument gets a half of what
/// is left, because their number is not known.
struct BudgetShares<Name: Hashable & Sendable>: Sendable {
  /// The seconds for all tests.
  let total: Double
  private var left: Double
  /// The tests that have not begun.
  private(set) var waiting: Set<Name> = []
  /// What is left of the share of each test with arguments that has begun.
  private var shares: [Name: Double] = [:]
  private var all: Set<Name> = []

  init(total: Double) { (self.total, left) = (total, total) }

  /// Notes that a test will run.
  mutating func add(_ test: Name) {
    all.insert(test)
    waiting.insert(test)
  }

  /// Returns the seconds for a test, or for one of its arguments.
  mutating func begin(_ test: Name, hasArguments: Bool) -> Double {
    if !waiting.contains(test), shares[test] == nil {
      // The tests are run once more, or nobody said before that this one would run.
      (left, waiting) = (total, all.union([test]))
    }
    if waiting.contains(test) {
      let share = left / Double(waiting.count)
      waiting.remove(test)
      left -= share
      guard hasArguments else { return share }
      shares[test] = share
    }
    let part = (shares[test] ?? 0) / 2
    shares[test] = part
    return part
  }

  /// Gives back what a test did not use.
  mutating func end(_ test: Name, unused: Double) {
    let unused = max(0, unused)
    if let share = shares[test] { shares[test] = share + unused } else { left += unused }
  }
}

/// The budget of a suite, which its tests share.
final class SuiteBudget: Sendable {
  private let shares: Mutex<BudgetShares<String>>
  init(seconds: Double) { shares = Mutex(BudgetShares(total: seconds)) }

  /// How many tests have not begun.
  var waiting: Int { shares.withLock { $0.waiting.count } }
  func add(_ test: String) { shares.withLock { $0.add(test) } }

  /// Calls `body` with the seconds that it has.
  func perform(_ test: String, hasArguments: Bool, _ body: (Double) async throws -> Void) async throws {
    let seconds = shares.withLock { $0.begin(test, hasArguments: hasArguments) }
    let start = ContinuousClock.now
    defer {
      let used = (ContinuousClock.now - start) / .seconds(1)
      shares.withLock { $0.end(test, unused: seconds - used) }
    }
    try await body(seconds)
  }
}
