import ActorTesting
import Actors
import Foundation
import Messaging
import Policy
import Testing

@testable import Sim

@Suite("Replaying a log")
struct LogReplayTests {
  /// A log of a small rollout; `change` may forge the events of an episode, those it inherited included.
  private func withLog(
    _ change: (EpisodeRecord, inout [EventRecord]) -> Void = { _, _ in }, _ body: (URL) throws -> Void
  ) throws {
    let scenario = HierarchicalRolloutTests.scenario
    let source = try TaskSource(scenario)
    let agents = try AgentSetup(scenario, families: source.families)
    let rollout = HierarchicalRollout(agents: agents, designs: 2, executions: 3)
    let tree = try rollout.run(source.trainingTasks(step: 0, count: 3), name: "test", seed: 4) {
      let server = ScriptedServer(ScriptedPolicy(families: source.families))
      return .init(designer: server, executor: server)
    }
    let url = FileManager.default.temporaryDirectory.appending(path: "replay-\(UUID()).log")
    defer { try? FileManager.default.removeItem(at: url) }
    let header = LogHeader(
      program: "test", scenario: scenario.canonicalText, seed: 4, weightsDigest: "scripted")
    let writer = try ReplayLogWriter(creating: url, header: header)
    var parents: [String: EpisodeHistory] = [:]
    for bytes in tree.records {
      var record = try EpisodeRecord(encoded: bytes)
      let parent = record.parent.flatMap { parents[$0.episode] }
      let history = try parent.map { try EpisodeHistory(record, of: $0) } ?? EpisodeHistory(record)
      parents[record.id] = history
      var events = history.events
      change(record, &events)
      record.content = EventTrail(events).bytes(from: record.parent?.event ?? 0)
      try writer.append(record.encoded)
    }
    _ = try writer.commit()
    try body(url)
  }

  @Test(
    "recorded, scripted and a program's own policy are interchangeable, and say the same where they should")
  func recorded() throws {
    try withLog { url in
      let scenario = HierarchicalRolloutTests.scenario
      let source = try TaskSource(scenario)
      var registry = Registry()
      try registry.registerPolicy("mine") { scenario, _ in
        ScriptedServer(ScriptedPolicy(families: try TaskSource(scenario).families))
      }
      let agents = try AgentSetup(scenario, families: source.families)
      let rollout = HierarchicalRollout(agents: agents, designs: 2, executions: 3, threads: 2)
      func records(_ name: String, seed: UInt64 = 4) throws -> [[UInt8]] {
        let policy = try PolicySource(named: name, scenario, registry)
        return try rollout.run(source.trainingTasks(step: 0, count: 3), name: "test", seed: seed) {
          try policy.servers()
        }.records
      }
      let recorded = try records("recorded:\(url.path)")
      #expect(try recorded == records("scripted") && recorded == records("mine"))
      // A question that nobody asked has no answer.
      #expect(throws: RecordedServer.NeverAsked.self) { try records("recorded:\(url.path)", seed: 5) }
      #expect(throws: (any Error).self) { try records("recorded:/nowhere") }
    }
  }

  @Test("a recorded answer that has become too long is cut where a model would have stopped")
  func cutAnswers() throws {
    try withLog { url in
      var log = try EpisodeLog(url)
      var recording = RecordedServer.Recording()
      var longest: (call: PolicyCall, answer: Generation)?
      while let (_, history) = try log.next() {
        try recording.add(history.events)
        var calls: [Int: PolicyCall] = [:]
        for event in history.events where event.name == PolicyCall.kind {
          if event.kind == .call { calls[event.call] = try PolicyCall(encoded: event.payload) }
          guard event.kind == .completion, let call = calls[event.call] else { continue }
          let answer = try Generation(encoded: event.payload)
          if answer.tokens.count > longest?.answer.tokens.count ?? 1 { longest = (call, answer) }
        }
      }
      let (call, answer) = try #require(longest)
      func ask(_ maximum: Int) throws -> Generation? {
        let server = RecordedServer(recording)
        _ = try server.submit(
          GenerationRequest(
            prompt: call.prompt, maximumTokens: maximum, sampling: SamplingParameters(), seed: call.seed,
            endToken: 2
          ))
        return server.step().first?.finished
      }
      let count = answer.tokens.count
      #expect(try ask(count) == answer)
      let cut = try #require(try ask(count - 1))
      #expect(cut.tokens == answer.tokens.dropLast() && cut.stop == .length)
      #expect(cut.logProbabilities == answer.logProbabilities.dropLast())
    }
  }

  private func replay(_ url: URL, threads: Int) throws -> LogReplay.Summary {
    var log = try EpisodeLog(url)
    let setup = try EpisodeSetup(Scenario(json5: log.header.scenario))
    return try LogReplay(setup, threads: threads).run(&log)
  }

  @Test("P2: every episode does again what its record says, on any number of threads")
  func replays() throws {
    try withLog { url in
      let summary = try replay(url, threads: 1)
      #expect(summary.episodes == 3 * 2 * 4 && summary.divergence == nil)
      // The events that forks inherit are compared once, with the design.
      var log = try EpisodeLog(url)
      var events = 0
      while let (record, _) = try log.next() { events += record.eventCount }
      #expect(summary.events == events)
      #expect(try replay(url, threads: 3) == summary)
    }
  }

  @Test("a forged event is found, in a design and in an execution, and named")
  func forged() throws {
    for id in ["test/task-1/design-0", "test/task-2/design-1/execution-2"] {
      try withLog { record, events in
        let own = record.parent?.event ?? 0
        guard record.id == id, let index = events[own...].firstIndex(where: { $0.kind == .delivery }) else {
          return
        }
        events[index].payload[events[index].payload.count - 1] ^= 1
      } _: { url in
        for threads in [1, 2] {
          let divergence = try #require(try replay(url, threads: threads).divergence)
          #expect(divergence.episode == id)
        }
      }
    }
  }

  @Test("a message that was renamed since is named, and what does not send it still replays")
  func renamed() throws {
    try withLog { record, events in
      // One execution's log speaks of a message by the name it had once.
      guard record.id == "test/task-1/design-0/execution-2" else { return }
      for index in events.indices where events[index].name == "actors.worked" {
        events[index].name = "actors.done"
      }
    } _: { url in
      let summary = try replay(url, threads: 2)
      let renamed = try #require(summary.renamed)
      #expect(summary.divergence == nil && summary.renamedCount == 1 && summary.episodes == 24)
      #expect(renamed.episode == "test/task-1/design-0/execution-2")
      #expect(renamed.what.expected?.name == "actors.done" && renamed.what.renamed == "actors.worked")
    }
  }

  /// A log that the release build of an earlier commit wrote.
  private func fixture(_ name: String) throws -> URL {
    try #require(Bundle.module.url(forResource: name, withExtension: "log", subdirectory: "Fixtures"))
  }

  @Test(
    "a debug build replays what a release build recorded, also in version 2 of the log",
    arguments: ["failing", "tasks", "version-2"])
  func recordedInRelease(name: String) throws {
    // By `troupe run scenarios/failing.json5 --log` and `troupe run scenarios/quickstart.json5 --episodes 4 --log`; and, at
    // commit f58887e, by `troupe run tiny.json5 --policy POLICY --episodes 1 --blas-kernel Sandybridge --log`, with the
    // scenario of IntegrationTests' TrainingTests and the policy that it trains. All three are of version 2.
    let url = try fixture(name)
    let summary = try replay(url, threads: 1)
    #expect(summary.divergence == nil && summary.renamed == nil && summary.episodes > 0)
  }

  @Test(
    "a log of version 2 that a policy played says its kernel and its heights, read through or by an index")
  func version2() throws {
    let url = try fixture("version-2")
    let header = try EpisodeLog(url).header
    #expect(
      header.conditions == [
        .init(name: "BLAS kernel", value: "Sandybridge"),
        .init(
          name: "block heights", value: "1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 36, 48, 60, 64, 72, 84, 96"),
      ])
    let index = try EpisodeIndex(url)
    #expect(index.header == header && index.ids == ["run/episode-0"])
    #expect(try index.episode("run/episode-0")?.history.eventCount == 16)
  }

  @Test("an index finds every episode of a log, in any order, as reading it through does")
  func index() throws {
    try withLog { url in
      var log = try EpisodeLog(url)
      var histories: [String: EpisodeHistory] = [:]
      while let (record, history) = try log.next() { histories[record.id] = history }
      let index = try EpisodeIndex(url)
      #expect(Set(index.ids) == Set(histories.keys) && index.header == log.header)
      for id in index.ids.reversed() { #expect(try index.episode(id)?.history == histories[id]) }
      #expect(try index.episode("nobody") == nil)
    }
  }
}
