import Interleavings
import Testing

/// A trait that plays a test, or each test of a suite, in many orders of its tasks.
public struct InterleavingsTrait: TestTrait, SuiteTrait, TestScoping {
  var explorer: InterleavingExplorer
  /// The time that the tests of a suite share; `nil` if the budget is a number of schedules for each.
  let budget: SuiteBudget?

  init(_ explorer: InterleavingExplorer) {
    self.explorer = explorer
    if case .seconds(let seconds) = explorer.budget {
      budget = SuiteBudget(seconds: seconds)
    } else {
      budget = nil
    }
  }

  public var isRecursive: Bool { true }

  // Swift Testing calls this for each test of a suite before the first one runs.
  public func prepare(for test: Test) async throws {
    if !test.isSuite { budget?.add("\(test.id)") }
  }

  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    // The function is called before this returns, and never afterwards.
    try await withoutActuallyEscaping(function) { function in
      var run = InterleavingRun(
        explorer: explorer, name: TestName.plain(test.name), sourceLocation: test.sourceLocation)
      guard let budget else { return try await run.perform { try await function() } }
      try await budget.perform("\(test.id)", hasArguments: test.isParameterized) { seconds in
        run.explorer.budget = .seconds(seconds)
        try await run.perform { try await function() }
      }
    }
  }
}

extension Trait where Self == InterleavingsTrait {
  /// Plays the test in `schedules` orders of its tasks. The first order has no switches.
  public static func interleavings(
    _ schedules: Int = 1000, strategy: InterleavingStrategyKind = .random, seed: UInt64 = 0,
    respectsPriorities: Bool = false, timersRace: Bool = false, cancels: CancellableTasks = .none
  ) -> Self {
    interleavings(
      .schedules(schedules), strategy: strategy, seed: seed, respectsPriorities: respectsPriorities,
      timersRace: timersRace, cancels: cancels)
  }

  /// Plays the test as long as the budget lasts.
  ///
  /// On a suite, a number of schedules is for each of its tests, and a time is for all of them together: a test that begins gets an
  /// equal share of what is left. Tests that run at the same time use it at the same time.
  public static func interleavings(
    _ budget: InterleavingBudget, strategy: InterleavingStrategyKind = .random, seed: UInt64 = 0,
    respectsPriorities: Bool = false, timersRace: Bool = false, cancels: CancellableTasks = .none
  ) -> Self {
    var explorer = InterleavingExplorer()
    explorer.budget = budget
    explorer.strategy = strategy
    explorer.seed = seed
    explorer.rules.respectsPriorities = respectsPriorities
    explorer.rules.timersRace = timersRace
    explorer.rules.cancels = cancels
    return InterleavingsTrait(explorer)
  }
}
