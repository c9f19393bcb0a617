import ActorTesting
import Actors
import Foundation
import Messaging
import Policy
import Synchronization
import Testing

@testable import Serving
@testable import Sim

@Suite("Roles that servers play", .serialized)
struct RemoteRolesTests {
  private static var isRelease: Bool {
    var isRelease = true
    assert(
      {
        isRelease = false; return true
      }())
    return isRelease
  }

  private static let design = "a = agent step ( task ) ; b = agent solve ( a ) ; answer b"

  @Test(
    "a recorded episode is explored without its server, and an order that asks something new is left there")
  func explored() throws {
    let server = try server()
    let scenario = try scenario(
      "designer: { url: '\(server.url)', model: 'm' }, executor: { url: '\(server.url)', model: 'm' }",
      script: "nodes: ['agent', 'ensemble'], votes: ['majority'], maximumCalls: 4",
      "stages: { designerSteps: 0 }, rollout: { scripts: { stories: 'a = ensemble 3 solve(task) by majority; answer a' } }"
    )
    let record = try #require(played(scenario, nil, count: 1).first)
    server.stop()
    let (setup, history) = (try EpisodeSetup(scenario), try EpisodeHistory(record))
    var recording = RecordedServer.Recording()
    try recording.add(history.events)
    func explored(_ recording: RecordedServer.Recording) throws -> (Explorer.Exploration, unanswered: Int) {
      let unanswered = UnansweredOrders()
      let system = SimulatedSystem(of: history, seed: record.seed, setup, unanswered: unanswered) {
        .both(RecordedServer(recording))
      }
      var explorer = Explorer(system)
      explorer.strategy = .dfs(depth: 12)
      return try (explorer.explore(seeds: 0..<1), unanswered.count)
    }
    let (all, unanswered) = try explored(recording)
    #expect(all.failure == nil && all.episodes > 1 && unanswered == 0, "\(all.episodes) orders")
    // The first order is the recorded one, and nothing in it is new.
    let (none, left) = try explored(RecordedServer.Recording())
    #expect(none.failure == nil && left == none.episodes)
    #expect(server.requests.count == 3)
  }

  /// A server that writes the same design for every designer, says a calculation for a step, and answers a number that depends on the
  /// question alone. With `drifts` it answers otherwise when it is asked again.
  private func server(drifts: Bool = false, slow: Bool = false) throws -> HostileServer {
    let asked = Mutex<[String: Int]>([:])
    return try HostileServer { number, request in
      let times = asked.withLock { asked in
        asked[request.body, default: 0] += 1
        return asked[request.body, default: 0]
      }
      let hash = request.body.utf8.reduce(UInt64(7)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
      let body = try? JSONDecoder().decode(ChatRequest.self, from: Data(request.body.utf8))
      let system = body?.messages.first?.content ?? ""
      let text =
        if system.contains("ROLE is one of") {
          Self.design
        } else if system.contains("Answer:") {
          "Answer: \(hash % 9 + (drifts ? UInt64(times) : 0))"
        } else {
          "2 + \(hash % 7) = 3"
        }
      let pieces = #"{"content": [{"token": "\#(text)", "logprob": -0.5}]}"#
      let answer = HostileServer.Act.completion(text, logprobs: pieces, tokens: 3)
      return slow ? [.wait(Double(hash % 5) / 100), answer] : [answer]
    }
  }

  private func scenario(
    _ servers: String, script: String = "maximumCalls: 3", _ rest: String = ""
  ) throws -> Scenario {
    try Scenario(
      json5: """
        { tasks: { families: [{ name: 'stories', levels: [2, 2] }] }, script: { \(script) }, episodes: 3,
          executor: { maximumTokens: 16 }, servers: { \(servers) }, \(rest) }
        """)
  }

  private func played(_ scenario: Scenario, _ policy: String?, count: Int = 3) throws -> [EpisodeRecord] {
    let player = try Player(scenario, servers: PolicySource(named: policy, scenario).servers())
    return try (0..<count).map { try player.play($0).record }
  }

  @Test("everything that a server said is in the log, which replays without it (P2) and answers in its place")
  func recorded() throws {
    let server = try server()
    let scenario = try scenario(
      "designer: { url: '\(server.url)', model: 'm' }, executor: { url: '\(server.url)', model: 'm' }")
    let records = try played(scenario, nil)
    #expect(server.requests.count == 9, "a design and two calls an episode")
    server.stop()
    let setup = try EpisodeSetup(scenario)
    var recording = RecordedServer.Recording()
    for record in records {
      let history = try EpisodeHistory(record)
      #expect(setup.replay(history) == history.outcome)
      try recording.add(history.events)
      let answers = try history.events.filter { $0.kind == .completion }.map {
        try Generation(encoded: $0.payload)
      }
      #expect(answers.count == 3)
      for answer in answers {
        let served = try #require(answer.served)
        #expect(served.model == "m" && served.fingerprint == "f1" && served.finish == "stop")
        #expect(
          served.promptCount == 7 && served.completionCount == 3 && served.pieces.map(\.text) == [answer.text]
        )
        #expect(answer.unitCount == 3, "virtual time goes by the server's count of tokens, and by no clock")
      }
    }
    let log = FileManager.default.temporaryDirectory.appending(path: "served-\(UUID()).log")
    defer { try? FileManager.default.removeItem(at: log) }
    let writer = try ReplayLogWriter(
      creating: log,
      header: .init(program: "t", scenario: scenario.canonicalText, seed: 1, weightsDigest: "servers"))
    for record in records { try writer.append(record.encoded) }
    _ = try writer.commit()
    #expect(try played(scenario, "recorded:\(log.path)").map(\.encoded) == records.map(\.encoded))
  }

  @Test("neither threads nor the order in which answers come change a byte (P1), however the server is slow")
  func threads() throws {
    let server = try server(slow: true)
    let scenario = try scenario(
      "designer: { url: '\(server.url)', model: 'm' }, executor: { url: '\(server.url)', model: 'm' }")
    let tasks = try TaskSource(scenario)
    let agents = try AgentSetup(scenario, families: tasks.families, tokenizer: tasks.tokenizer)
    let policy = try PolicySource(named: nil, scenario)
    let drawn = Array(tasks.heldOut[0].tasks.prefix(4))
    let bytes = try [1, 3].map { threads in
      let rollout = HierarchicalRollout(agents: agents, designs: 2, executions: 2, threads: threads)
      return try rollout.run(drawn, name: "r", seed: 5) { try policy.servers() }.records
    }
    #expect(bytes[0] == bytes[1] && !bytes[0].isEmpty)
  }

  @Test("a server that takes a JSON schema is asked with one, and its JSON is the script that the log has")
  func schema() throws {
    let form =
      #"{\"statements\": [{\"node\": \"agent\", \"role\": \"solve\", \"inputs\": [\"task\"]}], \"answer\": \"a\"}"#
    let server = try HostileServer { number, request in
      let isDesign = request.body.contains("\"response_format\"")
      return [.completion(isDesign ? form : "Answer: 3", tokens: isDesign ? 40 : 3)]
    }
    defer { server.stop() }
    let scenario = try scenario(
      "designer: { url: '\(server.url)', model: 'm', grammar: 'schema' }, executor: { url: '\(server.url)', model: 'm' }"
    )
    let record = try #require(try played(scenario, nil, count: 1).first)
    let asked = try server.requests.map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.body.utf8)) as? [String: Any])
    }
    #expect(asked.count == 2 && asked[1]["response_format"] == nil)
    #expect(asked[0]["max_tokens"] as? Int == scenario.script.maximumTokens, "a limit in tokens is kept")
    let format = try #require(asked[0]["response_format"] as? [String: Any])
    let schema = try #require(format["json_schema"] as? [String: Any])
    #expect(format["type"] as? String == "json_schema" && schema["strict"] as? Bool == true)
    let said = try #require(asked[0]["messages"] as? [[String: String]])
    #expect(said.last?["content"]?.contains("Reply in JSON.") == true)
    guard case .finished(let result)? = try EpisodeHistory(record).outcome else {
      Issue.record("it did not end")
      return
    }
    let outcome = try Outcome(encoded: result)
    #expect(outcome.designFault == nil && outcome.script == "a = agent solve(task);\nanswer a")
  }

  @Test("a fork asks a server only what its episode did not ask (P3)")
  func fork() throws {
    let server = try server()
    let scenario = try scenario(
      "designer: { url: '\(server.url)', model: 'm' }, executor: { url: '\(server.url)', model: 'm' }")
    let record = try played(scenario, nil, count: 1)[0]
    let asked = server.requests.count
    let history = try EpisodeHistory(record)
    var recording = RecordedServer.Recording()
    try recording.add(history.events)
    let policy = try PolicySource(named: nil, scenario)
    let setup = try EpisodeSetup(scenario)
    for event in [1, history.eventCount / 2] {
      let player = ForkPlayer(setup: setup, history: history, event: event)
      let same = try player.play(
        0, seed: record.seed, replacing: nil, servers: policy.servers(remembering: recording))
      #expect(same.status == history.outcome && server.requests.count == asked)
    }
    let other = try ForkPlayer(setup: setup, history: history, event: 1).play(
      0, seed: 99, replacing: nil, servers: policy.servers(remembering: recording))
    #expect(server.requests.count > asked)
    #expect(setup.replay(try EpisodeHistory(other.record, of: history)) == other.status)
  }

  @Test(
    "a policy of words says behind a server, to the token, what it says in process, whoever asks beside it (P4)"
  )
  func sameAsInProcess() throws {
    let words = TroupeVocabulary.tokenizer
    let model = ServingFixture.model(vocabularySize: words.vocabularySize)
    let server = try TestServer(
      ServedModel(name: "m", model, words, template: nil, fingerprint: "random"), threads: 2)
    defer { #expect(server.stops()) }
    func scenario(_ servers: String) throws -> Scenario {
      try Scenario(
        json5: """
          { tasks: { families: [{ name: 'arithmetic', levels: [2, 3] }] }, stages: { first: 'executor', count: 1 },
            executor: { maximumTokens: 6 }, servers: { \(servers) },
            rollout: { scripts: { arithmetic: 'a = ensemble 3 step(task) by majority; b = agent solve(a); answer b' } } }
          """)
    }
    func said(_ player: Player) throws -> [[Generation]] {
      try (0..<4).map { index in
        let events = try EpisodeHistory(player.play(index).record).events
        return try events.filter { $0.kind == .completion && $0.name == PolicyCall.kind }.map {
          try Generation(encoded: $0.payload)
        }
      }
    }
    let alone = try scenario("")
    let here = try said(Player(alone, servers: .init(designer: model, executor: model)))
    let remote = try scenario(
      "executor: { url: 'http://127.0.0.1:\(server.port)/v1', model: 'm', interface: 'completions', seedBits: 64 }"
    )
    let there = try said(
      Player(remote, servers: PolicySource(named: "scripted", remote).servers()))
    #expect(here.joined().count == 16 && Set(here.joined().map(\.tokens)).count > 8)
    // A model that nobody trained also says special tokens, which no text has.
    for (mine, other) in zip(here.joined(), there.joined()) {
      #expect(other.tokens.starts(with: mine.tokens.filter { $0 > 1 }), "\(mine.tokens) \(other.tokens)")
    }
    #expect(there.joined().allSatisfy { $0.served?.fingerprint == "random" })
  }

  @Test("an audit of a server that repeats itself finds nothing, and of one that drifts every answer")
  func audit() throws {
    for drifts in [false, true] {
      let server = try server(drifts: drifts)
      let scenario = try scenario(
        "designer: { url: '\(server.url)', model: 'm' }, executor: { url: '\(server.url)', model: 'm' }",
        "stages: { first: 'executor', count: 1 }, rollout: { scripts: { stories: 'a = agent solve(task); answer a' } }"
      )
      var audit = ServerAudit(try EpisodeSetup(scenario))
      for record in try played(scenario, nil) { try audit.add(record, EpisodeHistory(record)) }
      #expect(audit.calls.count == 3)
      let policy = try PolicySource(named: nil, scenario)
      let found = try audit.run(count: 2, seed: 0, servers: policy.servers())
      #expect(found.count == 2 && found.allSatisfy { ($0.firstDifference != nil) == drifts })
      #expect(found.allSatisfy { $0.isByTokens && $0.gap == 0 && $0.otherModel == nil })
    }
  }

  @Test(
    "the weighted vote refuses a server without log-probabilities, and a role behind a server is not trained")
  func refusals() throws {
    let server = try HostileServer { _, _ in [.completion("Answer: 1")] }
    let weighted = try scenario(
      "executor: { url: '\(server.url)', model: 'm' }, designer: { url: '\(server.url)', model: 'm' }",
      script: "nodes: ['agent', 'ensemble'], votes: ['weighted']",
      "stages: { first: 'executor', count: 1 }, rollout: { scripts: { stories: 'a = ensemble 2 solve(task) by weighted; answer a' } }"
    )
    #expect(throws: RemoteError.noLogProbabilities(server: server.url, neededFor: "the weighted vote")) {
      _ = try played(weighted, nil)
    }
    let trained = try scenario("designer: { url: '\(server.url)', model: 'm' }")
    let error = #expect(throws: ScenarioError.self) { try trained.requireTrainable() }
    #expect(error.map { "\($0)" }?.contains("a model behind a server cannot be trained") == true)
  }

  @Test(
    "executors learn under a designer behind a server; what a budget ends goes on where it was, and nothing is asked twice (P5, P6)",
    .enabled(if: RemoteRolesTests.isRelease))
  func training() throws {
    func text(_ server: HostileServer, _ calls: String) -> String {
      """
      { name: 'served', tasks: { families: [{ name: 'arithmetic', levels: [2, 2] }], heldOut: { perFamily: 4 } },
        servers: { designer: { url: '\(server.url)', model: 'm', budget: { calls: \(calls), promptPrice: 2, completionPrice: 8 } } },
        script: { maximumCalls: 3 }, coldStart: { steps: 20, warmup: 2, designer: { batch: 2 }, executor: { batch: { arithmetic: 8 } } },
        rollout: { tasks: 4, designs: 2, executions: 2 }, stages: { first: 'executor', count: 1, executorSteps: 6 },
        optimizer: { executor: { minibatches: 1 } }, evaluation: { every: 100 }, checkpoints: { every: 2 } }
      """
    }
    let place = FileManager.default.temporaryDirectory.appending(path: "served-\(UUID())")
    defer { try? FileManager.default.removeItem(at: place) }
    func bytes(_ directory: RunDirectory) throws -> [[UInt8]] {
      var log = try EpisodeLog(directory.log)
      var bytes: [[UInt8]] = []
      while let (record, _) = try log.next() { bytes.append(record.encoded) }
      return try bytes + [directory.metrics, directory.outcomes].map { try [UInt8](Data(contentsOf: $0)) }
    }
    let server = try server()
    let whole = RunDirectory(place.appending(path: "whole"))
    let summary = try TrainingRun(Scenario(json5: text(server, "null")), in: whole, threads: 2).train { _ in }
    #expect(summary.greatestGap == 0 && summary.checkedTokens > 0)
    let asked = Set(server.requests.map(\.body)).count
    // What the log adds up to is what the server was asked, evaluations apart, whose episodes the log does not have.
    var (log, costs) = (try EpisodeLog(whole.log), LogCosts(try Scenario(json5: text(server, "null"))))
    while let (record, history) = try log.next() { try costs.add(record, history) }
    #expect(costs.designer.calls == 6 * 4 * 2 && costs.designer.served == costs.designer.calls)
    #expect(costs.designer.promptTokens == 7 * costs.designer.calls && costs.designer.answerTokens == 3 * 48)
    // Prices are of a million tokens. Both counts are exact in a Double.
    let money = Double(2 * costs.designer.promptTokens + 8 * costs.designer.answerTokens) / 1e6
    #expect(
      abs(costs.designer.money - money) < 1e-12 && costs.designer.money > 0 && costs.executor.money == 0)
    #expect(costs.all.money == costs.designer.money)
    #expect(costs.executor.served == 0 && costs.executor.calls == 6 * 4 * 2 * 2 * 2)
    #expect(server.requests.count == asked, "no question was asked twice")
    // The budget ends the run in its fourth step; with a greater one it goes on.
    let other = RunDirectory(place.appending(path: "resumed"))
    let limited = try Scenario(json5: text(server, "30"))
    let error = #expect(throws: RemoteError.self) {
      try TrainingRun(limited, in: other, threads: 1).train { _ in }
    }
    #expect(error == .budget(server: server.url, "the budget of 30 calls is spent"))
    let before = server.requests.count
    #expect(before == asked + 30)
    _ = try TrainingRun(resuming: Scenario(json5: text(server, "null")), in: other, threads: 2).train { _ in }
    #expect(try bytes(other) == bytes(whole))
    #expect(server.requests.count - before == asked - 30)
    #expect(Set(server.requests.dropFirst(asked).map(\.body)).count == asked)
  }
}
