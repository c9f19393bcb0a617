import InterleavingTesting
import Synchronization
import Testing

@testable import Interleavings

/// Plays a test and returns what was found.
func explored(
  _ strategy: InterleavingStrategyKind = .random, schedules: Int = 2000, seed: UInt64 = 0,
  _ body: @escaping @Sendable (IssueSink) async throws -> Void
) throws -> InterleavingExplorer.Exploration {
  var explorer = InterleavingExplorer()
  explorer.strategy = strategy
  explorer.budget = .schedules(schedules)
  explorer.seed = seed
  let sink = IssueSink()
  return try explorer.explore(InterleavingTest("test", sink: sink) { try await body(sink) })
}

extension IssueSink {
  func expect(_ holds: Bool, _ text: String) { if !holds { record(ScheduleFailure(text)) } }
}

@Suite("plain actors, in every order of their awaits")
struct PlainActorTests {
  /// An actor that makes its value when it is first asked, by way of another actor.
  actor Cache {
    private let factory: Factory
    private var value: Int?
    private let waits: Bool
    private var making: Task<Int, Never>?
    init(_ factory: Factory, waits: Bool) { (self.factory, self.waits) = (factory, waits) }

    func get() async -> Int {
      if let value { return value }
      if waits {
        let task = making ?? Task { await factory.make() }
        making = task
        value = await task.value
      } else {
        value = await factory.make()
      }
      return value ?? 0
    }
  }
  actor Factory {
    private(set) var made = 0
    func make() -> Int {
      made += 1
      return made
    }
  }

  @Test(
    "an initialisation race in a task group is found, and its fixed twin passes", arguments: [false, true])
  func initialisationRace(isFixed: Bool) throws {
    let found = try explored { sink in
      let factory = Factory()
      let cache = Cache(factory, waits: isFixed)
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<3 { group.addTask { _ = await cache.get() } }
      }
      sink.expect(await factory.made == 1, "made more than once")
    }
    #expect((found.failure == nil) == isFixed)
    if let failure = found.failure { #expect(failure.shrunk.switches.count == 1, "\(failure.shrunk)") }
  }

  /// A limiter of how many tasks go on at once, which leaks a permit if a waiting task is cancelled when its turn comes.
  actor Limiter {
    private var free: Int
    private var waiting: [(id: Int, continuation: CheckedContinuation<Bool, Never>)] = []
    private var next = 0
    private let isFixed: Bool
    init(_ count: Int, isFixed: Bool) { (free, self.isFixed) = (count, isFixed) }

    func acquire() async throws {
      if free > 0 {
        free -= 1
        return
      }
      let id = next
      next += 1
      let hasPermit = await withTaskCancellationHandler {
        await withCheckedContinuation { waiting.append((id, $0)) }
      } onCancel: {
        Task { await self.cancel(id) }
      }
      // The permit may have been given just before the cancellation.
      if Task.isCancelled {
        if isFixed, hasPermit { release() }
        throw CancellationError()
      }
    }

    private func cancel(_ id: Int) {
      guard let index = waiting.firstIndex(where: { $0.id == id }) else { return }
      waiting.remove(at: index).continuation.resume(returning: false)
    }

    func release() {
      if waiting.isEmpty { free += 1 } else { waiting.removeFirst().continuation.resume(returning: true) }
    }

    var available: Int { free }
  }

  @Test(
    "a limiter that leaks a permit on cancellation is found, and its fixed twin passes",
    arguments: [false, true])
  func leakedPermit(isFixed: Bool) throws {
    let found = try explored { sink in
      let limiter = Limiter(1, isFixed: isFixed)
      try await limiter.acquire()
      let waiter = Task {
        try await limiter.acquire()
        await limiter.release()
      }
      async let cancelled: Void = waiter.cancel()
      await limiter.release()
      await cancelled
      _ = await waiter.result
      sink.expect(await limiter.available == 1, "a permit is lost")
    }
    #expect((found.failure == nil) == isFixed, "\(String(describing: found.failure?.played.plan))")
  }

  actor Account {
    private(set) var balance = 0
    func deposit(_ amount: Int) { balance += amount }
    func set(_ amount: Int) { balance = amount }
  }

  @Test(
    "a lost update is found between tasks of every kind",
    arguments: ["group", "async let", "task", "detached"])
  func lostUpdate(kind: String) throws {
    let found = try explored { sink in
      let account = Account()
      @Sendable func add() async {
        let balance = await account.balance
        await account.set(balance + 1)
      }
      switch kind {
      case "group":
        await withTaskGroup(of: Void.self) { group in
          group.addTask { await add() }
          group.addTask { await add() }
        }
      case "async let":
        async let one: Void = add()
        async let two: Void = add()
        _ = await (one, two)
      case "task":
        let tasks = [Task { await add() }, Task { await add() }]
        for task in tasks { await task.value }
      default:
        let tasks = [Task.detached { await add() }, Task.detached { await add() }]
        for task in tasks { await task.value }
      }
      sink.expect(await account.balance == 2, "an update is lost")
    }
    let failure = try #require(found.failure)
    #expect(failure.shrunk.switches.count == 1 && failure.schedule <= 50, "\(failure.schedule)")
  }

  /// Numbers that tasks append without an actor.
  final class Returns: Sendable {
    private let numbers = Mutex<[Int]>([])
    func append(_ number: Int) { numbers.withLock { $0.append(number) } }
    var all: [Int] { numbers.withLock { $0 } }
  }

  @Test(
    "a task of its own may be overtaken after it has come back from an actor",
    arguments: ["task", "detached", "group"])
  func overtaken(kind: String) throws {
    let wasOvertaken = Mutex(false)
    let found = try explored { _ in
      let inboxes = [Inbox()]
      let returned = Returns()
      @Sendable func call(_ number: Int) async {
        await inboxes[0].receive(number)
        returned.append(number)
      }
      switch kind {
      case "task": for task in [Task { await call(1) }, Task { await call(2) }] { await task.value }
      case "detached":
        for task in [Task.detached { await call(1) }, Task.detached { await call(2) }] { await task.value }
      default:
        await withTaskGroup(of: Void.self) { group in
          group.addTask { await call(1) }
          group.addTask { await call(2) }
        }
      }
      let received = await inboxes[0].received
      if received != returned.all { wasOvertaken.withLock { $0 = true } }
    }
    #expect(found.failure == nil && wasOvertaken.withLock { $0 })
  }

  @MainActor final class Model {
    var value = 0
    func add() async {
      let before = value
      await other()
      value = before + 1
      MainActor.assertIsolated()
    }
    nonisolated func other() async { await Task.yield() }
  }

  @Test("the main actor is the episode's while it drives, and its tasks race like others")
  func mainActor() throws {
    let found = try explored { sink in
      let model = Model()
      async let one: Void = model.add()
      async let two: Void = model.add()
      _ = await (one, two)
      sink.expect(await model.value == 2, "an update is lost")
    }
    #expect(found.failure?.failure.text == "an update is lost")
  }

  /// An actor whose executor is another's, to which it forwards its jobs.
  actor Forwarding {
    nonisolated var unownedExecutor: UnownedSerialExecutor { MainActor.sharedUnownedExecutor }
    private(set) var value = 0
    func set(_ value: Int) { self.value = value }
  }

  @Test("an actor with an executor of its own, which forwards, takes part")
  func forwarding() throws {
    let found = try explored { sink in
      let actors = [Forwarding()]
      @Sendable func add() async {
        let value = await actors[0].value
        await Task.yield()
        await actors[0].set(value + 1)
      }
      async let one: Void = add()
      async let two: Void = add()
      _ = await (one, two)
      sink.expect(await actors[0].value == 2, "an update is lost")
    }
    #expect(found.failure?.failure.text == "an update is lost")
  }

  @globalActor actor Store { static let shared = Store() }
  @Store final class Shared: Sendable {
    var log: [Int] = []
    nonisolated init() {}
    func add(_ number: Int) { log.append(number) }
  }

  @Test("tasks on a global actor come in every order; a stream keeps the order of its elements")
  func globalActorAndStream() throws {
    let orders = Mutex<Set<[Int]>>([])
    let found = try explored(schedules: 300) { sink in
      let shared = Shared()
      let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
      await withTaskGroup(of: Void.self) { group in
        for number in 0..<3 { group.addTask { await shared.add(number) } }
        group.addTask {
          for number in 0..<3 { continuation.yield(number) }
          continuation.finish()
        }
        group.addTask {
          var last = -1
          for await number in stream {
            sink.expect(number == last + 1, "an element is out of order")
            last = number
          }
          sink.expect(last == 2, "an element is missing")
        }
      }
      let log = await shared.log
      orders.withLock { _ = $0.insert(log) }
    }
    #expect(found.failure == nil && orders.withLock(\.count) == 6)
  }

  @Test("a hundred nested task groups end")
  func nestedGroups() throws {
    @Sendable func nest(_ depth: Int, _ account: Account) async {
      await account.deposit(1)
      guard depth > 1 else { return }
      await withTaskGroup(of: Void.self) { group in group.addTask { await nest(depth - 1, account) } }
    }
    let found = try explored(schedules: 20) { sink in
      let account = Account()
      await nest(100, account)
      sink.expect(await account.balance == 100, "a call is lost")
    }
    #expect(found.failure == nil)
  }

  /// An actor whose calls are counted by when they were made.
  actor Inbox {
    private(set) var received: [Int] = []
    func receive(_ number: Int) { received.append(number) }
    func startInOrder() -> [Task<Void, Never>] {
      [1, 2].map { number in Task { self.received.append(number) } }
    }
  }

  @Test("tasks that an actor makes for itself run in the order in which it made them, as the language has it")
  func orderThatHolds() throws {
    let found = try explored(schedules: 300) { sink in
      let inbox = Inbox()
      async let other: Void = inbox.receive(0)
      for task in await inbox.startInOrder() { await task.value }
      await other
      sink.expect(await inbox.received.filter { $0 > 0 } == [1, 2], "out of order")
    }
    #expect(found.failure == nil)
  }

  @Test("a low priority may go first, unless priorities are respected", arguments: [false, true])
  func priorities(areRespected: Bool) throws {
    var explorer = InterleavingExplorer()
    explorer.rules.respectsPriorities = areRespected
    explorer.budget = .schedules(200)
    let sink = IssueSink()
    let found = try explorer.explore(
      InterleavingTest("priorities", sink: sink) {
        let inbox = Inbox()
        let low = Task(priority: .low) { await inbox.receive(1) }
        let high = Task(priority: .high) { await inbox.receive(2) }
        await low.value
        await high.value
        sink.expect(await inbox.received == [2, 1], "the low priority was first")
      })
    #expect(
      (found.failure == nil) == areRespected,
      "\(found.failure.map { $0.message(test: "priorities", strategy: .random) } ?? "")")
    #expect(found.coverage.notEnumerated.contains { $0.contains("priority") } == areRespected)
  }
}
