import ActorTesting
import Messaging
import PropertyTesting
import Synchronization
import Testing

@Suite("Exploring")
struct ExplorerTests {
  struct Word: Message {
    static let messageName = "word"
    var text: String
  }

  /// An actor that passes on to another what it is told.
  actor Relay: DirectActor {
    let context: ActorContext
    private let ear: Address<Word>
    init(_ context: ActorContext, to ear: Address<Word>) {
      self.context = context
      self.ear = ear
    }
    func receive(_ word: Word) { context.send(word, to: ear) }
  }

  actor Ear: DirectActor {
    let context: ActorContext
    init(_ context: ActorContext) { self.context = context }
    func receive(_ word: Word) { context.note("heard", Array(word.text.utf8)) }
  }

  /// A system of senders that each send their number. `fails` looks at the numbers in the order in which they are
  /// heard.
  static func system(_ senders: Int, fails: @escaping @Sendable ([Int]) -> String?) -> SimulatedSystem {
    var system = SimulatedSystem("senders") { root, sizes in
      let ear = root.spawn("ear") { Ear($0) }
      for number in 0..<(sizes["senders"] ?? 0) {
        root.send(Word(text: "\(number)"), to: root.spawn("sender-\(number)") { Relay($0, to: ear) })
      }
    } violation: { played in
      fails(played.notes("heard").compactMap { Int(String(decoding: $0, as: UTF8.self)) })
    }
    system.sizes = ["senders": .init(senders, least: 2)]
    return system
  }

  @Test("P1: what differs when it is played twice is told from both, and named where both read the same")
  func nondeterminism() throws {
    let plays = Atomic(0)
    func difference(_ note: @escaping @Sendable (Int) -> [UInt8]) throws -> String {
      plays.store(0, ordering: .relaxed)
      let system = SimulatedSystem("counted") { root, _ in
        let play = plays.wrappingAdd(1, ordering: .relaxed).oldValue
        root.note("play", note(play))
      }
      var explorer = Explorer(system)
      explorer.checksDeterminism = true
      let error = #expect(throws: Explorer.Nondeterminism.self) { try explorer.explore(seeds: 7..<8) }
      return error?.description ?? ""
    }
    let hidden = try difference { [1, 2, UInt8($0)] }
    #expect(
      hidden
        == "seed 7, played twice, differs at event 0: the first time 0  0.0 seconds  note  root  play  3 bytes, "
        + "the second time 0  0.0 seconds  note  root  play  3 bytes; byte 2 of the payload is 00, then 01",
      "\(hidden)")
    let longer = try difference { Array(repeating: 5, count: $0 + 1) }
    #expect(
      longer.contains("play  1 bytes, the second time") && longer.hasSuffix("play  2 bytes"), "\(longer)")
  }

  @Test("why an episode failed comes before what an invariant says of it")
  func causes() throws {
    let violation: @Sendable (PlayedEpisode) -> String? = {
      $0.notes("done").isEmpty ? "nothing was done" : nil
    }
    func found(_ setUp: @escaping @Sendable (ActorContext, [String: Int]) -> Void) throws -> String? {
      let system = SimulatedSystem("failing", setUp: setUp, violation: violation)
      let result = try Explorer(system).explore(seeds: 0..<1)
      return result.failure?.violation
    }
    func told(_ work: @escaping @Sendable (ActorContext) async throws -> Void) throws -> String? {
      try found { root, _ in
        root.send(Word(text: "go"), to: root.spawn("worker") { Doer($0, work) })
      }
    }
    struct Broken: Error {}
    #expect(try told { _ in throw Broken() } == "root/worker failed: Broken()")
    #expect(try told { _ in Task.detached {} }?.contains("a task of root/worker left the simulation") == true)
    #expect(
      try told { context in
        let ear = context.spawn("ear") { Ear($0) }
        let _: Word = try await context.ask(ear) { _ in Word(text: "anyone?") }
      } == "deadlock: root/worker waits for root/worker/ear")
    #expect(
      try told { _ in await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } }
        == "root/worker waits for something outside the simulation, or for a continuation that nobody resumes"
    )
    // An episode that ends quietly has no other cause of failure than the invariant.
    #expect(try told { _ in } == "nothing was done")
  }

  /// An actor whose handler is a closure.
  actor Doer: SimulatedActor {
    let context: ActorContext
    private let work: @Sendable (ActorContext) async throws -> Void
    init(_ context: ActorContext, _ work: @escaping @Sendable (ActorContext) async throws -> Void) {
      self.context = context
      self.work = work
    }
    func receive(_ word: Word) async throws { try await work(context) }
  }

  @Test("failures that differ in numbers alone are the same failure, also where one has an exponent")
  func numbers() throws {
    // A duration is printed as "0.0001 seconds", but as "1e-05 seconds".
    let system = Self.system(6) { heard in
      heard.first == 3 ? "late by \(heard.count > 4 ? 0.0001 : 1e-05) seconds" : nil
    }
    let failure = try #require(try Explorer(system).explore(seeds: 5..<500).failure)
    #expect(failure.violation == "late by 1e-05 seconds" && failure.sizes == ["senders": 4])
  }

  @Test("what is found does not depend on the number of threads, and shrinks to what it needs")
  func threads() throws {
    let system = Self.system(6) { $0.first == 3 ? "3 is first" : nil }
    var explorer = Explorer(system)
    let one = try explorer.explore(seeds: 5..<500)
    explorer.threads = 3
    let three = try explorer.explore(seeds: 5..<500)
    let failure = try #require(one.failure)
    #expect(one.episodes == three.episodes && failure.seed == three.failure?.seed)
    #expect(failure.record == three.failure?.record && failure.shrunk == three.failure?.shrunk)
    // Two orderings: sender 3 starts before the others, and is heard before them; the others need not be there.
    #expect(failure.shrunk.decisionCount <= 2, "\(failure.shrunk)")
    #expect(failure.sizes == ["senders": 4])
    #expect(failure.violation == "3 is first")
    let again = try explorer.play(seed: failure.seed, plan: failure.shrunk, sizes: failure.sizes)
    #expect(again.violation == failure.violation)
  }

  @Test("a shrunk plan fails, and is never larger than what was found")
  func shrinking() throws {
    forAll("shrinking", Generator<Int>.integer(in: 0...50), count: 20) { offset in
      let system = Self.system(5) { heard in heard.last == 0 && heard.count == 5 ? "0 is last" : nil }
      var explorer = Explorer(system)
      explorer.strategy = offset % 2 == 0 ? .random : .pct(depth: 2, steps: 10)
      guard let failure = try? explorer.explore(seeds: UInt64(offset)..<UInt64(offset) + 400).failure else {
        return false
      }
      let again = try? explorer.play(seed: failure.seed, plan: failure.shrunk, sizes: failure.sizes)
      return failure.shrunk.decisionCount <= failure.found.decisionCount && again?.violation == "0 is last"
    }
  }

  @Test("dfs plays every order of ready events, or finds what one order in many does")
  func exhaustive() throws {
    var explorer = Explorer(Self.system(3) { $0 == [2, 1, 0] ? "backwards" : nil })
    explorer.strategy = .dfs(depth: 40)
    let found = try explorer.explore(seeds: 1..<2)
    #expect(found.failure?.violation == "backwards" && found.coverage == nil)
    explorer.system = Self.system(3) { $0.count == 4 ? "an echo" : nil }
    let proof = try explorer.explore(seeds: 1..<2)
    #expect(proof.failure == nil && proof.episodes == 90)
    #expect(proof.coverage == Coverage(seeds: 1, hasEveryOrder: true, notEnumerated: [.jobs]))
    explorer.strategy = .dfs(depth: 2)
    let cut = try explorer.explore(seeds: 1..<2).coverage
    #expect(cut == Coverage(seeds: 1, hasEveryOrder: false, notEnumerated: [.choices(beyond: 2), .jobs]))
    // Strategies that sample claim no order, and neither does a search of no seed.
    #expect(try explorer.explore(seeds: 1..<1).coverage == nil)
    explorer.strategy = .random
    #expect(try explorer.explore(seeds: 1..<3).coverage == nil)
  }

  /// Notes whether its draw is odd.
  actor Gambler: DirectActor {
    let context: ActorContext
    init(_ context: ActorContext) { self.context = context }
    func receive(_ word: Word) { context.note("drew", [UInt8(context.draw("coin") % 2)]) }
  }

  @Test("P10: dfs names draws and chance where a bug depends on them, as other seeds have the bug")
  func draws() throws {
    let system = SimulatedSystem("gambler") { root, _ in
      root.send(Word(text: "go"), to: root.spawn("gambler") { Gambler($0) })
    } violation: { played in
      played.notes("drew") == [[1]] ? "an odd draw" : nil
    }
    var explorer = Explorer(system)
    explorer.strategy = .dfs(depth: 12)
    let seeds: Range<UInt64> = 0..<32
    let fine = try #require(try seeds.first { try explorer.explore(seeds: $0..<$0 + 1).failure == nil })
    let coverage = try #require(try explorer.explore(seeds: fine..<fine + 1).coverage)
    #expect(coverage.hasEveryOrder && coverage.notEnumerated == [.draws, .jobs])
    #expect(
      coverage.description
        == "every order of ready events under 1 seed; not enumerated: what actors draw under other seeds; "
        + "other orders of jobs (plain actors, tasks) between two events")
    // The bug is in what was not enumerated.
    #expect(try explorer.explore(seeds: seeds).failure?.violation == "an odd draw")

    var faulty = Self.system(2) { $0.count == 2 ? nil : "somebody was not heard" }
    faulty.faults.rates.drop = 0.2
    explorer.system = faulty
    let lucky = try #require(try seeds.first { try explorer.explore(seeds: $0..<$0 + 1).failure == nil })
    #expect(
      try explorer.explore(seeds: lucky..<lucky + 1).coverage?.notEnumerated == [.faultsByChance, .jobs])
    #expect(try explorer.explore(seeds: seeds).failure?.violation == "somebody was not heard")
  }

  /// A plain Swift actor without a context. What happens between it and another actor are jobs, not messages.
  actor Plain {
    var names: [String] = []
    func add(_ name: String) { names.append(name) }
  }

  /// An actor that lets two tasks add to a plain actor, and notes which came first.
  actor Pair: SimulatedActor {
    let context: ActorContext
    init(_ context: ActorContext) { self.context = context }
    func receive(_ word: Word) async {
      let plain = Plain()
      await withTaskGroup(of: Void.self) { group in
        for name in ["left", "right"] { group.addTask { await plain.add(name) } }
      }
      context.note("first", Array((await plain.names.first ?? "").utf8))
    }
  }

  @Test("P10: between plain actors one order of jobs is played, whatever seed and strategy; dfs says so")
  func jobs() throws {
    let firsts = Mutex<Set<[UInt8]>>([])
    let system = SimulatedSystem("pair") { root, _ in
      root.send(Word(text: "go"), to: root.spawn("pair") { Pair($0) })
    } violation: { played in
      for first in played.notes("first") { firsts.withLock { _ = $0.insert(first) } }
      return nil
    }
    var explorer = Explorer(system)
    #expect(try explorer.explore(seeds: 0..<200).failure == nil)
    explorer.strategy = .dfs(depth: 40)
    let coverage = try #require(try explorer.explore(seeds: 0..<1).coverage)
    #expect(firsts.withLock(\.count) == 1 && coverage.notEnumerated.contains(.jobs))
  }

  @Test("faults are found and shrunk like orders; what nothing needs leaves the timeline")
  func faults() throws {
    var system = Self.system(4) { $0.count == 4 ? nil : "somebody was not heard" }
    system.sizes["senders"]?.least = 4
    system.faults.timeline = [
      .message(.duplicate, from: "root/sender-1", to: "root/sender-2"),
      .partition([["root/sender-0"], ["root/sender-2"]], from: .zero, until: .seconds(1)),
    ]
    system.faults.rates.drop = 0.02
    let failure = try #require(try Explorer(system).explore(seeds: 0..<500).failure)
    #expect(failure.shrunk.faults.count == 1 && failure.shrunk.choices.isEmpty, "\(failure.shrunk)")
    #expect(failure.timeline.isEmpty)
  }

  @Test(
    "P3: a fork of what was found goes on as it did under its own seed, from every event; under another, chance plays"
  )
  func forksOfTheFound() throws {
    var system = Self.system(6) { heard in heard.contains(5) || heard.isEmpty ? nil : "5 was lost: \(heard)" }
    system.sizes = ["senders": .init(6, least: 6)]
    system.faults.rates.drop = 0.2
    system.faults.rates.delay = 0.2
    var explorer = Explorer(system)
    explorer.strategy = .random
    let failure = try #require(try explorer.explore(seeds: 1..<200).failure)
    #expect(failure.shrunk.decisionCount > 0)
    let history = try EpisodeHistory(failure.record)
    func fork(at event: Int, seed: UInt64) -> (events: [EventRecord], faults: Int) {
      let episode = Episode(forking: history, at: event, seed: seed) { system.setUp($0, failure.sizes) }
      defer { episode.close() }
      #expect(episode.run() == .failed(.nothingLeftToHappen))
      return (episode.events, episode.plan.faults.count)
    }
    for event in 0...history.eventCount {
      #expect(fork(at: event, seed: failure.seed).events == history.events, "at \(event)")
    }
    let others = (0..<50).map { fork(at: 0, seed: failure.seed + 1 + $0) }
    #expect(Set(others.map(\.faults)).count > 1, "other seeds have other faults")
    #expect(others.contains { $0.faults > failure.shrunk.faults.count })
  }
}
