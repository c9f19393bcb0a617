import InterleavingTesting
import Testing

@testable import Interleavings

@Suite("plans, shrinking and playing again")
struct PlanTests {
  /// Two tasks that each read and then set. `extra` calls of another actor come first in the second one.
  static func lostUpdate(_ sink: IssueSink, extra: Int = 0) async {
    let (account, other) = (PlainActorTests.Account(), PlainActorTests.Account())
    @Sendable func add() async {
      let balance = await account.balance
      await account.set(balance + 1)
    }
    async let one: Void = add()
    async let two: Void = {
      for _ in 0..<extra { await other.deposit(1) }
      await add()
    }()
    _ = await (one, two)
    sink.expect(await account.balance == 2, "an update is lost")
  }

  static func test(extra: Int = 0) -> InterleavingTest {
    let sink = IssueSink()
    return InterleavingTest("lostUpdate", sink: sink) { await lostUpdate(sink, extra: extra) }
  }

  @Test("P2: a plan that is read back plays the same schedule, a thousand times")
  func replay() throws {
    let explorer = InterleavingExplorer()
    let failure = try #require(try explorer.explore(Self.test()).failure)
    for plan in [failure.found, failure.shrunk] {
      let read = try InterleavingPlan(parsing: "\(plan)")
      #expect(read == plan)
      let first = try explorer.replay(read, Self.test())
      #expect(first.failure?.text == "an update is lost" && first.plan == plan)
      for _ in 0..<500 {
        let again = try explorer.replay(read, Self.test())
        #expect(again.failure == first.failure && again.parts.map(\.step) == first.parts.map(\.step))
      }
    }
  }

  @Test("P1: the same seed finds the same failure", arguments: PlanTests.strategies)
  func same(strategy: InterleavingStrategyKind) throws {
    var explorer = InterleavingExplorer()
    explorer.strategy = strategy
    let found = try (0..<3).map { _ in try #require(try explorer.explore(Self.test()).failure) }
    #expect(Set(found.map(\.found)).count == 1 && Set(found.map(\.schedule)).count == 1)
  }
  static let strategies: [InterleavingStrategyKind] = [
    .random, .partialOrderSampling, .uniformWalk, .tasksByPriority(depth: 3), .actorsByPriority(depth: 3),
    .everyOrder(), .everyOrder(switches: 2), .everyOrder(tasksMeetInActors: true),
  ]

  @Test("a plan survives an edit in another task")
  func survives() throws {
    let explorer = InterleavingExplorer()
    let failure = try #require(try explorer.explore(Self.test()).failure)
    #expect(try explorer.replay(failure.shrunk, Self.test(extra: 3)).failure?.text == "an update is lost")
  }

  @Test("a plan that does not fit any more says so, and names the build for which it was made")
  func doesNotFit() throws {
    let explorer = InterleavingExplorer()
    let thisBuild = InterleavingPlan.thisBuild
    let plan = try InterleavingPlan(parsing: "\(thisBuild)/0.7#3>0.2")
    #expect(
      throws: InterleavingError.planDoesNotFit(switch: "0.7#3>0.2", planned: thisBuild, build: thisBuild)
    ) { try explorer.replay(plan, Self.test()) }
    let other = try InterleavingPlan(parsing: "d5.9/0.7#3>0.2")
    let error = #expect(throws: InterleavingError.self) { try explorer.replay(other, Self.test()) }
    #expect(error.map { "\($0)".contains("made for the build d5.9") } == true)
  }

  @Test(
    "a text that is no plan is an error that shows the part",
    arguments: [
      "", "x", "r6.3", "r6.3/0.1", "r6.3/0.1#x>0.2", "r6.3/0.1#1>0.2;", "6.3/0.1#1>0.2",
      "r6.3/0.1#99999999999>0",
    ])
  func unreadable(text: String) {
    #expect(throws: InterleavingError.self) { try InterleavingPlan(parsing: text) }
  }

  @Test("what fails by chance is told as that, and not as an order that fails")
  func failsOnce() throws {
    let chance = ChanceCounter()
    let error = #expect(throws: InterleavingError.self) {
      _ = try explored { sink in
        await Task.yield()
        sink.expect(await chance.next() != 5, "an unlucky number")
      }
    }
    let text = try #require(error).description
    #expect(text.contains(": an unlucky number\nboth times the same"), "\(text)")
  }

  @Test("if a test does other things in the same order, the first that differs is told with its function")
  func differs() throws {
    let chance = ChanceCounter()
    let error = #expect(throws: InterleavingError.self) {
      _ = try explored(schedules: 20) { sink in
        if await chance.next() == 5 {
          await Self.unlucky(chance)
          sink.record(ScheduleFailure("an unlucky number"))
        } else {
          await Self.lucky(chance)
        }
      }
    }
    let text = try #require(error).description
    #expect(text.contains("an unlucky number\npart ") && text.contains("lucky"), "\(text)")
  }

  @inline(never) private static func unlucky(_ chance: ChanceCounter) async { await chance.pass() }
  @inline(never) private static func lucky(_ chance: ChanceCounter) async {
    await Task.yield()
    await chance.pass()
  }

  actor ChanceCounter {
    private var count = 0
    func pass() {}
    func next() -> Int {
      count += 1
      return count
    }
  }

  @Test("the message names what failed, the tasks, the actors and the functions, and how to play it again")
  func message() throws {
    let failure = try #require(try InterleavingExplorer().explore(Self.test()).failure)
    let message = failure.message(test: "lostUpdate", strategy: .random)
    #expect(message.hasPrefix("an update is lost\n"))
    #expect(message.contains("on Account (actor 1)") && message.contains("task 0.2"), "\(message)")
    #expect(message.contains("lostUpdate(_:extra:)") || message.contains("lostUpdate("), "\(message)")
    #expect(message.contains("TROUPE_INTERLEAVING='lostUpdate:\(failure.shrunk)'"))
    #expect(message.utf8.count < 3000)
  }

  @Test("a place in the code is looked up once, however many parts are there")
  func lookups() throws {
    let played = try InterleavingExplorer().replay(InterleavingPlan(), Self.test(extra: 50))
    let names = FunctionNames()
    let places = played.parts.compactMap(\.place)
    // To look a place up takes a second in a debug build.
    let expected = Dictionary(uniqueKeysWithValues: Set(places).map { ($0, FunctionNames().name(at: $0)) })
    for place in places + places { #expect(names.name(at: place) == expected[place]) }
    #expect(names.lookups == Set(places).count)
  }

  @Test("a value of many bytes is cut short")
  func longValues() throws {
    let found = try explored(schedules: 1) { sink in
      sink.record(ScheduleFailure(String(repeating: "0123456789", count: 10_000)))
    }
    #expect(try #require(found.failure).failure.text.utf8.count <= 400)
  }
}
