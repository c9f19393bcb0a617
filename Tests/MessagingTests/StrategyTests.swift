import PropertyTesting
import Testing

@testable import Messaging

@Suite("Strategies")
struct StrategyTests {
  /// Actors that each send one word to a listener at the same instant. The result is what the listener hears, in order.
  static func heard(_ names: [String], strategy: any Strategy, plan: EpisodePlan? = nil) -> String {
    played(names, strategy: strategy, plan: plan).heard
  }

  /// The same, with the decisions of the episode.
  static func played(
    _ names: [String], strategy: any Strategy, plan: EpisodePlan? = nil
  ) -> (heard: String, plan: EpisodePlan) {
    let episode = Episode(seed: 1, strategy: strategy, plan: plan) { root in
      let listener = root.spawn("listener") { context in
        Worker(context) { worker, message in
          guard case .tell(let word) = message else { return }
          worker.hear(word)
          if worker.heard.count == names.count { context.finish(Array(worker.heard.joined().utf8)) }
        }
      }
      for name in names {
        let sender = root.spawn(name) { context in
          Worker(context) { _, _ in context.send(.tell(name), to: listener) }
        }
        root.send(.tell("go"), to: sender)
      }
    }
    defer { episode.close() }
    guard case .finished(let result) = episode.run() else { return ("?", episode.plan) }
    return (String(decoding: result, as: UTF8.self), episode.plan)
  }

  /// A strategy that always chooses the same.
  struct Stubborn: Strategy {
    let name = "stubborn"
    var choosesByRank = true
    var choice: StrategyChoice
    mutating func choose(among count: Int) -> StrategyChoice { choice }
  }

  @Test("a strategy of one's own chooses by rank or by index; what it chose is kept, and can be followed")
  func ownStrategies() throws {
    #expect(Self.heard(["a", "b"], strategy: Stubborn(choice: .rank(1))) == "ba")
    for choice in [StrategyChoice.rank(1), .index(0), .index(1)] {
      let first = Self.played(["a", "b", "c"], strategy: Stubborn(choice: choice))
      #expect(Set(first.heard) == ["a", "b", "c"])
      let again = Self.played(["a", "b", "c"], strategy: FIFOStrategy(), plan: first.plan)
      #expect(again.heard == first.heard && again.plan == first.plan)
    }
  }

  @Test("a limit of events that their numbers could not count becomes the greatest that they can")
  func greatestLimit() {
    var limits = EpisodeLimits()
    limits.events = .max
    #expect(limits.events == Int(Int32.max))
  }

  @Test("what no candidate has cannot be chosen, in a release build either")
  func wildStrategies() async {
    await #expect(processExitsWith: .failure) {
      _ = StrategyTests.heard(["a", "b"], strategy: Stubborn(choice: .rank(9)))
    }
    await #expect(processExitsWith: .failure) {
      _ = StrategyTests.heard(["a", "b"], strategy: Stubborn(choosesByRank: false, choice: .index(9)))
    }
    await #expect(processExitsWith: .failure) {
      let episode = Episode(
        seed: 1, strategy: Stubborn(choosesByRank: false, choice: .rank(0)), isRecorded: false
      ) { root in
        let worker = root.spawn("worker") { Worker($0) { _, _ in } }
        for _ in 0..<2 { root.send(.tell("go"), to: worker) }
        for name in ["a", "b"] { root.send(.tell("go"), to: root.spawn(name) { Worker($0) { _, _ in } }) }
      }
      _ = episode.run()
    }
  }

  @Test("dfs covers every order exactly once, and says so")
  func exhaustive() {
    for (names, orders) in [(["a", "b"], 2), (["a", "b", "c"], 6), (["a", "b", "c", "d"], 24)] {
      var path: DFSStrategy? = DFSStrategy(depth: 40)
      var heard: [String: Int] = [:]
      var episodes = 0
      while let strategy = path {
        heard[Self.heard(names, strategy: strategy), default: 0] += 1
        episodes += 1
        #expect(!strategy.isCut)
        path = strategy.next
      }
      #expect(heard.count == orders, "all permutations of what is heard")
      // Starting the senders and hearing them interleave: (2n)! / 2^n orders, as each start precedes its word.
      let n = names.count
      let expected = (1...(2 * n)).reduce(1, *) / (1 << n)
      #expect(episodes == expected)
    }
  }

  /// What a listener hears of "a", and of "b", whom "a" tells to speak after having spoken.
  private static func heardInTurn(strategy: any Strategy) -> String {
    let episode = Episode(seed: 1, strategy: strategy) { root in
      let listener = root.spawn("listener") { context in
        Worker(context) { worker, message in
          guard case .tell(let word) = message else { return }
          worker.hear(word)
          if worker.heard.count == 2 { context.finish(Array(worker.heard.joined().utf8)) }
        }
      }
      let second = root.spawn("b") { context in
        Worker(context) { _, _ in context.send(.tell("b"), to: listener) }
      }
      let first = root.spawn("a") { context in
        Worker(context) { _, _ in
          context.send(.tell("a"), to: listener)
          context.send(.tell("go"), to: second)
        }
      }
      root.send(.tell("go"), to: first)
    }
    defer { episode.close() }
    guard case .finished(let result) = episode.run() else { return "?" }
    return String(decoding: result, as: UTF8.self)
  }

  @Test("P10: pct never swaps what is ready at one receiver, however many seeds; random and dfs do")
  func boundOfPCT() {
    let seeds: Range<UInt64> = 0..<500
    let byPriority = seeds.map { Self.heardInTurn(strategy: PCTStrategy(seed: $0, depth: 3, steps: 3)) }
    #expect(Set(byPriority) == ["ab"])
    #expect(Set(seeds.map { Self.heardInTurn(strategy: RandomStrategy(seed: $0)) }) == ["ab", "ba"])
    let first = DFSStrategy(depth: 8)
    let orders = sequence(state: Optional(first)) { path -> String? in
      guard let strategy = path else { return nil }
      defer { path = strategy.next }
      return Self.heardInTurn(strategy: strategy)
    }
    #expect(Set(orders) == ["ab", "ba"])
  }

  @Test("a depth cuts the search, which is then no proof")
  func depth() {
    var path: DFSStrategy? = DFSStrategy(depth: 1)
    var cuts: [Bool] = []
    while let strategy = path {
      _ = Self.heard(["a", "b", "c"], strategy: strategy)
      cuts.append(strategy.isCut)
      path = strategy.next
    }
    #expect(cuts == [true, true, true])
  }

  @Test("pct is a function of its seed, finds several orders, and with depth 1 starves nobody for nothing")
  func pct() {
    let names = ["a", "b", "c", "d"]
    var orders: Set<String> = []
    for seed in 0..<60 as Range<UInt64> {
      let first = Self.heard(names, strategy: PCTStrategy(seed: seed, depth: 2, steps: 8))
      #expect(first == Self.heard(names, strategy: PCTStrategy(seed: seed, depth: 2, steps: 8)))
      #expect(Set(first.map(String.init)) == Set(names))
      orders.insert(first)
    }
    #expect(orders.count > 8)
  }

  @Test("pct with one ordering finds what needs one: an actor that is last of all, in one of n seeds or more")
  func pctBound() {
    // "d" is heard first only if its start, and then its word, outrun all others: depth 1 suffices.
    let names = ["a", "b", "c", "d"]
    let hits = (0..<200 as Range<UInt64>).count {
      Self.heard(names, strategy: PCTStrategy(seed: $0, depth: 1, steps: 8)).hasPrefix("d")
    }
    // The bound says at least 1 / 5 actors; 3 standard deviations below 40 of 200 are 23.
    #expect(hits >= 23)
  }

  @Test("what an episode decided, played again as a plan, gives the same episode")
  func plans() {
    forAll("plans repeat", Generator<Int>.integer(in: 0...1000)) { seed in
      let seed = UInt64(seed)
      let strategy: any Strategy = seed % 2 == 0 ? RandomStrategy(seed: seed) : PCTStrategy(seed: seed)
      let episode = Episode(
        seed: seed, strategy: strategy, faults: FaultTests.everything, setup: ReplayTests.setUp)
      let status = ReplayTests.finish(episode)
      let again = Episode(
        seed: seed, faults: FaultTests.everything, plan: episode.plan, setup: ReplayTests.setUp)
      defer {
        episode.close()
        again.close()
      }
      guard let parsed = try? EpisodePlan(parsing: episode.plan.description) else { return false }
      return ReplayTests.finish(again) == status && again.events == episode.events && parsed == episode.plan
    }
  }

  @Test(
    "texts that are no plan are refused by their part",
    arguments: [
      "x", "1", "1=", "=1", "1=-1", "2=1,1=1", "1=1;x", "1=1;3:explode", "1=1;3:delay", "1=1;3:delay x",
      "1=1;3:delay 1e3", ";3:drop,2:drop", "1=1;3:slow 0", "99999999999999999999=1",
    ])
  func noPlan(text: String) { #expect(throws: PlanError.self) { try EpisodePlan(parsing: text) } }

  @Test("ranked bits: select, rank and count agree with a plain list")
  func rankedBits() {
    let operations = Generator<[Int]>.array(of: Generator<Int>.integer(in: 0...999), count: 0...300)
    forAll("ranked bits", operations) { operations in
      var bits = RankedBits(capacity: 1000)
      var list: Set<Int> = []
      for bit in operations {
        if list.remove(bit) != nil {
          bits.remove(bit)
        } else {
          list.insert(bit)
          bits.insert(bit)
        }
      }
      let sorted = list.sorted()
      return bits.count == sorted.count
        && sorted.indices.allSatisfy { bits.select($0) == sorted[$0] && bits.rank(of: sorted[$0]) == $0 }
    }
  }

  @Test(
    "ready events leave as a plain list of channels would have them, and their ages are compacted on the way",
    arguments: [false, true])
  func readyEvents(areRanked: Bool) {
    var draws = SeededStream(seed: 1, name: "test")
    var slab = EventSlab()
    var ready = ReadyEvents(isRanked: areRanked, isWatched: true)
    var list: [(number: Int, channel: Int)] = []
    var known: [Int: Candidate] = [:]
    for number in 0..<20_000 {
      // Mostly there are few events, and sometimes many.
      let grows = list.isEmpty || Int.random(in: 0..<100, using: &draws) < (number % 4000 < 1500 ? 70 : 30)
      if grows {
        var event = PendingEvent(
          Int.random(in: 0..<4, using: &draws) == 0 ? .timer : .delivery,
          from: Int.random(in: 1...5, using: &draws), to: Int.random(in: 1...5, using: &draws))
        event.number = number
        list.append((number, event.channel))
        ready.append(slab.insert(event), in: &slab)
        // Meanwhile an event of a later time, of the same channel, takes a slot.
        if number % 3 == 0 { _ = slab.insert(PendingEvent(.delivery, from: 1, to: 1)) }
      } else {
        var seen: Set<Int> = []
        let candidates = list.filter { $0.channel < 0 || seen.insert($0.channel).inserted }
        for candidate in ready.newCandidates {
          #expect(known.updateValue(candidate, forKey: candidate.number) == nil, "a candidate twice")
        }
        ready.newCandidates = []
        #expect(Set(known.keys) == Set(candidates.map(\.number)))
        let chosen = candidates[Int.random(in: 0..<candidates.count, using: &draws)].number
        guard let slot = known.removeValue(forKey: chosen)?.slot, ready.candidateCount == candidates.count
        else {
          Issue.record("\(ready.candidateCount) candidates, not \(candidates.count)")
          return
        }
        #expect((0..<candidates.count).contains { ready.slot(at: $0) == slot })
        if areRanked {
          let rank = candidates.firstIndex { $0.number == chosen }
          #expect(ready.rank(of: slot) == rank && ready.slot(ofRank: rank ?? 0) == slot)
        }
        let taken = ready.take(slot, from: &slab).number
        #expect(taken == chosen)
        list.removeAll { $0.number == chosen }
      }
      guard ready.count == list.count else {
        Issue.record("\(ready.count) events, not \(list.count)")
        return
      }
    }
  }

  @Test("the queue of ready events gives them back in order")
  func readyQueue() {
    forAll("ready queue", Generator<[Int]>.array(of: Generator<Int>.integer(in: 0...99), count: 0...3000)) {
      steps in
      var queue = ReadyQueue()
      var (first, next) = (Int32(0), Int32(0))
      for step in steps {
        if step < 60 {
          queue.append(next)
          next += 1
        } else if !queue.isEmpty {
          guard queue.removeFirst() == first else { return false }
          first += 1
        }
        guard queue.isEmpty == (first == next) else { return false }
      }
      return true
    }
  }

  @Test("the table of channels agrees with a dictionary")
  func channelTable() {
    forAll("channels", Generator<[Int]>.array(of: Generator<Int>.integer(in: 0...90), count: 0...300)) {
      steps in
      var table = ChannelTable()
      var dictionary: [Int: Int32] = [:]
      for (step, key) in steps.enumerated() {
        let channel = key % 3 == 0 ? key << 32 : key
        let old = dictionary.updateValue(Int32(step), forKey: channel) ?? -1
        guard table.update(Int32(step), at: channel) == old, table.count == dictionary.count else {
          return false
        }
      }
      var found: [Int: Int32] = [:]
      table.forEach { found[$0] = $1 }
      return found == dictionary
    }
  }

  @Test("a channel that was crowded keeps its order when channels are forgotten")
  func manyChannels() {
    var slab = EventSlab()
    var ready = ReadyEvents(isRanked: false, isWatched: false)
    func add(_ number: Int, to receiver: Int) {
      var event = PendingEvent(.delivery, from: 1, to: receiver)
      event.number = number
      ready.append(slab.insert(event), in: &slab)
    }
    add(0, to: 2)
    for receiver in 10..<20_000 {
      add(receiver, to: receiver)
      #expect(ready.take(ready.slot(at: ready.candidateCount - 1), from: &slab).number == receiver)
    }
    add(1, to: 2)
    let count = ready.candidateCount
    #expect(count == 1)
    for number in [0, 1] { #expect(ready.take(ready.slot(at: 0), from: &slab).number == number) }
    let isEmpty = ready.isEmpty
    #expect(isEmpty)
  }

  @Test("the table of waits agrees with a dictionary")
  func waitTable() {
    let operations = Generator<[Int]>.array(of: Generator<Int>.integer(in: 0...60), count: 0...200)
    forAll("wait table", operations) { operations in
      var table = IntegerTable<String>()
      var dictionary: [Int: String] = [:]
      for (step, key) in operations.enumerated() {
        // Keys far apart that collide, too.
        let key = key % 3 == 0 ? key * 1024 : key
        if let old = dictionary.removeValue(forKey: key) {
          guard table.remove(key) == old else { return false }
        } else {
          dictionary[key] = "\(step)"
          table.insert("\(step)", at: key)
        }
      }
      return table.count == dictionary.count && dictionary.allSatisfy { table[$0.key] == $0.value }
        && table.sorted.map(\.key) == dictionary.keys.sorted()
    }
  }
}
