import InterleavingTesting
import Testing

@testable import Interleavings

@Suite("tasks that await without an end")
struct SpinningTests {
  @Test(
    "time goes on for one task that awaits without an end; for two it does only if timers race, and the error says so",
    arguments: [1, 2])
  func spinningUntilTimeout(tasks: Int) throws {
    var explorer = InterleavingExplorer()
    explorer.budget = .schedules(20)
    explorer.rules.mostParts = 5000
    let test = InterleavingTest("spins") {
      let tasks = (0..<tasks).map { _ in Task { while !Task.isCancelled { await Task.yield() } } }
      try await Task.sleep(for: .seconds(1))
      for task in tasks { task.cancel() }
    }
    let error = try explorer.explore(test).failure?.failure.error
    if tasks == 1 {
      #expect(error == nil)
    } else if case .tooManyParts(limit: 5000, busiest: _, sleeps: true) = error {
    } else {
      Issue.record("\(String(describing: error))")
    }
    explorer.rules.timersRace = true
    explorer.rules.mostParts = 20_000
    #expect(try explorer.explore(test).failure == nil)
  }

  @Test("time goes on while one task awaits what is always there")
  func restingUntilTimeout() throws {
    let found = try explored(schedules: 10) { _ in
      let reader = Task { for await _ in Endless() {} }
      try await Task.sleep(for: .seconds(1))
      reader.cancel()
      await reader.value
    }
    #expect(found.failure == nil, "\(String(describing: found.failure?.failure))")
  }

  /// A sequence that is always there, and never ends unless its reader is cancelled.
  struct Endless: AsyncSequence, AsyncIteratorProtocol {
    // Of an inlined function, no await is left in a release build.
    @inline(never) @_optimize(none) mutating func next() async -> Int? { Task.isCancelled ? nil : 1 }
    func makeAsyncIterator() -> Self { self }
  }

  @Test(
    "a task that awaits what is always there lets other tasks run, so that it can be cancelled",
    arguments: PlanTests.strategies.prefix(5))
  func endless(strategy: InterleavingStrategyKind) throws {
    let found = try explored(strategy, schedules: 20) { sink in
      let account = PlainActorTests.Account()
      let reader = Task {
        var count = 0
        for await element in Endless() { count += element }
        return count
      }
      await account.deposit(1)
      reader.cancel()
      _ = await reader.value
      sink.expect(await account.balance == 1, "nothing was deposited")
    }
    #expect(found.failure == nil)
  }
}
