import ActorTesting
import Messaging
import PropertyTesting
import Synchronization
import Testing

@Suite("Jobs between two events as choices")
struct GranularityTests {
  struct Begin: Message { static let messageName = "begin" }

  /// A plain actor, which knows nothing of messages.
  actor Account {
    private(set) var balance = 0
    func set(_ balance: Int) { self.balance = balance }
    func add(_ amount: Int) { balance += amount }
  }

  /// An actor that lets tasks of its own use a plain actor, and notes what they leave.
  ///
  /// The first task sets the balance to 1, and the others add to it. If it is broken they do not wait for the first, which
  /// goes well in the order in which tasks are made.
  actor Bank: SimulatedActor {
    let context: ActorContext
    private let isBroken: Bool
    private let tasks: Int
    init(_ context: ActorContext, isBroken: Bool, tasks: Int) {
      (self.context, self.isBroken, self.tasks) = (context, isBroken, tasks)
    }
    func receive(_ begin: Begin) async {
      let account = Account()
      if !isBroken { await account.set(1) }
      await withTaskGroup(of: Void.self) { group in
        if isBroken { group.addTask { await account.set(1) } }
        for amount in 2...tasks { group.addTask { await account.add(amount) } }
      }
      context.note("balance", [UInt8(await account.balance)])
    }
  }

  private static func system(isBroken: Bool = true, tasks: Int = 2) -> SimulatedSystem {
    SimulatedSystem("bank") { root, _ in
      root.send(Begin(), to: root.spawn("bank") { Bank($0, isBroken: isBroken, tasks: tasks) })
    } violation: { played in
      played.notes("balance").first == [UInt8(tasks * (tasks + 1) / 2)] ? nil : "an amount was lost"
    }
  }

  private static func explored(
    _ granularity: Granularity, _ strategy: ExplorationStrategy = .random, isBroken: Bool = true,
    tasks: Int = 2,
    seeds: Range<UInt64> = 0..<200
  ) throws -> Explorer.Exploration {
    var explorer = Explorer(system(isBroken: isBroken, tasks: tasks))
    (explorer.strategy, explorer.granularity, explorer.threads) = (strategy, granularity, 2)
    return try explorer.explore(seeds: seeds)
  }

  @Test(
    "a race of plain actors is found where jobs are choices, and shrinks to one choice",
    arguments: [ExplorationStrategy.random, .pct(depth: 3, steps: 20), .dfs(depth: 20)])
  func race(strategy: ExplorationStrategy) throws {
    let failure = try #require(try Self.explored(.awaits, strategy).failure)
    #expect(
      failure.violation == "an amount was lost" && failure.shrunk.decisionCount == 1, "\(failure.shrunk)")
    #expect(try Self.explored(.awaits, strategy, isBroken: false).failure == nil)
  }

  @Test("where events alone are choices, jobs run in their order, and the bug is not found")
  func eventsAlone() throws {
    #expect(try Self.explored(.events, seeds: 0..<1_000).failure == nil)
    let coverage = try #require(try Self.explored(.events, .dfs(depth: 20), seeds: 0..<1).coverage)
    #expect(coverage.granularity == .events && coverage.notEnumerated == [.jobs])
  }

  @Test("P2: a plan with jobs is read back and plays the same episode; so does the record")
  func replayed() throws {
    var explorer = Explorer(Self.system(tasks: 3))
    explorer.granularity = .awaits
    let failure = try #require(try explorer.explore(seeds: 0..<200).failure)
    for plan in [failure.found, failure.shrunk] {
      let read = try EpisodePlan(parsing: "\(plan)")
      #expect(read == plan)
      // The plan alone says that jobs are choices.
      let first = try Explorer(Self.system(tasks: 3)).play(seed: failure.seed, plan: read)
      #expect(first.violation == failure.violation)
      for _ in 0..<100 {
        let again = try Explorer(Self.system(tasks: 3)).play(seed: failure.seed, plan: read)
        #expect(again.played.events == first.played.events)
      }
    }
    let record = try EpisodeRecord(encoded: failure.record.encoded)
    #expect(record == failure.record)
    let episode = Episode(replaying: try EpisodeHistory(record)) { Self.system(tasks: 3).setUp($0, [:]) }
    defer { episode.close() }
    // A record keeps the text of an error.
    let outcome = try #require(try EpisodeHistory(record).outcome)
    #expect("\(episode.run())" == "\(outcome)")
  }

  @Test("P1, P3: the same seed plays the same jobs, and a fork with it goes on as its parent did")
  func forks() throws {
    func play(_ seed: UInt64) -> Episode {
      Episode(seed: seed, strategy: RandomStrategy(seed: seed), granularity: .awaits) {
        Self.system(tasks: 4).setUp($0, [:])
      }
    }
    var balances: Set<[UInt8]> = []
    for seed in 0..<UInt64(40) {
      let (one, two) = (play(seed), play(seed))
      defer {
        one.close()
        two.close()
      }
      #expect(one.run() == two.run())
      #expect(one.plan == two.plan && one.events == two.events)
      balances.formUnion(one.events.filter { $0.kind == .note }.map(\.payload))
      let history = try EpisodeHistory(one.record(id: "parent"))
      for event in 0...history.eventCount {
        let fork = Episode(forking: history, at: event, seed: seed) { Self.system(tasks: 4).setUp($0, [:]) }
        defer { fork.close() }
        _ = fork.run()
        try #require(fork.events == one.events && fork.plan == one.plan)
        let forked = try EpisodeHistory(
          fork.record(id: "fork", forkedFrom: .init(episode: "parent", event: event)), of: history)
        let replay = Episode(replaying: forked) { Self.system(tasks: 4).setUp($0, [:]) }
        defer { replay.close() }
        let outcome = try #require(forked.outcome)
        #expect("\(replay.run())" == "\(outcome)")
      }
    }
    #expect(balances.count > 3, "\(balances)")
  }

  @Test("a search through all orders plays each order of ready events and jobs once, and says what it is")
  func everyOrder() throws {
    let plans = Mutex<Set<String>>([])
    var system = Self.system(isBroken: false, tasks: 3)
    let run = system.run
    system.run = { episode in
      let status = try run(episode)
      plans.withLock { _ = $0.insert("\(episode.plan)") }
      return status
    }
    var explorer = Explorer(system)
    (explorer.strategy, explorer.granularity) = (.dfs(depth: 40), .awaits)
    let found = try explorer.explore(seeds: 0..<1)
    let coverage = try #require(found.coverage)
    #expect(plans.withLock(\.count) == found.episodes && found.episodes > 6, "\(found.episodes)")
    #expect(coverage.hasEveryOrder && coverage.granularity == .awaits)
    // Nothing waited in an actor's own queue, so nothing is left out.
    #expect("\(coverage)" == "every order of ready events and jobs under 1 seed")
  }

  @Test("plans of events and jobs are printed and read, and what is out of order is refused")
  func plans() throws {
    let number = Generator.integer(in: 0...20)
    let plans = Generator<[(Int, Int, Int)]>.array(
      of: Generator<(Int, Int, Int)>.zip(number, number, number), count: 0...8)
    forAll("a plan that is printed is read back", plans) { entries in
      let sorted = entries.sorted { ($0.0, $0.1) < ($1.0, $1.1) }
      let parts = sorted.map { "\($0.0).\($0.1)=\($0.2)" }
      let isUnique = zip(sorted, sorted.dropFirst()).allSatisfy { ($0.0, $0.1) != ($1.0, $1.1) }
      let text = parts.joined(separator: ",")
      return isUnique ? "\(try EpisodePlan(parsing: text))" == text : (try? EpisodePlan(parsing: text)) == nil
    }
    #expect(
      "\(try EpisodePlan(parsing: "1=2,0.0=1,0.3=2,1=9".replacing(",1=9", with: "")))" == "1=2,0.0=1,0.3=2")
    for text in ["1.=2", ".1=2", "1.2.3=4", "1.2=", "2.1=1,1.9=1", "1.1=1,1.1=1"] {
      #expect(throws: PlanError.self) { try EpisodePlan(parsing: text) }
    }
  }
}
