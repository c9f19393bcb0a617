import ActorTesting
import Foundation
import Messaging
import Synchronization
import Testing

@Suite("Jobs that wait at one plain actor, in a message system")
struct PlainActorOrderTests {
  struct Begin: Message { static let messageName = "begin" }

  /// A plain actor that keeps who was there.
  actor Desk {
    private(set) var callers: [UInt8] = []
    private(set) var count = 0
    func call(_ caller: UInt8) { callers.append(caller) }
    func set(_ count: Int) { self.count = count }
    /// Makes tasks that wait in this actor's own queue, and never at the gate.
    func makeTasks(_ callers: Range<UInt8>) {
      for caller in callers { Task { self.callers.append(caller) } }
    }

    private var waiting: [CheckedContinuation<Void, Never>] = []
    func rest(_ caller: UInt8) async {
      await withCheckedContinuation { waiting.append($0) }
      callers.append(caller)
    }
    func wakeAll() {
      for continuation in waiting { continuation.resume() }
      waiting = []
    }
  }

  /// An actor that does what a test says when its message comes.
  actor Doer: SimulatedActor {
    let context: ActorContext
    private(set) var count = 0
    private let body: @Sendable (Doer) async -> Void
    init(_ context: ActorContext, _ body: @escaping @Sendable (Doer) async -> Void) {
      (self.context, self.body) = (context, body)
    }
    func receive(_ begin: Begin) async { await body(self) }
    func set(_ count: Int) { self.count = count }
    nonisolated func note(_ name: String, _ payload: [UInt8]) { context.note(name, payload) }
  }

  final class Returns: Sendable {
    let count = Mutex(0)
  }

  static func system(
    escapes: EscapeRule = .fail, _ body: @escaping @Sendable (Doer) async -> Void,
    violation: @escaping @Sendable (PlayedEpisode) -> String?
  ) -> SimulatedSystem {
    var system = SimulatedSystem("doer") { root, _ in
      root.send(Begin(), to: root.spawn("doer") { Doer($0, body) })
    } violation: {
      violation($0)
    }
    system.escapes = escapes
    return system
  }

  /// A handler that makes a child which calls a desk, and then calls the desk itself. Before the child can be there, the handler has
  /// asked for the desk; so only a desk that lets in the second of two who wait shows the other order.
  static let swapped = system { doer in
    let desk = Desk()
    async let child: Void = desk.call(2)
    await desk.call(1)
    await child
    doer.note("callers", await desk.callers)
  } violation: { played in
    played.notes("callers").first == [2, 1] ? "the child was there first" : nil
  }

  static func explored(
    _ system: SimulatedSystem, _ strategy: ExplorationStrategy = .random, seeds: Range<UInt64> = 0..<500,
    threads: Int = 1
  ) throws -> Explorer.Exploration {
    var explorer = Explorer(system)
    (explorer.strategy, explorer.granularity, explorer.threads) = (strategy, .awaits, threads)
    return try explorer.explore(seeds: seeds)
  }

  @Test(
    "a bug that shows only when two jobs at one plain actor swap is found, by the same seed with any number of threads",
    arguments: [ExplorationStrategy.random, .pct(depth: 2, steps: 10), .dfs(depth: 40)])
  func swap(strategy: ExplorationStrategy) throws {
    let failure = try #require(try Self.explored(Self.swapped, strategy).failure)
    #expect(failure.shrunk.decisionCount == 1, "\(failure.shrunk)")
    let other = try #require(try Self.explored(Self.swapped, strategy, threads: 2).failure)
    #expect(other.record == failure.record && other.shrunk == failure.shrunk && other.seed == failure.seed)
    // The plan that is printed is read back and plays the same, without a word of granularity.
    let plan = try EpisodePlan(parsing: "\(failure.shrunk)")
    let again = try Explorer(Self.swapped).play(seed: failure.seed, plan: plan)
    #expect(again.violation == "the child was there first")
    #expect(try again.played.events == EpisodeHistory(failure.record).events)
  }

  @Test("P2, P3: an episode with a swap replays from its record, and a fork with its seed goes on as it did")
  func replayed() throws {
    for seed in 0..<UInt64(30) {
      let episode = Episode(seed: seed, strategy: RandomStrategy(seed: seed), granularity: .awaits) {
        Self.swapped.setUp($0, [:])
      }
      defer { episode.close() }
      _ = episode.run()
      let history = try EpisodeHistory(try EpisodeRecord(encoded: episode.record(id: "parent").encoded))
      let replay = Episode(replaying: history) { Self.swapped.setUp($0, [:]) }
      defer { replay.close() }
      let outcome = try #require(history.outcome)
      #expect("\(replay.run())" == "\(outcome)" && replay.plan == episode.plan)
      for event in 0...history.eventCount {
        let fork = Episode(forking: history, at: event, seed: seed) { Self.swapped.setUp($0, [:]) }
        defer { fork.close() }
        _ = fork.run()
        #expect(fork.events == episode.events && fork.plan == episode.plan)
      }
    }
  }

  @Test("tasks of a handler that call the handler's own actor are choices, too")
  func ownActor() throws {
    let system = Self.system { doer in
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<2 {
          group.addTask {
            let before = await doer.count
            await doer.set(before + 1)
          }
        }
      }
      doer.note("count", [UInt8(await doer.count)])
    } violation: { played in
      played.notes("count").first == [2] ? nil : "a count was lost"
    }
    for strategy in [ExplorationStrategy.random, .dfs(depth: 60)] {
      #expect(try Self.explored(system, strategy).failure?.violation == "a count was lost")
    }
  }

  @Test(
    "a search through all orders sees every order of calls of one actor, each play another, and says that it did"
  )
  func everyOrder() throws {
    for (tasks, calls, orders) in [(2, 1, 2), (3, 1, 6), (2, 2, 6)] {
      let seen = Mutex<Set<[UInt8]>>([])
      let plans = Mutex<Set<String>>([])
      let returns = Returns()
      var system = Self.system { doer in
        let desk = Desk()
        await withTaskGroup(of: Void.self) { group in
          for task in 0..<tasks {
            group.addTask {
              for _ in 0..<calls {
                await desk.call(UInt8(task))
                // Something that is no business of the actor, so that the compiler does not make one part of two calls.
                returns.count.withLock { $0 += 1 }
              }
            }
          }
        }
        doer.note("callers", await desk.callers)
      } violation: { played in
        seen.withLock { _ = $0.insert(played.notes("callers").first ?? []) }
        return nil
      }
      let run = system.run
      system.run = { episode in
        let status = try run(episode)
        plans.withLock { _ = $0.insert("\(episode.plan)") }
        return status
      }
      let found = try Self.explored(system, .dfs(depth: 60), seeds: 0..<1)
      #expect(seen.withLock(\.count) == orders)
      #expect(plans.withLock(\.count) == found.episodes)
      let coverage = try #require(found.coverage)
      #expect(coverage.hasEveryOrder && coverage.notEnumerated.isEmpty)
    }
  }

  @Test("what a plain actor's own tasks put into its queue keeps its order, and coverage says so")
  func ownQueue() throws {
    let seen = Mutex<Set<[UInt8]>>([])
    let system = Self.system { doer in
      let desk = Desk()
      await desk.makeTasks(0..<2)
      // The time passes when the tasks have ended.
      try? await doer.context.sleep(for: .seconds(1))
      doer.note("callers", await desk.callers)
    } violation: { played in
      seen.withLock { _ = $0.insert(played.notes("callers").first ?? []) }
      return nil
    }
    let coverage = try #require(try Self.explored(system, .dfs(depth: 40), seeds: 0..<1).coverage)
    #expect(seen.withLock(\.self) == [[0, 1]])
    #expect(coverage.hasEveryOrder && coverage.notEnumerated == [.jobsAtOneActor])
    #expect("\(coverage)".contains("in a plain actor's own queue"))
  }

  @Test("tasks that one call resumes go on in a plain actor in every order")
  func resumed() throws {
    let seen = Mutex<Set<[UInt8]>>([])
    let system = Self.system { doer in
      let desk = Desk()
      async let one: Void = desk.rest(1)
      async let two: Void = desk.rest(2)
      // The time passes when nothing else can go on, so both rest.
      try? await doer.context.sleep(for: .seconds(1))
      await desk.wakeAll()
      _ = await (one, two)
      doer.note("callers", await desk.callers)
    } violation: { played in
      seen.withLock { _ = $0.insert(played.notes("callers").first ?? []) }
      return nil
    }
    let coverage = try #require(try Self.explored(system, .dfs(depth: 60), seeds: 0..<1).coverage)
    #expect(seen.withLock(\.self) == [[1, 2], [2, 1]])
    #expect(coverage.hasEveryOrder && coverage.notEnumerated.isEmpty)
  }

  /// A sequence that is always there, and never ends.
  struct Endless: AsyncSequence, AsyncIteratorProtocol {
    // Of an inlined function, no await is left in a release build.
    @inline(never) @_optimize(none) mutating func next() async -> Int? { 1 }
    func makeAsyncIterator() -> Self { self }
  }

  @Test("a task that awaits without an end what is there already is a named error, where jobs are choices")
  func spinning() throws {
    let system = Self.system { doer in
      await withTaskGroup(of: Void.self) { group in group.addTask { for await _ in Endless() {} } }
    } violation: { _ in
      nil
    }
    let failure = try #require(try Self.explored(system, .fifo, seeds: 0..<1).failure)
    #expect(failure.violation == "\(EpisodeError.spinningTask(path: "root/doer"))")
  }

  @Test(
    "tasks that are nobody's children are choices in each of their parts, if they are adopted, and else are told"
  )
  func strays() throws {
    func system(_ escapes: EscapeRule) -> SimulatedSystem {
      Self.system(escapes: escapes) { doer in
        let desk = Desk()
        let tasks = (0..<2).map { _ in
          Task.detached {
            let before = await desk.count
            await desk.set(before + 1)
          }
        }
        for task in tasks { await task.value }
        doer.note("count", [UInt8(await desk.count)])
      } violation: { played in
        played.notes("count").first == [2] ? nil : "a count was lost"
      }
    }
    let told = try #require(try Self.explored(system(.fail)).failure)
    #expect(told.violation.contains("left the simulation"))
    for strategy in [ExplorationStrategy.random, .dfs(depth: 60)] {
      let lost = try #require(try Self.explored(system(.adopt), strategy).failure)
      #expect(lost.violation == "a count was lost")
      let again = try Explorer(system(.adopt)).play(seed: lost.seed, plan: lost.shrunk)
      #expect(try again.played.events == EpisodeHistory(lost.record).events)
    }
  }
}
