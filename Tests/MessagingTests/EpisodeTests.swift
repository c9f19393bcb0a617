import Messaging
import PropertyTesting
import Testing

@Suite("Episodes")
struct EpisodeTests {
  /// Two senders race to one listener, which finishes with what it heard.
  static func race(seed: UInt64, strategy: any Strategy) -> (status: EpisodeStatus, events: [EventRecord]) {
    let episode = Episode(seed: seed, strategy: strategy) { root in
      let listener = root.spawn("listener") { context in
        Worker(context) { worker, message in
          guard case .tell(let words) = message else { return }
          worker.hear(words)
          if worker.heard.count == 6 { context.finish(Array(worker.heard.joined().utf8)) }
        }
      }
      for name in ["x", "y"] {
        let sender = root.spawn(name) { context in
          Worker(context) { _, _ in
            for index in 1...3 { context.send(.tell("\(name)\(index)"), to: listener) }
          }
        }
        root.send(.tell("go"), to: sender)
      }
    }
    let status = episode.run()
    return (status, episode.events)
  }

  @Test("P1: an episode is a function of its seed; strategies permute only between senders")
  func determinism() {
    #expect(
      Self.race(seed: 1, strategy: FIFOStrategy()).status == .finished(result: Array("x1x2x3y1y2y3".utf8)))
    var orders: Set<[UInt8]> = []
    for seed in 0..<50 as Range<UInt64> {
      let first = Self.race(seed: seed, strategy: RandomStrategy(seed: seed))
      let second = Self.race(seed: seed, strategy: RandomStrategy(seed: seed))
      #expect(first.status == second.status && first.events == second.events)
      guard case .finished(let result) = first.status else { continue }
      orders.insert(result)
      let heard = String(decoding: result, as: UTF8.self)
      #expect(heard.filter { "123".contains($0) }.count == 6)
      for name in ["x", "y"] as [Character] {
        let own = zip(heard, heard.dropFirst()).filter { $0.0 == name }.map(\.1)
        #expect(own == ["1", "2", "3"], "first in, first out between one sender and one receiver")
      }
    }
    #expect(orders.count > 5, "random finds other interleavings")
  }

  @Test("an ask is answered in virtual time, or fails at its deadline; the late reply is a dead letter")
  func deadlines() {
    func run(within deadline: Duration) -> (EpisodeStatus, [EventRecord]) {
      let episode = Episode(seed: 1) { root in
        let slow = root.spawn("slow") { context in
          Worker(context) { _, message in
            guard case .ask(let words, let reply) = message else { return }
            try await context.sleep(for: .seconds(2))
            context.reply(Text(words: words + "!"), to: reply)
          }
        }
        let client = root.spawn("client") { context in
          Worker(context) { _, _ in
            do {
              let answer: Text = try await context.ask(slow, within: deadline) { .ask("hello", $0) }
              context.finish(Array(answer.words.utf8))
            } catch AskError.deadline {
              try await context.sleep(for: .seconds(5))
              context.finish(Array("late at \(context.now)".utf8))
            }
          }
        }
        root.send(.tell("go"), to: client)
      }
      return (episode.run(), episode.events)
    }
    #expect(run(within: .seconds(3)).0 == .finished(result: Array("hello!".utf8)))
    let (status, events) = run(within: .seconds(1))
    #expect(status == .finished(result: Array("late at 6.0 seconds".utf8)))
    #expect(events.contains { $0.kind == .deadline } && events.contains { $0.kind == .deadLetter })
  }

  @Test("an ask that nobody will answer is a deadlock with names")
  func deadlock() {
    let episode = Episode(seed: 1) { root in
      let silent = root.spawn("silent") { Worker($0) { _, _ in } }
      let client = root.spawn("client") { context in
        Worker(context) { _, _ in
          let _: Text = try await context.ask(silent) { .ask("anyone?", $0) }
        }
      }
      root.send(.tell("go"), to: client)
    }
    #expect(episode.run() == .failed(.deadlock([.init(waiter: "root/client", awaited: "root/silent")])))
  }

  @Test("a handler that throws, an endless exchange and silence are errors with names")
  func failures() {
    struct Broken: Error {}
    let thrower = Episode(seed: 1) { root in
      root.send(.tell("go"), to: root.spawn("thrower") { Worker($0) { _, _ in throw Broken() } })
    }
    #expect(thrower.run() == .failed(.actorFailed(path: "root/thrower", error: "Broken()")))
    var limits = EpisodeLimits()
    limits.events = 100
    let endless = Episode(seed: 1, limits: limits) { root in
      let timer = root.spawn("timer") { context in
        Worker(context) { _, _ in while true { try await context.sleep(for: .seconds(1)) } }
      }
      root.send(.tell("go"), to: timer)
    }
    #expect(endless.run() == .failed(.tooManyEvents(limit: 100, busiest: "root/timer")))
    #expect(Episode(seed: 1) { _ in }.run() == .failed(.nothingLeftToHappen))
  }

  @Test("P8: a dropped message is an event")
  func drop() {
    let faults = FaultPlan(timeline: [.drop(from: "root/mouth", to: "root/ear", nth: 2)])
    let episode = Episode(seed: 1, faults: faults) { root in
      let ear = root.spawn("ear") { context in
        Worker(context) { worker, message in
          guard case .tell(let words) = message else { return }
          worker.hear(words)
          if words == "c" { context.finish(Array(worker.heard.joined().utf8)) }
        }
      }
      let mouth = root.spawn("mouth") { context in
        Worker(context) { _, _ in for words in ["a", "b", "c"] { context.send(.tell(words), to: ear) } }
      }
      root.send(.tell("go"), to: mouth)
    }
    #expect(episode.run() == .finished(result: Array("ac".utf8)))
    #expect(episode.events.filter { $0.kind == .drop }.map(\.subject) == ["root/ear"])
  }

  @Test("streams are named: a draw in one place shifts nothing elsewhere")
  func streams() {
    var a = SeededStream(seed: 7, name: "root/a/x")
    var again = SeededStream(seed: 7, name: "root/a/x")
    var b = SeededStream(seed: 7, name: "root/b/x")
    let first = (0..<4).map { _ in a.next() }
    #expect(first == (0..<4).map { _ in again.next() })
    #expect(Set(first).isDisjoint(with: (0..<4).map { _ in b.next() }))
    var resumed = SeededStream(seed: 7, name: "root/a/x", counter: 2)
    #expect(resumed.next() == first[2])
  }
}
