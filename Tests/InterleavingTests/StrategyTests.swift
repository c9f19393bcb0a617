import InterleavingTesting
import Synchronization
import Testing

@testable import Interleavings

@Suite("strategies, and what they prove")
struct StrategyTests {
  /// Plays two tasks that enter `actors` actors each, one after the other. Returns the orders that were seen and the
  /// coverage.
  static func orders(
    _ strategy: InterleavingStrategyKind, tasks: Int = 2, calls: Int = 2, apart: Bool = false,
    schedules: Int = 200_000
  ) throws -> (orders: Set<[Int]>, coverage: InterleavingCoverage) {
    let seen = Mutex<Set<[Int]>>([])
    let found = try explored(strategy, schedules: schedules) { _ in
      let inboxes = (0..<tasks).map { _ in PlainActorTests.Inbox() }
      await withTaskGroup(of: Void.self) { group in
        for task in 0..<tasks {
          group.addTask { for _ in 0..<calls { await inboxes[apart ? task : 0].receive(task) } }
        }
      }
      var log: [Int] = []
      for inbox in inboxes { log += await inbox.received }
      let order = log
      seen.withLock { _ = $0.insert(order) }
    }
    return (seen.withLock { $0 }, found.coverage)
  }

  @Test("P10: every order of two tasks with two calls each on one actor is played: 4! / (2! 2!) = 6")
  func everyOrder() throws {
    let (orders, coverage) = try Self.orders(.everyOrder())
    #expect(orders.count == 6 && coverage.hasEveryOrder)
    let (three, threeCoverage) = try Self.orders(.everyOrder(), tasks: 3, calls: 1)
    #expect(three.count == 6 && threeCoverage.hasEveryOrder)
  }

  @Test("P10: reduction plays the same orders on each actor, in fewer schedules")
  func reduction() throws {
    for (tasks, calls, apart) in [(2, 2, false), (2, 2, true), (3, 1, false)] {
      let (all, whole) = try Self.orders(.everyOrder(), tasks: tasks, calls: calls, apart: apart)
      let (reduced, part) = try Self.orders(
        .everyOrder(tasksMeetInActors: true), tasks: tasks, calls: calls, apart: apart)
      #expect(all == reduced && whole.hasEveryOrder && part.hasEveryOrder)
      #expect(part.schedules < whole.schedules, "\(part.schedules) of \(whole.schedules)")
      #expect(part.notEnumerated.contains { $0.contains("apart from actors") })
    }
  }

  @Test(
    "P10: reduction keeps all orders in which three tasks of a group end",
    arguments: [false, true])
  func orderOfEnds(meetInActors: Bool) throws {
    let seen = Mutex<Set<[Int]>>([])
    let found = try explored(.everyOrder(tasksMeetInActors: meetInActors), schedules: 100_000) { _ in
      let ends = await withTaskGroup(of: Int.self) { group in
        for number in 0..<3 { group.addTask { number } }
        return await group.reduce(into: []) { $0.append($1) }
      }
      seen.withLock { _ = $0.insert(ends) }
    }
    #expect(found.coverage.hasEveryOrder && seen.withLock(\.count) == 6)
  }

  @Test("P10: a bound on switches leaves orders out, and says so")
  func bounded() throws {
    let (none, noneCoverage) = try Self.orders(.everyOrder(switches: 0))
    let (one, _) = try Self.orders(.everyOrder(switches: 1))
    let (all, _) = try Self.orders(.everyOrder())
    #expect(none.count == 2 && one.count > none.count && one.isSubset(of: all))
    #expect(noneCoverage.notEnumerated.contains("orders with more than 0 switches"))
  }

  @Test("P10: a search that did not come to its end claims nothing, and neither does a strategy that samples")
  func unfinished() throws {
    #expect(try !Self.orders(.everyOrder(), schedules: 3).coverage.hasEveryOrder)
    let (_, coverage) = try Self.orders(.random, schedules: 500)
    #expect(!coverage.hasEveryOrder && coverage.schedules == 500)
  }

  @Test("P10: a search through a test that does not do the same twice claims nothing")
  func diverging() throws {
    let count = Mutex(0)
    let found = try explored(.everyOrder()) { _ in
      let inboxes = [PlainActorTests.Inbox()]
      // Every second time there is another task less.
      let tasks = count.withLock { count in
        count += 1
        return 2 + count % 2
      }
      await withTaskGroup(of: Void.self) { group in
        for number in 0..<tasks { group.addTask { await inboxes[0].receive(number) } }
      }
    }
    #expect(!found.coverage.hasEveryOrder)
    #expect(found.coverage.notEnumerated.contains("orders of a test that did not do the same twice"))
  }

  @Test(
    "each strategy sees all six orders of two tasks with two calls each",
    arguments: [.random, .partialOrderSampling, .uniformWalk, .tasksByPriority(depth: 3)]
      as [InterleavingStrategyKind])
  func sampled(strategy: InterleavingStrategyKind) throws {
    #expect(try Self.orders(strategy, schedules: 500).orders.count == 6)
  }

  @Test(
    "the uniform walk plays the orders of a long and a short task about equally often, and the random walk does not"
  )
  func uniform() throws {
    func counts(_ strategy: InterleavingStrategyKind) throws -> [Int] {
      let seen = Mutex<[Int: Int]>([:])
      _ = try explored(strategy, schedules: 2000) { _ in
        let inboxes = [PlainActorTests.Inbox()]
        @Sendable func send(_ number: Int, _ count: Int) async {
          for place in 0..<count { await inboxes[place % inboxes.count].receive(number) }
        }
        async let long: Void = send(0, 5)
        async let short: Void = send(1, 1)
        _ = await (long, short)
        let place = await inboxes[0].received.firstIndex(of: 1) ?? -1
        seen.withLock { $0[place, default: 0] += 1 }
      }
      return seen.withLock { seen in (0...5).map { seen[$0] ?? 0 } }
    }
    // Six places; a third of the even share is far outside of what chance does to 2,000 draws.
    let (even, uneven) = (try counts(.uniformWalk), try counts(.random))
    #expect((even.min() ?? 0) > 200 && (even.max() ?? 0) < 500, "\(even)")
    #expect((uneven.max() ?? 0) > 2 * (even.max() ?? 0), "\(uneven)")
  }

  @Test("the estimate of what is new falls as orders are seen again")
  func estimate() throws {
    let (_, few) = try Self.orders(.random, schedules: 5)
    let (_, many) = try Self.orders(.random, schedules: 1000)
    #expect(many.probabilityOfNew < 0.02 && few.probabilityOfNew > many.probabilityOfNew)
  }
}
