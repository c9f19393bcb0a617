import Interleavings
import Testing

/// A trait that plays a test, or each test of a suite, in many orders of its tasks.
public struct InterleavingsTrait: TestTrait, SuiteTrait, TestScoping {
  var explorer: InterleavingExplorer

  public var isRecursive: Bool { true }

  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    // The function is called before this returns, and never afterwards.
    try await withoutActuallyEscaping(function) { function in
      try await InterleavingRun(
        explorer: explorer, name: TestName.plain(test.name), sourceLocation: test.sourceLocation
      ).perform { try await function() }
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
    return InterleavingsTrait(explorer: explorer)
  }
}
