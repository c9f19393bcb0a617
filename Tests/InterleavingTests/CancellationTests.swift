import InterleavingTesting
import Synchronization
import Testing

@testable import Interleavings

@Suite("cancellation at every await")
struct CancellationTests {
  typealias Limiter = PlainActorTests.Limiter

  static func explorer(
    _ cancels: CancellableTasks, _ strategy: InterleavingStrategyKind = .random, schedules: Int = 2000
  ) -> InterleavingExplorer {
    var explorer = InterleavingExplorer()
    explorer.rules.cancels = cancels
    explorer.strategy = strategy
    explorer.budget = .schedules(schedules)
    return explorer
  }

  /// Three tasks of some kind that share one permit, none of which the test cancels.
  static func sharing(isFixed: Bool, kind: String = "group") -> InterleavingTest {
    let sink = IssueSink()
    return InterleavingTest("sharing", sink: sink) {
      let limiter = Limiter(1, isFixed: isFixed)
      @Sendable func use() async {
        guard (try? await limiter.acquire()) != nil else { return }
        await Task.yield()
        await limiter.release()
      }
      switch kind {
      case "group":
        await withTaskGroup(of: Void.self) { group in for _ in 0..<3 { group.addTask { await use() } } }
      case "async let":
        async let one: Void = use()
        async let two: Void = use()
        _ = await (one, two)
      default:
        let tasks = (0..<2).map { _ in Task { await use() } }
        for task in tasks { await task.value }
      }
      sink.expect(await limiter.available == 1, "a permit is lost")
    }
  }

  @Test(
    "a limiter that leaks a permit is found though the test cancels nothing, and its fixed twin passes",
    arguments: ["group", "async let", "task"])
  func leakedPermit(kind: String) throws {
    let explorer = Self.explorer(.children())
    let failure = try #require(try explorer.explore(Self.sharing(isFixed: false, kind: kind)).failure)
    #expect(failure.failure.text == "a permit is lost")
    #expect(failure.shrunk.switches.count { $0.next.hasPrefix("!0.") } == 1, "\(failure.shrunk)")
    #expect(failure.message(test: "sharing", strategy: .random).contains("1 cancellation"))
    #expect(failure.message(test: "sharing", strategy: .random).contains(": is cancelled"))
    let read = try InterleavingPlan(parsing: "\(failure.shrunk)")
    for _ in 0..<100 {
      let again = try explorer.replay(read, Self.sharing(isFixed: false, kind: kind))
      #expect(again.failure == failure.failure && again.plan == failure.shrunk)
    }
    #expect(try explorer.explore(Self.sharing(isFixed: true, kind: kind)).failure == nil)
    #expect(try Self.explorer(.none).explore(Self.sharing(isFixed: false, kind: kind)).failure == nil)
  }

  @Test("every strategy finds it", arguments: PlanTests.strategies.prefix(5) + [.everyOrder(switches: 2)])
  func everyStrategy(strategy: InterleavingStrategyKind) throws {
    let explorer = Self.explorer(.children(), strategy, schedules: 50_000)
    #expect(try explorer.explore(Self.sharing(isFixed: false, kind: "task")).failure != nil)
  }

  final class Names: Sendable {
    private let names = Mutex<Set<String>>([])
    func insert(_ name: String) { names.withLock { _ = $0.insert(name) } }
    var all: Set<String> { names.withLock { $0 } }
  }

  @Test("only tasks with the name are cancelled, wherever they were made")
  func named() throws {
    let cancelled = Names()
    @Sendable func note(_ name: String) async {
      for _ in 0..<3 { await Task.yield() }
      if Task.isCancelled { cancelled.insert(name) }
    }
    let test = InterleavingTest("named") {
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          await Task(name: "reader") { await note("reader") }.value
        }
        group.addTask(name: "writer") { await note("writer") }
        group.addTask { await note("none") }
      }
    }
    #expect(try Self.explorer(.named(["reader"]), schedules: 300).explore(test).failure == nil)
    #expect(cancelled.all == ["reader"])
    #expect(try Self.explorer(.named(["reader", "writer"]), schedules: 300).explore(test).failure == nil)
    #expect(cancelled.all == ["reader", "writer"])
    #expect(try Self.explorer(.children(), schedules: 300).explore(test).failure == nil)
    #expect(cancelled.all == ["reader", "writer", "none"])
  }

  @Test(
    "a task is cancelled before it starts, at each await, and while it sleeps; never twice, never after its end"
  )
  func everyAwait() throws {
    let seen = Mutex<[Int: Int]>([:])
    let test = InterleavingTest("places") {
      let task = Task {
        var place = 0
        while place < 3, !Task.isCancelled {
          await Task.yield()
          place += 1
        }
        if place == 3, !Task.isCancelled {
          do { try await Task.sleep(for: .seconds(1)) } catch { return 4 }
        }
        return Task.isCancelled ? place : 5
      }
      let place = await task.value
      seen.withLock { $0[place, default: 0] += 1 }
    }
    #expect(try Self.explorer(.children(atMost: 3), schedules: 1000).explore(test).failure == nil)
    let counts = seen.withLock { $0 }
    #expect(counts.keys.sorted() == [0, 1, 2, 3, 4, 5], "\(counts)")
    seen.withLock { $0 = [:] }
    let all = try Self.explorer(.children(), .everyOrder()).explore(test)
    #expect(all.failure == nil && all.coverage.hasEveryOrder)
    #expect(seen.withLock(\.keys).sorted() == [0, 1, 2, 3, 4, 5])
  }

  @Test(
    "the test may throw a cancellation error after a cancellation, but no other error, and not without one")
  func thrown() throws {
    struct Broken: Error {}
    func test(_ error: any Error) -> InterleavingTest {
      InterleavingTest("throws") {
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            await Task.yield()
            if Task.isCancelled { throw error }
          }
          try await group.waitForAll()
        }
      }
    }
    #expect(try Self.explorer(.children()).explore(test(CancellationError())).failure == nil)
    let broken = try Self.explorer(.children()).explore(test(Broken())).failure
    #expect(broken?.failure.text == "an error was thrown: Broken()")
    let own = InterleavingTest("own") { throw CancellationError() }
    #expect(try Self.explorer(.children()).explore(own).failure != nil)
  }

  @Test("a task that has ended is let go, though it could have been cancelled")
  func letGo() throws {
    final class Result: Sendable {}
    let found = try Self.explorer(.children(), schedules: 50).explore(
      InterleavingTest("ends") {
        weak var result: Result?
        do {
          let value = await Task { Result() }.value
          result = value
        }
        await Task.yield()
        guard result == nil else { throw InterleavingError.waitsOutside }
      })
    #expect(found.failure == nil)
  }

  @Test("an order cancels no more tasks than it may", arguments: [1, 2])
  func most(count: Int) throws {
    let most = Mutex(0)
    let test = InterleavingTest("three") {
      let tasks = (0..<3).map { _ in
        Task {
          await Task.yield()
          return Task.isCancelled ? 1 : 0
        }
      }
      var cancelled = 0
      for task in tasks { cancelled += await task.value }
      let sum = cancelled
      most.withLock { $0 = max($0, sum) }
    }
    for strategy in [.random, .everyOrder(switches: 0)] as [InterleavingStrategyKind] {
      most.withLock { $0 = 0 }
      #expect(
        try Self.explorer(.children(atMost: count), strategy, schedules: 500).explore(test).failure == nil)
      #expect(most.withLock { $0 } == count)
    }
  }
}
