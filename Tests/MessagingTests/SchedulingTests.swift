import PropertyTesting
import Testing

@testable import Messaging

/// Laws of the scheduler's parts, each by itself.
@Suite("Laws of the scheduler's parts")
struct SchedulingTests {
  private static func event(_ number: Int, to receiver: Int) -> PendingEvent {
    var event = PendingEvent(.timer, from: receiver, to: receiver)
    event.number = number
    return event
  }

  @Test("all events of the next instant become ready together, in order of their numbers")
  func instants() {
    var queue = EventQueue(takesFirst: false, isRanked: true)
    for receiver in 1...9 {
      queue.add(
        PendingEvent(.timer, from: receiver, to: receiver, wait: receiver), at: .seconds(1 + receiver % 3))
    }
    for (second, receivers) in [(1, [3, 6, 9]), (2, [1, 4, 7]), (3, [2, 5, 8])] {
      queue.advance()
      let (now, count) = (queue.now, queue.candidateCount)
      #expect(now == .seconds(second) && count == 3)
      for expected in receivers {
        let receiver = Int(queue.take(queue.slot(ofRank: 0)).receiver)
        #expect(receiver == expected)
      }
      let isQuiet = queue.isQuiet
      #expect(isQuiet)
    }
  }

  // MARK: PCT

  /// Returns the actors that `pct` chooses, a letter for each choice, if each of `actors` always has a candidate.
  private static func chosen(seed: UInt64, depth: Int, actors: Int, steps: Int) -> [Int] {
    var strategy = PCTStrategy(seed: seed, depth: depth, steps: steps)
    for actor in 0..<actors { strategy.enter(Candidate(event(actor, to: actor), in: Int32(actor))) }
    return (0..<2 * steps).map { step in
      guard case .candidate(let candidate) = strategy.choose(among: actors) else { return -1 }
      strategy.leave(candidate)
      strategy.enter(
        Candidate(event(actors + step, to: candidate.receiver), in: Int32(candidate.receiver)))
      return candidate.receiver
    }
  }

  @Test("pct: whoever is highest falls below all others, those that fell before included", arguments: 1...5)
  func falls(depth: Int) {
    var asMany = 0
    for seed in 0..<40 as Range<UInt64> {
      // One of two actors falls after the other, so each fall changes which is chosen.
      let chosen = Self.chosen(seed: seed, depth: depth, actors: 2, steps: 1000)
      let runs = 1 + zip(chosen, chosen.dropFirst()).count { $0 != $1 }
      #expect(runs <= depth && !chosen.contains(-1))
      asMany += runs == depth ? 1 : 0
      // With as many actors as orderings, each is chosen once in one stretch, and none is chosen again.
      let many = Self.chosen(seed: seed, depth: depth, actors: depth + 1, steps: 1000)
      #expect(1 + zip(many, many.dropFirst()).count { $0 != $1 } == Set(many).count)
    }
    // Two falls of one moment, or one before the first choice, are rare.
    #expect(asMany >= 36)
  }

  @Test("pct chooses a candidate that is there, whoever was taken out of turn, as long as there is any")
  func candidates() {
    let steps = Generator<[Int]>.array(of: Generator<Int>.integer(in: 0...99), count: 0...200)
    forAll("pct", steps) { steps in
      var strategy = PCTStrategy(seed: 7, depth: 3, steps: 50)
      var there: [Candidate] = []
      for (number, step) in steps.enumerated() {
        switch step % 4 {
        case 0, 1:
          let candidate = Candidate(Self.event(number, to: step % 5), in: Int32(number))
          there.append(candidate)
          strategy.enter(candidate)
        case 2 where !there.isEmpty: strategy.leave(there.remove(at: step % there.count))
        default:
          let choice = strategy.choose(among: there.count)
          guard !there.isEmpty else { continue }
          guard case .candidate(let candidate) = choice, let place = there.firstIndex(of: candidate) else {
            return false
          }
          strategy.leave(there.remove(at: place))
        }
      }
      return true
    }
  }

  // MARK: Faults

  private static func injector(_ plan: FaultPlan, recorded: [StruckFault]? = nil) -> FaultInjector {
    FaultInjector(plan, seed: 1, recorded: recorded)
  }

  private static let message = FaultSite(.message, from: "root/a", actor: "root/b")

  @Test("no more faults strike by chance than the rates allow, and each kind as often as its rate")
  func rates() {
    var rates = FaultRates()
    (rates.drop, rates.duplicate, rates.most) = (0.6, 0.3, 3)
    var few = Self.injector(FaultPlan(rates: rates))
    #expect((0..<100).count { _ in few.strike(Self.message, at: .zero, repeating: false) != nil } == 3)
    (rates.drop, rates.duplicate, rates.delay, rates.most) = (0.2, 0.3, 0.4, .max)
    var many = Self.injector(FaultPlan(rates: rates))
    let struck = (0..<4000).map { _ in many.strike(Self.message, at: .zero, repeating: false) }
    let parts = [struck.count { $0 == .drop }, struck.count { $0 == .duplicate }, struck.count { $0 == nil }]
    // Five standard deviations of a count.
    for (part, rate) in zip(parts, [0.2, 0.3, 0.1]) { #expect(abs(Double(part) - 4000 * rate) < 150) }
  }

  @Test("what a record had struck strikes at its place again, and nowhere else")
  func recorded() {
    let faults = [StruckFault(place: 2, effect: .drop), StruckFault(place: 5, effect: .duplicate)]
    var injector = Self.injector(FaultPlan(), recorded: faults)
    let struck = (0..<8).map { _ in injector.strike(Self.message, at: .zero, repeating: true) }
    #expect(struck == [nil, nil, .drop, nil, nil, .duplicate, nil, nil] && injector.struck == faults)
  }

  @Test("an isolation cuts its sender off both ways, from now until its end, which is not in it")
  func isolation() {
    let plan = FaultPlan(timeline: [.message(.isolate(.seconds(2)), from: "root/a", to: "root/b")])
    var injector = Self.injector(plan)
    _ = injector.strike(Self.message, at: .seconds(1), repeating: false)
    for (time, isCut) in [(1, true), (2, true), (3, false)] {
      let separated = [("root/a", "root/c"), ("root/c", "root/a"), ("root/b", "root/c")].map {
        injector.separates($0, $1, at: .seconds(time))
      }
      #expect(separated == [isCut, isCut, false])
    }
  }

  @Test("times of the timeline begin with their first instant, and end before their last")
  func times() {
    var injector = Self.injector(
      FaultPlan(timeline: [
        .drop(from: "root/a", to: "root/b", after: .seconds(1)),
        .slowness(by: nil, factor: 5, from: .seconds(1), until: .seconds(2)),
        .partition([["root/c"], ["root/d"]], from: .seconds(1), until: .seconds(2)),
      ]))
    let call = FaultSite(.call, actor: "root/a", name: "x")
    for (milliseconds, isIn) in [(999, false), (1000, true), (1999, true), (2000, false)] {
      let now = Duration.milliseconds(milliseconds)
      #expect((injector.strike(call, at: now, repeating: false) == .slow(5)) == isIn)
      let isSeparated = injector.separates("root/c", "root/d", at: now)
      #expect(isSeparated == isIn)
      #expect((injector.strike(Self.message, at: now, repeating: false) == .drop) == (milliseconds == 1000))
    }
  }

  @Test("a delay takes a microsecond at least")
  func leastDelay() {
    var stream = SeededStream(seed: 1, name: "x")
    for delay in [DelayDistribution.fixed(.zero), .uniform(.zero, .zero)] {
      #expect(delay.draw(using: &stream) == .microseconds(1))
    }
  }

  @Test("delayed messages keep their order, however long each is delayed")
  func delays() {
    let faults = [3, 1].enumerated().map { index, seconds in
      Fault.message(.delay(.seconds(seconds)), from: "root/mouth", to: "root/ear", nth: index + 1)
    }
    #expect(FaultTests.heard(faults).words == "abcd")
  }

  // MARK: Limits

  /// An episode in which two actors talk for ever, one of them to itself as well.
  private static func endless(_ limits: EpisodeLimits) -> Episode {
    Episode(seed: 1, limits: limits) { root in
      let busy = root.spawn("a-busy") { context in
        Worker(context) { _, message in
          if case .ask(_, let reply) = message { context.reply(Text(words: "yes"), to: reply) }
        }
      }
      for name in ["b", "c"] {
        let asker = root.spawn(name) { context in
          Worker(context) { _, _ in
            while true { _ = try await context.ask(busy) { Work.ask("?", $0) } as Text }
          }
        }
        root.send(.tell("go"), to: asker)
      }
    }
  }

  @Test("an episode has as many events as its limit says, and its end names the busiest actor")
  func events() {
    for limit in 20...23 {
      var limits = EpisodeLimits()
      limits.events = limit
      let episode = Self.endless(limits)
      defer { episode.close() }
      guard case .failed(.tooManyEvents(limit, let busiest)) = episode.run() else {
        Issue.record("no end")
        continue
      }
      let events = episode.events
      #expect(events.dropLast().count == limit && events.last?.kind == .failure)
      let counts = Dictionary(grouping: events.dropLast(), by: \.subject).mapValues(\.count)
      #expect(counts[busiest] == counts.values.max())
    }
  }

  @Test("a mailbox holds as many messages as its limit says; what nobody will read is not in it")
  func mailbox() {
    func status(_ count: Int, stops: Bool) -> EpisodeStatus {
      var limits = EpisodeLimits()
      limits.mailbox = 3
      let episode = Episode(seed: 1, limits: limits) { root in
        let ear = root.spawn("ear") { Worker($0) { _, _ in } }
        let mouth = root.spawn("mouth") { context in
          Worker(context) { _, _ in
            if stops { context.stop(ear) }
            for _ in 0..<count {
              context.send(.tell("word"), to: ear)
              if stops { try await context.sleep(for: .seconds(1)) }
            }
            try await context.sleep(for: .seconds(1))
            context.finish([])
          }
        }
        root.send(.tell("go"), to: mouth)
      }
      defer { episode.close() }
      return episode.run()
    }
    #expect(status(3, stops: false) == .finished(result: []))
    #expect(status(4, stops: false) == .failed(.mailboxOverflow(path: "root/ear", limit: 3)))
    #expect(status(9, stops: true) == .finished(result: []))
  }

  // MARK: Forks

  /// Actors that say what they draw and whom they hear, with faults by chance; what was heard under each of some seeds of a
  /// fork in the middle.
  private static func forks(
    _ strategy: any Strategy, _ faults: FaultPlan = FaultPlan(), draws: Bool = false
  ) throws -> (original: String, forks: Set<String>) {
    func setUp(_ root: ActorContext) {
      let ear = root.spawn("ear") { context in
        Worker(context) { worker, message in
          guard case .tell(let word) = message else { return }
          if word == "end" { return context.finish(Array(worker.heard.joined(separator: " ").utf8)) }
          worker.hear(word)
        }
      }
      for name in ["a", "b", "c"] {
        let mouth = root.spawn(name) { context in
          Worker(context) { _, _ in
            for round in 0..<8 {
              context.send(.tell("\(name)\(draws ? context.draw("x") % 100 : UInt64(round))"), to: ear)
              try await context.sleep(for: .seconds(1))
            }
          }
        }
        root.send(.tell("go"), to: mouth)
      }
      let clock = root.spawn("clock") { context in
        Worker(context) { _, _ in
          try await context.sleep(for: .seconds(60))
          context.send(.tell("end"), to: ear)
        }
      }
      root.send(.tell("go"), to: clock)
    }
    func result(_ episode: Episode) -> String {
      defer { episode.close() }
      guard case .finished(let bytes) = episode.run() else { return "?" }
      return String(decoding: bytes, as: UTF8.self)
    }
    let episode = Episode(seed: 3, strategy: strategy, faults: faults, setup: setUp)
    let original = result(episode)
    let history = try EpisodeHistory(episode.record(id: "x"))
    let forks = (100..<120 as Range<UInt64>).map { seed in
      result(Episode(forking: history, at: history.eventCount / 3, seed: seed, setup: setUp))
    }
    return (original, Set(forks))
  }

  @Test("P3: under other seeds a fork chooses, draws and fails otherwise than its parent, each by itself")
  func forkedSeeds() throws {
    var rates = FaultRates()
    (rates.drop, rates.most) = (0.3, 100)
    #expect(try Self.forks(FIFOStrategy()).forks.count == 1)
    #expect(try Self.forks(RandomStrategy(seed: 3)).forks.count > 10)
    #expect(try Self.forks(FIFOStrategy(), draws: true).forks.count > 10)
    #expect(try Self.forks(FIFOStrategy(), FaultPlan(rates: rates)).forks.count > 10)
  }

  @Test("P2, P3: a fork of a fork of a fork replays under the seed of each part")
  func forksOfForks() throws {
    let setUp: (ActorContext) -> Void = { root in
      let worker = root.spawn("worker") { context in
        Worker(context) { worker, _ in
          for _ in 0..<30 {
            worker.hear("\(context.draw("x") % 100)")
            try await context.sleep(for: .seconds(1))
          }
          context.finish(Array(worker.heard.joined(separator: " ").utf8))
        }
      }
      root.send(.tell("go"), to: worker)
    }
    let root = Episode(seed: 3, setup: setUp)
    var statuses = [root.run()]
    var history = try EpisodeHistory(root.record(id: "0"))
    root.close()
    for generation in 1...4 {
      let event = 6 * generation
      let fork = Episode(forking: history, at: event, seed: UInt64(100 + generation), setup: setUp)
      defer { fork.close() }
      let status = fork.run()
      statuses.append(status)
      history = try EpisodeHistory(
        fork.record(id: "\(generation)", forkedFrom: .init(episode: "\(generation - 1)", event: event)),
        of: history)
      let replay = Episode(replaying: history, setup: setUp)
      defer { replay.close() }
      #expect(replay.run() == status, "\(generation) forks")
    }
    #expect(Set(statuses).count == 5, "each part draws anew")
  }

  @Test("a message that is overtaken by those of a later instant holds up none of that instant")
  func overtaken() {
    let plan = FaultPlan(timeline: [
      .message(.reorder(.seconds(1)), from: "root/mouth", to: "root/ear")
    ])
    let heard = (0..<60 as Range<UInt64>).map { seed in
      let episode = Episode(seed: seed, strategy: RandomStrategy(seed: seed), faults: plan) { root in
        let ear = root.spawn("ear") { context in
          Worker(context) { worker, message in
            guard case .tell(let word) = message else { return }
            worker.hear(word)
            if worker.heard.count == 2 { context.finish(Array(worker.heard.joined().utf8)) }
          }
        }
        let mouth = root.spawn("mouth") { context in
          Worker(context) { _, _ in
            context.send(.tell("a"), to: ear)
            try await context.sleep(for: .seconds(1))
            context.send(.tell("b"), to: ear)
          }
        }
        root.send(.tell("go"), to: mouth)
      }
      defer { episode.close() }
      return episode.run()
    }
    #expect(Set(heard) == [.finished(result: Array("ab".utf8)), .finished(result: Array("ba".utf8))])
  }

  @Test("an actor may crash at the first instant, and what it sends to itself always arrives")
  func firstInstantAndOneself() {
    func run(_ plan: FaultPlan) -> (EpisodeStatus, [EventRecord]) {
      let episode = Episode(seed: 1, faults: plan) { root in
        let worker = root.spawn("worker") { context in
          Worker(context) { worker, message in
            guard case .tell("go") = message else { return context.finish([]) }
            for _ in 0..<9 { context.send(.tell("word"), to: worker.address) }
          }
        }
        root.send(.tell("go"), to: worker)
      }
      defer { episode.close() }
      return (episode.run(), episode.events)
    }
    let crash = run(FaultPlan(timeline: [.crash("root/worker", at: .zero, restartAfter: nil)]))
    #expect(crash.1.contains { $0.kind == .crash && $0.time == .zero })
    var rates = FaultRates()
    (rates.drop, rates.most) = (1, 100)
    #expect(run(FaultPlan(rates: rates)).0 == .finished(result: []))
  }

  @Test(
    "a serial actor that crashed while it handled a message loses what waited, and is as serial when it is back"
  )
  func serialCrash() {
    let plan = FaultPlan(timeline: [
      .crash("root/serial", at: .milliseconds(500), restartAfter: .seconds(1))
    ])
    let episode = Episode(seed: 1, faults: plan) { root in
      let serial = root.spawn("serial") { TimeTests.Serial($0) }
      let clock = root.spawn("clock") { context in
        Worker(context) { _, _ in
          for word in ["1", "2", "3"] { context.send(.tell(word), to: serial) }
          try await context.sleep(for: .seconds(9))
          for word in ["4", "5"] { context.send(.tell(word), to: serial) }
        }
      }
      root.send(.tell("go"), to: clock)
    }
    defer { episode.close() }
    _ = episode.run()
    let notes = episode.events.filter { $0.kind == .note }
    #expect(
      notes.map { $0.name + String(decoding: $0.payload, as: UTF8.self) } == [
        "begin1", "begin4", "end4", "begin5", "end5",
      ])
    #expect(episode.events.count { $0.kind == .deadLetter } == 2)
  }

  @Test("a fork that replaces a message takes the same message as its parent did, and chooses anew after it")
  func replacedChoice() throws {
    let setUp: (ActorContext) -> Void = { root in
      let ear = root.spawn("ear") { Worker($0) { _, _ in } }
      for name in ["a", "b", "c", "d", "e"] {
        let mouth = root.spawn(name) { context in
          Worker(context) { _, _ in context.send(.tell(name), to: ear) }
        }
        root.send(.tell("go"), to: mouth)
      }
    }
    let original = Episode(seed: 3, strategy: RandomStrategy(seed: 3), setup: setUp)
    defer { original.close() }
    _ = original.run()
    let history = try EpisodeHistory(original.record(id: "x"))
    for event in original.events where event.kind == .delivery {
      for seed in 100..<105 as Range<UInt64> {
        let fork = Episode(
          forking: history, at: event.number, seed: seed, replacing: #"{"tell": {"_0": "new"}}"#, setup: setUp
        )
        defer { fork.close() }
        _ = fork.run()
        let replaced = fork.events[event.number]
        #expect((replaced.kind, replaced.subject, replaced.peer) == (event.kind, event.subject, event.peer))
      }
    }
  }

  // MARK: The outside

  @Test("an episode goes on as far as the progress of its calls lets it, and no further")
  func progress() {
    let episode = Episode(seed: 1) { root in
      let caller = root.spawn("caller") { context in
        Worker(context) { _, _ in
          _ = try await context.external(
            ExternalCall(kind: "x", payload: 0, latencyPerUnit: .seconds(1), maximumUnits: 100))
        }
      }
      let clock = root.spawn("clock") { context in
        Worker(context) { _, _ in for _ in 0..<9 { try await context.sleep(for: .seconds(1)) } }
      }
      for actor in [caller, clock] { root.send(.tell("go"), to: actor) }
    }
    defer { episode.close() }
    for units in 0..<6 {
      #expect(episode.run() == .parked)
      for call in episode.outstanding { episode.progress(call.id, units: units) }
      #expect(episode.run() == .parked && episode.now == .seconds(units))
    }
  }
}
