@testable import Messaging
import PropertyTesting
import Testing

@Suite("Faults")
struct FaultTests {
  /// Every kind of fault by chance.
  static let everything: FaultPlan = {
    var rates = FaultRates()
    (rates.drop, rates.duplicate, rates.delay, rates.reorder) = (0.05, 0.05, 0.05, 0.05)
    (rates.isolate, rates.crash, rates.fail, rates.slow) = (0.02, 0.02, 0.1, 0.1)
    return FaultPlan(rates: rates)
  }()

  /// An actor that says a, b, c, d to another, a second apart or at once. The result is what is heard within a minute.
  static func heard(_ timeline: [Fault], apart: Duration = .zero) -> (words: String, events: [EventRecord]) {
    let episode = Episode(seed: 1, faults: FaultPlan(timeline: timeline)) { root in
      let ear = root.spawn("ear") { context in
        Worker(context) { worker, message in
          guard case .tell(let word) = message else { return }
          if word == "end" { return context.finish(Array(worker.heard.joined().utf8)) }
          worker.hear(word)
        }
      }
      let mouth = root.spawn("mouth") { context in
        Worker(context) { _, _ in
          for word in ["a", "b", "c", "d"] {
            context.send(.tell(word), to: ear)
            if apart > .zero { try await context.sleep(for: apart) }
          }
        }
      }
      let clock = root.spawn("clock") { context in
        Worker(context) { _, _ in
          try await context.sleep(for: .seconds(60))
          context.send(.tell("end"), to: ear)
        }
      }
      for actor in [mouth, clock] { root.send(.tell("go"), to: actor) }
    }
    defer { episode.close() }
    guard case .finished(let result) = episode.run() else { return ("?", episode.events) }
    return (String(decoding: result, as: UTF8.self), episode.events)
  }

  private static func second(_ effect: FaultEffect) -> [Fault] {
    [.message(effect, from: "root/mouth", to: "root/ear", nth: 2)]
  }

  @Test("each fault of a message does what it says, and is an event")
  func messages() {
    #expect(Self.heard([]).words == "abcd")
    #expect(Self.heard(Self.second(.drop)).words == "acd")
    #expect(Self.heard(Self.second(.duplicate)).words == "abbcd")
    #expect(Self.heard(Self.second(.delay(.seconds(5)))).words == "abcd", "later ones wait behind it")
    #expect(Self.heard(Self.second(.reorder(.seconds(5)))).words == "acdb", "later ones overtake it")
    #expect(Self.heard(Self.second(.isolate(.seconds(5)))).words == "a")
    #expect(Self.heard(Self.second(.isolate(.milliseconds(1500))), apart: .seconds(1)).words == "ad")
    for effect in [FaultEffect.duplicate, .delay(.seconds(5)), .reorder(.seconds(5)), .isolate(.seconds(1))] {
      let events = Self.heard(Self.second(effect)).events
      #expect(events.contains { $0.kind == .fault && $0.name == effect.text && $0.subject == "root/ear" })
    }
    #expect(Self.heard(Self.second(.drop)).events.contains { $0.kind == .drop })
  }

  @Test("nothing crosses a partition while it lasts")
  func partition() {
    let fault = Fault.partition(
      [["root/mouth"], ["root/ear"]], from: .milliseconds(500), until: .milliseconds(2500))
    #expect(Self.heard([fault], apart: .seconds(1)).words == "ad")
    let elsewhere = Fault.partition([["root/mouth"], ["root/clock"]], from: .zero, until: .seconds(9))
    #expect(Self.heard([elsewhere]).words == "abcd", "who is in no group is reached by everybody")
  }

  @Test("P2: an episode with faults by chance replays without drawing them")
  func replay() throws {
    var struck = 0
    for seed in 0..<60 as Range<UInt64> {
      let episode = Episode(
        seed: seed, strategy: RandomStrategy(seed: seed), faults: Self.everything, setup: ReplayTests.setUp)
      let status = ReplayTests.finish(episode)
      struck += episode.plan.faults.count
      let record = episode.record(id: "faulty")
      let read = try EpisodeRecord(encoded: record.encoded)
      #expect(read == record)
      let replay = Episode(replaying: try EpisodeHistory(read), setup: ReplayTests.setUp)
      // This also holds if faults left nothing to happen, because that end is an event of the record, compared like
      // others.
      #expect(replay.run() == status)
      #expect(replay.events == episode.events)
      for event in stride(from: 0, through: record.eventCount, by: 7) {
        let fork = Episode(
          forking: try EpisodeHistory(read), at: event, seed: seed, setup: ReplayTests.setUp)
        #expect(
          ReplayTests.finish(fork) == status && fork.events == episode.events, "P3, from event \(event)")
        fork.close()
      }
      episode.close()
      replay.close()
    }
    #expect(struck > 60)
  }

  @Test("operations fail where the plan says, and nowhere else")
  func operations() {
    let plan = FaultPlan(timeline: [.failure(of: "read", by: nil, nth: 2)])
    let episode = Episode(seed: 1, faults: plan) { root in
      let worker = root.spawn("worker") { context in
        Worker(context) { worker, _ in
          for operation in ["read", "write", "read", "read"] {
            do throws(InjectedFault) {
              try context.mayFail(operation)
              worker.hear("+")
            } catch {
              worker.hear("-")
            }
          }
          context.finish(Array(worker.heard.joined().utf8))
        }
      }
      root.send(.tell("go"), to: worker)
    }
    #expect(episode.run() == .finished(result: Array("++-+".utf8)))
  }

  @Test("a slow call of the outside takes longer, in virtual time only")
  func slowness() {
    let plan = FaultPlan(
      timeline: [.slowness(by: "root/a", factor: 100, from: .zero, until: .milliseconds(1))])
    let episode = Episode(seed: 4, faults: plan, setup: ReplayTests.setUp)
    guard case .finished = ReplayTests.finish(episode) else {
      Issue.record("it does not finish")
      return
    }
    #expect(episode.events.contains { $0.kind == .fault && $0.name == "echo: slow 100" })
    #expect(episode.now >= .milliseconds(100))
  }
}

@Suite("Crashes")
struct CrashTests {
  /// An actor that counts its messages, and persists the count.
  actor Counter: SimulatedActor {
    let context: ActorContext
    private var count: Int
    init(_ context: ActorContext) {
      self.context = context
      count = context.persisted(as: Int.self) ?? 0
    }
    func receive(_ message: Work) async throws {
      switch message {
      case .tell(let words):
        count += 1
        if words == "keep" { try context.persist(count) }
        try await context.sleep(for: .seconds(2))
        context.note("done", Array(words.utf8))
      case .ask(_, let reply): context.reply(Text(words: "\(count)"), to: reply)
      }
    }
    func recover() async throws { context.note("back", [UInt8(count)]) }
  }

  static func run(
    restart: Duration?, _ script: @escaping @Sendable (ActorContext, Address<Work>) async throws -> Void
  ) -> (status: EpisodeStatus, events: [EventRecord]) {
    let plan = FaultPlan(timeline: [.crash("root/counter", at: .seconds(1), restartAfter: restart)])
    let episode = Episode(seed: 1, faults: plan) { root in
      let counter = root.spawn("counter") { Counter($0) }
      let client = root.spawn("client") { context in
        Worker(context) { _, _ in try await script(context, counter) }
      }
      root.send(.tell("go"), to: client)
    }
    defer { episode.close() }
    return (episode.run(), episode.events)
  }

  @Test("a crash loses what was not persisted, cancels what ran, and a restart takes up the rest")
  func restart() {
    let (status, events) = Self.run(restart: .seconds(3)) { context, counter in
      for words in ["keep", "lose", "lose"] { context.send(.tell(words), to: counter) }
      try await context.sleep(for: .seconds(2))
      // The actor is down, so this message is lost.
      context.send(.tell("keep"), to: counter)
      try await context.sleep(for: .seconds(3))
      let count: Text = try await context.ask(counter) { .ask("how many?", $0) }
      context.finish(Array(count.words.utf8))
    }
    #expect(status == .finished(result: Array("1".utf8)))
    #expect(events.filter { $0.kind == .crash }.map(\.time) == [.seconds(1)])
    #expect(events.filter { $0.kind == .restart }.map(\.time) == [.seconds(4)])
    #expect(events.contains { $0.kind == .deadLetter && $0.time == .seconds(2) })
    #expect(events.contains { $0.kind == .note && $0.name == "back" && $0.payload == [1] })
    #expect(!events.contains { $0.name == "done" }, "the handlers of the old incarnation ended")
  }

  @Test("an ask to an actor that is down fails at its deadline, or is a deadlock with names")
  func down() {
    let late = Self.run(restart: nil) { context, counter in
      try await context.sleep(for: .seconds(2))
      do {
        let _: Text = try await context.ask(counter, within: .seconds(1)) { .ask("?", $0) }
      } catch AskError.deadline {
        context.finish([7])
      }
    }
    #expect(late.status == .finished(result: [7]))
    let never = Self.run(restart: nil) { context, counter in
      try await context.sleep(for: .seconds(2))
      let _: Text = try await context.ask(counter) { .ask("?", $0) }
    }
    #expect(never.status == .failed(.deadlock([.init(waiter: "root/client", awaited: "root/counter")])))
  }

  @Test("a reference that survives a crash is an error with a name")
  func reference() {
    final class Holder: @unchecked Sendable { var actor: Counter? }
    let holder = Holder()
    let plan = FaultPlan(timeline: [.crash("root/counter", at: .seconds(1), restartAfter: nil)])
    let episode = Episode(seed: 1, faults: plan) { root in
      _ = root.spawn("counter") { context in
        let counter = Counter(context)
        holder.actor = counter
        return counter
      }
    }
    #expect(episode.run() == .failed(.referenceOutlivedCrash(path: "root/counter")))
  }

  @Test("what a crashed actor still does is discarded and logged; those below it go down with it")
  func discard() {
    let plan = FaultPlan(timeline: [.crash("root/parent", at: .seconds(1), restartAfter: nil)])
    let episode = Episode(seed: 1, faults: plan) { root in
      let parent = root.spawn("parent") { context in
        Worker(context) { _, _ in
          let child = context.spawn("child") { Worker($0) { _, _ in } }
          do {
            try await context.sleep(for: .seconds(5))
          } catch {
            context.send(.tell("my last word"), to: child)
          }
        }
      }
      root.send(.tell("go"), to: parent)
    }
    #expect(episode.run() == .failed(.nothingLeftToHappen))
    #expect(
      episode.events.filter { $0.kind == .crash }.map(\.subject) == ["root/parent", "root/parent/child"])
    #expect(episode.events.contains { $0.kind == .discard && $0.name == "work" })
  }

  @Test("a crashed incarnation that spawns, stops or draws changes nothing of the next one")
  func ghosts() {
    let plan = FaultPlan(timeline: [.crash("root/parent", at: .seconds(1), restartAfter: .seconds(1))])
    func run(ghostActs: Bool) -> (status: EpisodeStatus, events: [EventRecord]) {
      let episode = Episode(seed: 1, faults: plan) { root in
        let ear = root.spawn("ear") { Worker($0) { _, _ in } }
        let parent = root.spawn("parent") { context in
          Worker(context) { _, _ in
            if context.now < .seconds(1) {
              do {
                try await context.sleep(for: .seconds(5))
              } catch {
                // By now the next incarnation has spawned a child with that name, and has drawn.
                await context.checkpoint("of a ghost")
                guard ghostActs else { return }
                _ = context.spawn("child") { Worker($0) { _, _ in } }
                _ = context.draw("dice")
                context.stop(ear)
              }
            } else {
              _ = context.spawn("child") { Worker($0) { _, _ in } }
              context.note("drawn", Array("\(context.draw("dice"))".utf8))
              context.send(.tell("still there?"), to: ear)
              try await context.sleep(for: .seconds(1))
              context.finish([])
            }
          }
        }
        root.send(.tell("go"), to: parent)
        root.spawn("later") { context in
          Worker(context) { _, _ in
            try await context.sleep(for: .seconds(3))
            context.send(.tell("again"), to: parent)
          }
        }.tell(.tell("go"), by: root)
      }
      defer { episode.close() }
      return (episode.run(), episode.events)
    }
    let (with, without) = (run(ghostActs: true), run(ghostActs: false))
    #expect(with.status == .finished(result: []))
    #expect(with.events.count { $0.kind == .discard } == without.events.count { $0.kind == .discard } + 3)
    let notes = [with, without].map { $0.events.filter { $0.kind == .note }.map(\.payload) }
    #expect(notes[0] == notes[1] && notes[0].count == 1)
    #expect(with.events.contains { $0.kind == .delivery && $0.subject == "root/ear" })
  }

  @Test("a message that was held when its receiver crashed names its sender")
  func heldSender() {
    let plan = FaultPlan(timeline: [.crash("root/serial", at: .milliseconds(500), restartAfter: nil)])
    let episode = Episode(seed: 1, faults: plan) { root in
      let serial = root.spawn("serial") { TimeTests.Serial($0) }
      root.spawn("sender") { context in
        Worker(context) { _, _ in for words in ["a", "b"] { context.send(.tell(words), to: serial) } }
      }.tell(.tell("go"), by: root)
    }
    defer { episode.close() }
    _ = episode.run()
    let lost = episode.events.filter { $0.kind == .deadLetter }
    #expect(lost.map(\.subject) == ["root/serial"] && lost.map(\.peer) == ["root/sender"])
  }

  @Test("a crash by chance strikes at every kind of event, and between an effect and what persists it")
  func everyEvent() throws {
    var rates = FaultRates()
    (rates.crash, rates.most, rates.restartAfter) = (0.1, 1, nil)
    var before: Set<String> = []
    var halfDone = 0
    func setUp(_ root: ActorContext) {
      let ear = root.spawn("ear") { context in
        Worker(context) { _, message in
          if case .ask(_, let reply) = message { context.reply(Text(words: "yes"), to: reply) }
        }
      }
      root.spawn("doer") { context in
        Worker(context) { _, _ in
          try await context.sleep(for: .seconds(1))
          let _: Text = try await context.ask(ear) { .ask("?", $0) }
          await context.checkpoint("here")
          context.send(.tell("the effect"), to: ear)
          try context.persist(1)
          context.note("done")
        }
      }.tell(.tell("go"), by: root)
    }
    for seed in 0..<400 as Range<UInt64> {
      let episode = Episode(
        seed: seed, strategy: RandomStrategy(seed: seed), faults: FaultPlan(rates: rates), setup: setUp)
      defer { episode.close() }
      let status = episode.run()
      let events = episode.events
      // Only the record says where the crash strikes.
      let replay = Episode(replaying: try EpisodeHistory(episode.record(id: "crash")), setup: setUp)
      defer { replay.close() }
      #expect(replay.run() == status && replay.events == events, "seed \(seed)")
      guard let crash = events.firstIndex(where: { $0.kind == .crash && $0.subject == "root/doer" }) else {
        continue
      }
      let own = events[..<crash].filter { $0.subject == "root/doer" && $0.kind != .spawn }
      before.insert(own.last.map { "\($0.kind)" } ?? "nothing")
      // The two messages are the question and the effect.
      let sent = events.count { $0.kind == .delivery && $0.subject == "root/ear" }
      if sent == 2, events.contains(where: { $0.kind == .discard && $0.name == "persist" }) { halfDone += 1 }
    }
    #expect(before.count >= 4, "\(before)")
    #expect(halfDone > 0, "the effect was done and not persisted")
  }
}

@Suite("Time and mailboxes")
struct TimeTests {
  /// Code that knows nothing of episodes.
  static func tick(_ clock: some Clock<Duration>, times: Int) async throws {
    for _ in 0..<times { try await clock.sleep(for: .seconds(10)) }
  }

  static func finish(
    _ work: @escaping @Sendable (ActorContext) async throws -> Void
  ) -> (status: EpisodeStatus, events: [EventRecord]) { EscapeTests.run(work) }

  @Test("any code that takes a clock runs in virtual time")
  func clock() {
    let (status, _) = Self.finish { context in
      let clock = context.clock
      let start = clock.now
      try await Self.tick(clock, times: 6)
      let passed = start.duration(to: clock.now)
      context.finish([UInt8(passed / .seconds(1))])
    }
    #expect(status == .finished(result: [60]))
  }

  @Test("cancellation is an event: of a sleep, of an ask, of a call of the outside")
  func cancellation() {
    let (status, events) = Self.finish { context in
      let silent = context.spawn("silent") { Worker($0) { _, _ in } }
      let call = ExternalCall(kind: "never", payload: 0, latencyPerUnit: .seconds(1), maximumUnits: 1000)
      var ended = 0
      for work: @Sendable () async throws -> Void in [
        { try await context.sleep(for: .seconds(1000)) },
        { let _: Text = try await context.ask(silent) { .ask("?", $0) } },
        { _ = try await context.external(call) },
      ] {
        try await withThrowingTaskGroup(of: Bool.self) { group in
          group.addTask {
            do {
              try await work()
              return false
            } catch is CancellationError {
              return true
            }
          }
          await context.checkpoint("begun")
          group.cancelAll()
          if try await group.next() == true { ended += 1 }
        }
      }
      context.finish([UInt8(ended)])
    }
    #expect(status == .finished(result: [3]))
    #expect(events.count { $0.kind == .cancellation } == 3)
  }

  actor Serial: SimulatedActor {
    static let mailbox = Mailbox.serial
    let context: ActorContext
    init(_ context: ActorContext) { self.context = context }
    func receive(_ message: Work) async throws {
      guard case .tell(let words) = message else { return }
      context.note("begin", Array(words.utf8))
      try await context.sleep(for: .seconds(1))
      context.note("end", Array(words.utf8))
    }
  }

  @Test("a serial mailbox holds messages until the handler has returned")
  func serial() {
    let (_, events) = Self.finish { context in
      let serial = context.spawn("serial") { Serial($0) }
      for words in ["a", "b", "c"] { context.send(.tell(words), to: serial) }
    }
    let notes = events.filter { $0.kind == .note }.map {
      $0.name + String(decoding: $0.payload, as: UTF8.self)
    }
    #expect(notes == ["begina", "enda", "beginb", "endb", "beginc", "endc"])
  }

  @Test("what one actor sends another arrives in order, replies included, under every strategy")
  func order() throws {
    for seed in 0..<200 as Range<UInt64> {
      for strategy: any Strategy in [
        RandomStrategy(seed: seed), PCTStrategy(seed: seed, depth: 3, steps: 40),
        DFSStrategy(depth: Int(seed)),
      ] {
        let episode = Episode(seed: seed, strategy: strategy) { root in
          let asker = Later()
          let teller = root.spawn("teller") { context in
            Worker(context) { _, message in
              guard case .ask(_, let reply) = message, let asker = asker.address else { return }
              context.send(.tell("first"), to: asker)
              context.reply(Text(words: "second"), to: reply)
              context.send(.tell("third"), to: asker)
            }
          }
          let address = root.spawn("asker") { context in
            Worker(context) { _, message in
              switch message {
              case .tell("go"):
                let _: Text = try await context.ask(teller) { .ask("?", $0) }
              default: break
              }
            }
          }
          asker.address = address
          root.send(.tell("go"), to: address)
        }
        defer { episode.close() }
        _ = episode.run()
        let heard = episode.events.filter { $0.peer == "root/teller" && $0.subject == "root/asker" }
        #expect(heard.map(\.kind) == [.delivery, .reply, .delivery], "seed \(seed)")
      }
    }
  }

  @Test("a task that spins, and an exchange in no time that fills a record, are errors that say livelock")
  func livelocks() {
    let spinning = Self.finish { _ in while true { await Task.yield() } }
    #expect(spinning.status == .failed(.spinningTask(path: "root/worker")))
    #expect(spinning.status.text.contains("livelock"))
    let long = String(repeating: "x", count: 100)
    let episode = Episode(seed: 1) { root in
      let first = Later()
      let second = root.spawn("second") { context in
        Worker(context) { _, _ in
          if let first = first.address { context.send(.tell(long), to: first) }
        }
      }
      let address = root.spawn("first") { context in
        Worker(context) { _, _ in context.send(.tell(long), to: second) }
      }
      first.address = address
      root.send(.tell("go"), to: address)
    }
    defer { episode.close() }
    guard case .failed(.tooMuchToRecord(let events, _)) = episode.run() else {
      Issue.record("\(episode.eventCount) events")
      return
    }
    #expect(
      events < 1_000_000 && episode.record(id: "long").encoded.count <= ReplayLogWriter.maximumRecordSize)
  }

  @Test("an ask to an actor that has stopped fails at once")
  func stopped() {
    let (status, _) = Self.finish { context in
      let ear = context.spawn("ear") { Worker($0) { _, _ in } }
      context.stop(ear)
      do {
        let _: Text = try await context.ask(ear) { .ask("?", $0) }
      } catch AskError.stopped {
        context.finish([1])
      }
    }
    #expect(status == .finished(result: [1]))
  }

  @Test("what sleeps for ever never wakes, and the episode ends with the name of who waits")
  func forever() {
    let (status, _) = Self.finish { context in try await context.sleep(for: .seconds(Int64.max)) }
    // A sleep that long has no timer, so nothing is left to happen; but its handler still waits, as for a continuation
    // that nobody resumes, and that must not pass for a quiet end.
    #expect(status == .failed(.waitsOutsideSimulation(path: "root/worker")))
  }

  @Test("direct handlers act on the same episode as those in tasks")
  func direct() {
    actor Echo: DirectActor {
      let context: ActorContext
      init(_ context: ActorContext) { self.context = context }
      func receive(_ message: Work) throws {
        switch message {
        case .ask(let words, let reply): context.reply(Text(words: words + "!"), to: reply)
        case .tell: throw CancellationError()
        }
      }
    }
    let (status, _) = Self.finish { context in
      let echo = context.spawn("echo") { Echo($0) }
      let answer: Text = try await context.ask(echo) { .ask("hello", $0) }
      context.send(.tell("throw"), to: echo)
      try await context.sleep(for: .seconds(1))
      context.finish(Array(answer.words.utf8))
    }
    #expect(status == .failed(.actorFailed(path: "root/worker/echo", error: "CancellationError()")))
  }

  @Test("what the hook cannot see ends the episode at once: the main actor, Dispatch, the system's clocks")
  func outside() {
    let expected = EpisodeStatus.failed(.waitsOutsideSimulation(path: "root/worker"))
    #expect(Self.finish { _ in await MainActor.run {} }.status == expected)
    #expect(Self.finish { _ in try await ContinuousClock().sleep(for: .seconds(3600)) }.status == expected)
  }
}

/// An address that becomes known after the actors that use it are made.
// Sendable unchecked: it is written before the episode runs, and only read after that.
private final class Later: @unchecked Sendable { var address: Address<Work>? }

extension Address where M == Work {
  /// Sends from the root, as an expression.
  fileprivate func tell(_ message: Work, by root: ActorContext) { root.send(message, to: self) }
}
