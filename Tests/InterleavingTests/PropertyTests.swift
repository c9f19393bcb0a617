import InterleavingTesting
import Testing

@testable import Interleavings

@Suite("always and eventually")
struct PropertyTests {
  actor Counter {
    var value: Int
    init(_ value: Int = 0) { self.value = value }
    func add(_ amount: Int) { value += amount }
  }

  /// Two forks. Whoever has one and cannot get the other puts it down and tries again.
  actor Fork {
    var isTaken = false
    func take() -> Bool {
      defer { isTaken = true }
      return !isTaken
    }
    func putDown() { isTaken = false }
  }

  private static func failure(
    _ strategy: InterleavingStrategyKind = .random, schedules: Int = 200,
    _ body: @escaping @Sendable () async throws -> Void
  ) throws -> InterleavingExplorer.Failure? {
    var explorer = InterleavingExplorer()
    explorer.strategy = strategy
    explorer.budget = .schedules(schedules)
    return try explorer.explore(InterleavingTest("property", body: body)).failure
  }

  @Test("a state that lasts for one part is seen by `always`, and by no expectation at the end")
  func always() throws {
    @Sendable func transfer(_ one: Counter, _ two: Counter, takesFirst: Bool) async {
      if takesFirst {
        await one.add(-5)
        await two.add(5)
      } else {
        await two.add(5)
        await one.add(-5)
      }
    }
    for takesFirst in [true, false] {
      let failure = try Self.failure {
        let (one, two) = (Counter(7), Counter(5))
        InterleavingTesting.always("money is not made") { states in
          states.read(one) { $0.value } + states.read(two) { $0.value } <= 12
        }
        await transfer(one, two, takesFirst: takesFirst)
      }
      if takesFirst {
        #expect(failure == nil, "\(failure?.failure.text ?? "")")
      } else {
        #expect(failure?.failure.text == "did not hold: money is not made")
        #expect(failure?.failure.place?.hasPrefix("InterleavingTests/PropertyTests.swift:") == true)
        // The schedule ends with the part that broke it.
        #expect(failure?.played.parts.last?.step.actor == 1)
      }
    }
  }

  @Test("what never comes true before the end is told, and what came true once is enough")
  func atTheEnd() throws {
    let failure = try Self.failure {
      let counter = Counter()
      eventually("the counter is 1") { $0.read(counter) { $0.value == 1 } }
      eventually("the counter is 2") { $0.read(counter) { $0.value == 2 } }
      eventually("the counter is 4") { $0.read(counter) { $0.value == 4 } }
      for _ in 0..<3 {
        await counter.add(1)
        // Without it the three calls may be one part.
        await Task.yield()
      }
    }
    #expect(failure?.failure.text == "never: the counter is 4; the test has ended")
  }

  private static func dine(isPatient: Bool) async {
    let forks = [Fork(), Fork()]
    let meals = Counter()
    let taken: @Sendable (ActorStates) -> AnyHashable = { states in
      let areTaken = forks.map { fork in states.read(fork) { $0.isTaken } }
      return AnyHashable(areTaken + [states.read(meals) { $0.value > 0 }])
    }
    eventually("somebody eats", state: taken) { states in
      states.read(meals) { $0.value > 0 }
    }
    @Sendable func philosopher(_ first: Fork, _ second: Fork) async {
      while true {
        guard await first.take() else {
          await Task.yield()
          continue
        }
        if await second.take() { break }
        await first.putDown()
      }
      await meals.add(1)
      await second.putDown()
      await first.putDown()
    }
    async let one: Void = philosopher(forks[0], forks[1])
    async let two: Void = isPatient ? philosopher(forks[0], forks[1]) : philosopher(forks[1], forks[0])
    _ = await (one, two)
  }

  @Test("two who always put down their forks at the same time are a livelock: a cycle of equal states")
  func cycle() throws {
    let failure = try Self.failure { await Self.dine(isPatient: false) }
    let text = try #require(failure?.failure.text)
    #expect(text.hasPrefix("never: somebody eats; livelock: after part "), "\(text)")
    #expect(text.hasSuffix("and every task that can go on has run since"), "\(text)")
  }

  @Test(
    "what cannot be told from slow progress is told as a budget that was used up", arguments: [true, false])
  func budget(hasState: Bool) throws {
    let failure = try Self.failure {
      let counter = Counter()
      // Every state is a new one, because the counter only grows.
      let state: @Sendable (ActorStates) -> AnyHashable = { states in states.read(counter) { $0.value } }
      eventually("the counter is negative", within: 300, state: hasState ? state : nil) { states in
        states.read(counter) { $0.value < 0 }
      }
      while true {
        await counter.add(1)
        await Task.yield()
      }
    }
    let reason =
      hasState
      ? "no state came back with every task having run, so it may be a livelock or slow progress"
      : "no `state` was given, so nothing tells a livelock from slow progress"
    #expect(failure?.failure.text == "never within 300 parts: the counter is negative; \(reason)")
  }

  @Test(
    "the twin, in which both take the same fork first, passes under every strategy",
    arguments: PlanTests.strategies)
  func twin(strategy: InterleavingStrategyKind) throws {
    let failure = try Self.failure(strategy, schedules: 2_000) { await Self.dine(isPatient: true) }
    #expect(failure == nil, "\(failure?.failure.text ?? "")")
  }

  @Test(
    "waiting is fair: a task that spins until another has run is no livelock", arguments: PlanTests.strategies
  )
  func fairness(strategy: InterleavingStrategyKind) throws {
    let failure = try Self.failure(strategy, schedules: 50) {
      let counter = Counter()
      eventually("the flag is set", state: { $0.read(counter) { $0.value } }) {
        $0.read(counter) { $0.value == 1 }
      }
      async let setting: Void = counter.add(1)
      while await counter.value == 0 { await Task.yield() }
      await setting
    }
    #expect(failure == nil, "\(failure?.failure.text ?? "")")
  }

  @Test("P2: a livelock is played again by its plan")
  func replayed() throws {
    let explorer = InterleavingExplorer()
    let test = InterleavingTest("livelock") { await Self.dine(isPatient: false) }
    let failure = try #require(try explorer.explore(test).failure)
    #expect(try explorer.replay(failure.shrunk, test).failure == failure.failure)
  }

  @Test("outside of a play they are issues, because nothing is checked")
  func unplayed() {
    withKnownIssue {
      InterleavingTesting.always("anything") { _ in true }
    } matching: {
      "\($0)".contains("`always` is checked only in a test that is played in many orders")
    }
    withKnownIssue { eventually("anything") { _ in true } }
  }
}
