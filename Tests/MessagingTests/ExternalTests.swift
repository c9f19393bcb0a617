import Messaging
import PropertyTesting
import Testing

@Suite("Waiting for the outside")
struct ExternalTests {
  /// Actors that each make a call of some length and then tell the listener; the driver serves the calls in the
  /// order `order` says, token by token or at once.
  static func run(lengths: [Int], order: [Int], streams: Bool) -> (EpisodeStatus, [EventRecord]) {
    let episode = Episode(seed: 1) { root in
      let listener = root.spawn("listener") { context in
        Worker(context) { worker, message in
          guard case .tell(let words) = message else { return }
          worker.hear(words)
          if worker.heard.count == lengths.count + 1 {
            context.finish(Array(worker.heard.joined(separator: " ").utf8))
          }
        }
      }
      for (index, length) in lengths.enumerated() {
        let caller = root.spawn("caller-\(index)") { context in
          Worker(context) { _, _ in
            let call = ExternalCall(
              kind: "count", payload: length, latencyPerUnit: .milliseconds(10), maximumUnits: 100)
            let result = try await context.external(call)
            context.send(.tell("\(index)@\(result.units)"), to: listener)
          }
        }
        root.send(.tell("go"), to: caller)
      }
      let clock = root.spawn("clock") { context in
        Worker(context) { _, _ in
          try await context.sleep(for: .milliseconds(35))
          context.send(.tell("tick"), to: listener)
        }
      }
      root.send(.tell("go"), to: clock)
    }
    var status = episode.run()
    var tokens = 0
    while status == .parked {
      let waiting = episode.outstanding
      tokens += 1
      if streams { for call in waiting { episode.progress(call.id, units: tokens) } }
      let place = order[tokens % order.count] % waiting.count
      for (index, call) in waiting.enumerated() {
        let length = call.call.payload as? Int ?? 0
        if streams ? tokens >= length : index == place {
          episode.complete(call.id, ExternalResult(bytes: [], units: length))
        }
      }
      status = episode.run()
    }
    return (status, episode.events)
  }

  @Test("P1: the park rule makes events independent of when and in which order calls are served")
  func parkRule() {
    let cases = Generator<([Int], [Int])>.zip(
      Generator<[Int]>.array(of: Generator<Int>.integer(in: 1...8), count: 1...5),
      Generator<[Int]>.array(of: Generator<Int>.integer(in: 0...9), count: 1...5))
    forAll("independence of serving", cases) { lengths, order in
      let streamed = Self.run(lengths: lengths, order: [0], streams: true)
      let served = Self.run(lengths: lengths, order: order, streams: false)
      guard case .finished = streamed.0 else { return false }
      return streamed.0 == served.0 && streamed.1 == served.1
    }
  }

  @Test("a deadline cuts a call to the units that fit")
  func deadline() {
    let episode = Episode(seed: 1) { root in
      let caller = root.spawn("caller") { context in
        Worker(context) { _, _ in
          try await context.sleep(for: .milliseconds(5))
          let call = ExternalCall(
            kind: "count", payload: 0, latencyPerUnit: .milliseconds(10), maximumUnits: 100,
            deadline: .milliseconds(42))
          _ = try await context.external(call)
        }
      }
      root.send(.tell("go"), to: caller)
    }
    #expect(episode.run() == .parked)
    #expect(episode.outstanding.map(\.call.maximumUnits) == [3])
  }

  @Test("an episode pauses at its checkpoint and goes on from there")
  func checkpoint() {
    let episode = Episode(seed: 1) { root in
      let designer = root.spawn("designer") { context in
        Worker(context) { _, _ in
          await context.checkpoint("design")
          context.finish([1])
        }
      }
      root.send(.tell("go"), to: designer)
    }
    #expect(episode.run(untilCheckpoint: "design") == .paused)
    #expect(episode.events.last?.kind == .mark)
    #expect(episode.run(untilCheckpoint: "design") == .finished(result: [1]))
  }

  @Test("a closed episode releases whatever waits in it")
  func teardown() {
    weak var leaked: Worker?
    do {
      let episode = Episode(seed: 1) { root in
        let caller = root.spawn("caller") { context in
          let worker = Worker(context) { _, _ in
            let call = ExternalCall(kind: "never", payload: 0, latencyPerUnit: .seconds(1), maximumUnits: 1)
            _ = try await context.external(call)
          }
          leaked = worker
          return worker
        }
        root.send(.tell("go"), to: caller)
      }
      #expect(episode.run() == .parked)
      #expect(leaked != nil)
      episode.close()
    }
    #expect(leaked == nil)
  }
}
