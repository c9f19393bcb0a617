import InterleavingTesting
import Messaging
import Synchronization
import Testing

@testable import Interleavings

@Suite("partial order reduction, and bounded searches")
struct ReductionTests {
  /// The number of ways to mix sequences of these lengths: the factorial of the sum, divided by the factorials.
  static func multinomial(_ counts: [Int]) -> Int {
    var (result, total) = (1, 0)
    for count in counts {
      for place in 1...max(1, count) where count > 0 {
        total += 1
        result = result * total / place
      }
    }
    return result
  }

  @Test(
    "n tasks that each enter one actor k times: exactly (n k)! / (k!)^n schedules, one for each order",
    arguments: [(2, 1), (2, 2), (2, 5), (3, 1), (3, 2), (4, 2), (5, 1)])
  func oneActor(tasks: Int, calls: Int) {
    let program = ModelProgram(.init(repeating: .init(repeating: .use(0), count: calls), count: tasks))
    let expected = Self.multinomial(.init(repeating: calls, count: tasks))
    let reduced = program.enumerate(PartialOrderReduction())
    #expect(reduced.schedules == expected && reduced.seen.count == expected)
  }

  @Test("n tasks on actors of their own: one schedule", arguments: [2, 5, 10])
  func apart(tasks: Int) {
    let program = ModelProgram((0..<tasks).map { .init(repeating: .use($0), count: 4) })
    #expect(program.enumerate(PartialOrderReduction()).schedules == 1)
  }

  @Test(
    "m pairs of tasks, of which each pair meets once in an actor of its own: 2^m schedules", arguments: 1...6)
  func pairs(count: Int) {
    let program = ModelProgram((0..<2 * count).map { [.use($0 / 2)] })
    #expect(program.enumerate(PartialOrderReduction()).schedules == 1 << count)
  }

  @Test(
    "two tasks that meet k times among 2 k parts of their own: (2 k)! / (k!)^2 schedules", arguments: 1...4)
  func meetings(count: Int) {
    let program = ModelProgram(
      (1...2).map { own in (0..<count).flatMap { _ -> [ModelProgram.Operation] in [.use(own), .use(0)] } })
    #expect(
      program.enumerate(PartialOrderReduction()).schedules == Self.multinomial([count, count]))
  }

  @Test(
    "of random programs, with locks and branches, it plays each class that every order has, and each once")
  func againstBruteForce() {
    var stream = SeededStream(seed: 18, name: "programs")
    var (whole, reduced, compared) = (0, 0, 0)
    for _ in 0..<150 {
      let program = ModelProgram.random(using: &stream)
      let all = program.enumerate(DepthFirstStrategy(), atMost: 4_000)
      guard all.schedules < 4_000 else { continue }
      let some = program.enumerate(PartialOrderReduction())
      #expect(some.classes == all.classes && some.seen == all.seen, "\(program)")
      #expect(some.schedules == some.classes.count, "\(program)")
      (whole, reduced, compared) = (whole + all.schedules, reduced + some.schedules, compared + 1)
    }
    #expect(compared > 100 && reduced * 4 < whole, "\(reduced) of \(whole) in \(compared)")
  }

  @Test(
    "a bound on delays: without one delay there is one schedule, with one there is one more for each choice")
  func delays() {
    let program = ModelProgram([[.use(0), .use(0)], [.use(0), .use(0)], [.use(0)]])
    let all = program.enumerate(DepthFirstStrategy())
    #expect(all.schedules == Self.multinomial([2, 2, 1]))
    // Without a delay: a a b b c. Where three are ready, and where two are, there is one delay to spend.
    let counts = (0...9).map { program.enumerate(DepthFirstStrategy(delays: $0)) }
    #expect(counts[0].schedules == 1 && counts[1].schedules == 1 + 4)
    for (fewer, more) in zip(counts, counts.dropFirst()) {
      #expect(fewer.classes.isSubset(of: more.classes) && fewer.schedules == fewer.classes.count)
    }
    #expect(counts[9].classes == all.classes)
    #expect(counts[1].gaps == ["orders with more than 1 delays"] && counts[9].gaps == [])
  }

  @Test(
    "tasks that sleep are enumerated to the end, with and without timers that race", arguments: [false, true])
  func sleeps(race: Bool) throws {
    func found(_ strategy: InterleavingStrategyKind) throws -> (
      orders: Set<[Int]>, coverage: InterleavingCoverage
    ) {
      let seen = Mutex<Set<[Int]>>([])
      var explorer = InterleavingExplorer()
      explorer.strategy = strategy
      explorer.budget = .schedules(200_000)
      explorer.rules.timersRace = race
      let coverage = try explorer.explore(
        InterleavingTest("sleeps") {
          let inbox = PlainActorTests.Inbox()
          async let late: Void = {
            try? await Task.sleep(for: .seconds(1))
            await inbox.receive(1)
          }()
          async let early: Void = inbox.receive(2)
          _ = await (late, early)
          let order = await inbox.received
          seen.withLock { _ = $0.insert(order) }
        }
      ).coverage
      return (seen.withLock { $0 }, coverage)
    }
    let (all, whole) = try found(.everyOrder())
    let (reduced, part) = try found(.everyOrder(tasksMeetInActors: true))
    #expect(all == reduced && all == (race ? [[1, 2], [2, 1]] : [[2, 1]]))
    #expect(whole.hasEveryOrder && part.hasEveryOrder && part.schedules <= whole.schedules)
  }

  @Test(
    "of real tasks, it plays the orders that every order shows, and far fewer schedules",
    arguments: [
      (2, 2, false), (2, 2, true), (3, 1, false), (3, 1, true),
    ])
  func realTasks(tasks: Int, calls: Int, apart: Bool) throws {
    let (all, whole) = try StrategyTests.orders(.everyOrder(), tasks: tasks, calls: calls, apart: apart)
    let (reduced, part) = try StrategyTests.orders(
      .everyOrder(tasksMeetInActors: true), tasks: tasks, calls: calls, apart: apart)
    #expect(all == reduced && whole.hasEveryOrder && part.hasEveryOrder)
    #expect(part.schedules * 4 <= whole.schedules, "\(part.schedules) of \(whole.schedules)")
  }
}
