import Messaging
import PropertyTesting
import Testing

@Suite("Replay and fork")
struct ReplayTests {
  /// Workers that draw, sleep, call the outside and tell a collector, which marks the middle of the episode.
  static func setUp(_ root: ActorContext) {
    let collector = root.spawn("collector") { context in
      Worker(context) { worker, message in
        guard case .tell(let words) = message else { return }
        worker.hear(words)
        if worker.heard.count == 3 { await context.checkpoint("middle") }
        if worker.heard.count == 9 { context.finish(Array(worker.heard.joined(separator: " ").utf8)) }
      }
    }
    for name in ["a", "b", "c"] {
      let worker = root.spawn(name) { context in
        Worker(context) { _, _ in
          for _ in 0..<3 {
            try await context.sleep(for: .milliseconds(context.draw("pause") % 3))
            let call = ExternalCall(
              kind: "echo", describes: [UInt8(truncatingIfNeeded: context.draw("question"))],
              payload: context.draw("payload"), latencyPerUnit: .milliseconds(1), maximumUnits: 4)
            let answer = try await context.external(call)
            context.note("answer", answer.bytes)
            context.send(.tell("\(name)\(answer.bytes)"), to: collector)
          }
        }
      }
      root.send(.tell("go"), to: worker)
    }
  }

  /// Answers every call with a function of its payload.
  static func finish(_ episode: Episode, untilCheckpoint checkpoint: String? = nil) -> EpisodeStatus {
    while true {
      let status = episode.run(untilCheckpoint: checkpoint)
      guard status == .parked else { return status }
      for outstanding in episode.outstanding {
        guard let payload = outstanding.call.payload as? UInt64 else { continue }
        episode.complete(
          outstanding.id,
          ExternalResult(bytes: [UInt8(truncatingIfNeeded: payload % 7)], units: Int(payload % 4) + 1))
      }
    }
  }

  static func original(seed: UInt64) -> (status: EpisodeStatus, record: EpisodeRecord) {
    let episode = Episode(seed: seed, strategy: RandomStrategy(seed: seed), setup: setUp)
    let status = finish(episode)
    return (status, episode.record(id: "original", input: [1, 2, 3]))
  }

  @Test("P2: a record read back from its bytes replays to the same end, with no outside")
  func replay() throws {
    for seed in 0..<40 as Range<UInt64> {
      let (status, record) = Self.original(seed: seed)
      let read = try EpisodeRecord(encoded: record.encoded)
      #expect(read == record)
      let history = try EpisodeHistory([read])
      let replay = Episode(replaying: history, setup: Self.setUp)
      #expect(replay.run() == status)
      #expect(replay.events == history.events)
      #expect(replay.record(id: "original", input: [1, 2, 3]) == record)
    }
  }

  @Test("messages print as text with whole numbers of every size, such as a task's hash above Int64.max")
  func wholeNumbers() {
    func text(_ major: UInt8, _ argument: UInt64) -> String? {
      let digits = (0..<8).map { UInt8(truncatingIfNeeded: argument >> UInt64(56 - 8 * $0)) }
      return json(ofCBOR: [major << 5 | 27] + digits)
    }
    for value in [0, UInt64(Int64.max), 1 << 63, UInt64.max] { #expect(text(0, value) == "\(value)") }
    for value in [-1, Int64.min] { #expect(text(1, UInt64(bitPattern: ~value)) == "\(value)") }
    #expect(text(1, .max) == "-18446744073709551616")
    #expect(text(2, .max) == nil && text(4, .max) == nil, "no text or list is that long")
    let event = EventRecord(
      number: 0, time: .zero, kind: .delivery, subject: "root/a", peer: "root", name: "start",
      payload: [0xA1, 0x64] + Array("hash".utf8) + [0x1B] + [UInt8](repeating: 0xFF, count: 8))
    #expect(event.description.hasSuffix(#"start  {"hash": 18446744073709551615}"#), "\(event)")
  }

  @Test("keys that are no texts are printed as texts, so that every message is JSON")
  func keys() {
    // {1: 2, "a": true, [3]: null}
    let message: [UInt8] = [0xa3, 0x01, 0x02, 0x61, 0x61, 0xf5, 0x81, 0x03, 0xf6]
    #expect(json(ofCBOR: message) == #"{"1": 2, "a": true, "[3]": null}"#)
  }

  @Test("P2: the first difference is reported: event number, expected, got")
  func divergence() throws {
    let (_, record) = Self.original(seed: 5)
    let events = try EpisodeHistory(record).events
    func replayed(_ events: [EventRecord]) throws -> EpisodeStatus {
      var changed = record
      changed.eventCount = events.count
      changed.content = EventTrail(events).bytes(from: 0)
      return Episode(replaying: try EpisodeHistory(changed), setup: Self.setUp).run()
    }
    #expect(EventTrail(events).bytes(from: 0) == record.content)
    for place in events.indices {
      for change in 0..<4 {
        var changed = events
        switch change {
        case 0: for later in place..<events.count { changed[later].time += .nanoseconds(1) }
        case 1: changed[place].payload.append(9)
        case 2: changed[place].name += "x"
        default: changed[place].subject += "x"
        }
        guard case .failed(.diverged(let divergence)) = try replayed(changed) else {
          Issue.record("a record changed at event \(place) replayed")
          continue
        }
        // A replay does not check an answer of the outside. The next event, a note, shows the difference.
        #expect(divergence.event >= place)
        #expect(divergence.event == place || events[place].kind == .completion)
        #expect(divergence.expected == changed[divergence.event])
      }
    }
    #expect(try replayed(events.dropLast()) != .finished(result: []))
  }

  @Test("P3: a fork with the same seed equals the original, from every event")
  func sameSeed() throws {
    let (status, record) = Self.original(seed: 11)
    let history = try EpisodeHistory([record])
    for event in 0...record.eventCount {
      let fork = Episode(forking: history, at: event, seed: 11, setup: Self.setUp)
      #expect(Self.finish(fork) == status)
      #expect(fork.events == history.events)
    }
  }

  @Test(
    "P3: a fork with another seed shares what came before and nothing else; it replays, and so do its forks")
  func otherSeed() throws {
    let root = Episode(seed: 3, strategy: RandomStrategy(seed: 3), setup: Self.setUp)
    #expect(Self.finish(root, untilCheckpoint: "middle") == .paused)
    let parent = root.record(id: "parent")
    root.close()
    let shared = parent.eventCount
    var ends: Set<[EventRecord]> = []
    for seed in 100..<110 as Range<UInt64> {
      let fork = Episode(forking: try EpisodeHistory([parent]), at: shared, seed: seed, setup: Self.setUp)
      let status = Self.finish(fork)
      #expect(Array(fork.events.prefix(shared)) == (try EpisodeHistory(parent).events))
      ends.insert(Array(fork.events.dropFirst(shared)))
      let child = fork.record(id: "child", forkedFrom: .init(episode: "parent", event: shared))
      #expect(child.eventCount == fork.eventCount - shared, "shared events are stored once")
      let chain = try EpisodeHistory([parent, try EpisodeRecord(encoded: child.encoded)])
      let replay = Episode(replaying: chain, setup: Self.setUp)
      #expect(replay.run() == status && replay.events == fork.events)

      let later = shared + child.eventCount / 2
      let grandchild = Episode(forking: chain, at: later, seed: seed + 1000, setup: Self.setUp)
      let end = Self.finish(grandchild)
      let record = grandchild.record(id: "grandchild", forkedFrom: .init(episode: "child", event: later))
      let again = Episode(replaying: try EpisodeHistory([parent, child, record]), setup: Self.setUp)
      #expect(again.run() == end && again.events == grandchild.events)
    }
    #expect(ends.count == 10, "another seed goes another way")
  }

  @Test("an episode that was left at a checkpoint, or failed, replays to that point")
  func unfinished() throws {
    let episode = Episode(seed: 3, setup: Self.setUp)
    _ = Self.finish(episode, untilCheckpoint: "middle")
    let history = try EpisodeHistory([episode.record(id: "left")])
    #expect(Episode(replaying: history, setup: Self.setUp).run() == .paused)
    func fails(_ root: ActorContext) {
      let silent = root.spawn("silent") { Worker($0) { _, _ in } }
      let client = root.spawn("client") { context in
        Worker(context) { _, _ in let _: Text = try await context.ask(silent) { .ask("anyone?", $0) } }
      }
      root.send(.tell("go"), to: client)
    }
    let failing = Episode(seed: 1, setup: fails)
    let status = failing.run()
    let record = failing.record(id: "failing")
    #expect(try EpisodeHistory(record).events.last?.kind == .failure)
    #expect(Episode(replaying: try EpisodeHistory([record]), setup: fails).run() == status)
  }

  @Test("a chain that does not hang together is refused by name")
  func brokenChains() throws {
    let (_, record) = Self.original(seed: 1)
    var orphan = record
    orphan.parent = .init(episode: "elsewhere", event: 2)
    #expect(throws: HistoryError.empty) { try EpisodeHistory([]) }
    #expect(throws: HistoryError.parentMissing(episode: "original", parent: "elsewhere")) {
      try EpisodeHistory([orphan])
    }
    orphan.parent = .init(episode: "original", event: record.eventCount + 1)
    #expect(throws: HistoryError.self) { try EpisodeHistory([record, orphan]) }
  }

  @Test("bytes that are no record are refused and never crash")
  func malformed() {
    let bytes = Self.original(seed: 2).record.encoded
    for length in bytes.indices {
      #expect(throws: MalformedRecord.self) { try EpisodeRecord(encoded: Array(bytes.prefix(length))) }
    }
    var draws = SeededStream(seed: 1, name: "mutations")
    for _ in 0..<2000 {
      var mutated = bytes
      mutated[Int.random(in: mutated.indices, using: &draws)] = UInt8.random(in: 0...255, using: &draws)
      if let record = try? EpisodeRecord(encoded: mutated) { _ = try? EpisodeHistory(record) }
    }
  }
}
