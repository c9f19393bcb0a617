import ActorTesting
import Foundation
import Messaging
import Testing

/// Systems of plain code, without a scenario or a policy.
@Suite("Simulated systems")
struct SystemTests {
  struct Question: Message {
    static let messageName = "question"
    var reply: ReplyTo<Answer>
  }
  struct Answer: Message { static let messageName = "answer" }
  struct Start: Message { static let messageName = "start" }

  actor Server: DirectActor {
    let context: ActorContext
    init(_ context: ActorContext) { self.context = context }
    func receive(_ question: Question) { context.reply(Answer(), to: question.reply) }
  }

  /// An actor that asks after a while, and finishes with an answer.
  actor Client: SimulatedActor {
    let context: ActorContext
    private let server: Address<Question>
    init(_ context: ActorContext, _ server: Address<Question>) {
      self.context = context
      self.server = server
    }
    func receive(_ start: Start) async throws {
      try await context.sleep(for: .milliseconds(1 + context.draw("pause") % 1000))
      let _: Answer = try await context.ask(server) { Question(reply: $0) }
      context.finish(PlayedAnswer(text: "answered", reward: 0.5).encoded)
    }
  }

  private func system(_ expectations: EpisodeExpectation...) -> SimulatedSystem {
    SimulatedSystem("server", expecting: expectations) { root, _ in
      let server = root.spawn("server") { Server($0) }
      root.send(Start(), to: root.spawn("client") { Client($0, server) })
    }
  }

  @Test("expectations of a system in code hold, or say what an episode did instead")
  func expectations() throws {
    func failure(_ expectations: EpisodeExpectation...) throws -> String? {
      let system = SimulatedSystem("server", expecting: expectations, setUp: system().setUp)
      return try Explorer(system).explore(seeds: 0..<50).failure?.violation
    }
    let fine: [EpisodeExpectation] = [
      .answer(within: .seconds(2)), .messages(atMost: 1), .reward(atLeast: 0.5),
    ]
    for expectation in fine { #expect(try failure(expectation) == nil) }
    for (expectation, text) in [
      (EpisodeExpectation.reward(atLeast: 1), "the reward is 0.5, not at least 1.0"),
      (.messages(atMost: 0, by: "client"), "root/client sent 1 messages, more than 0"),
    ] {
      let found = try #require(try failure(fine[0], expectation))
      #expect(found.hasPrefix("\(text) (event ") && found.hasSuffix(" seconds)"), "\(found)")
    }
    #expect(try failure(.messages(atMost: 0, by: "server")) == nil)
    let late = try #require(try failure(.answer(within: .milliseconds(1))))
    #expect(late.hasPrefix("the answer \"answered\" came at"), "\(late)")
    #expect(try failure(EpisodeExpectation { $0.notes("x").isEmpty ? "no x" : nil }) == "no x")
  }

  @Test("P2: a system repeats a log of its episodes, on any number of threads; another tells the difference")
  func replays() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "system-\(UUID()).log")
    defer { try? FileManager.default.removeItem(at: url) }
    let header = LogHeader(program: "test", scenario: "", seed: 0, weightsDigest: "")
    let writer = try ReplayLogWriter(creating: url, header: header)
    let setUp = system().setUp
    for seed in 0..<UInt64(20) {
      let episode = Episode(seed: seed) { setUp($0, [:]) }
      defer { episode.close() }
      _ = episode.run()
      try writer.append(episode.record(id: "episode-\(seed)").encoded)
    }
    _ = try writer.commit()
    for threads in [1, 3] {
      var log = try EpisodeLog(url)
      let summary = try LogReplay(system(), threads: threads).run(&log)
      #expect(summary.episodes == 20 && summary.divergence == nil && summary.events > 100)
    }
    let other = SimulatedSystem("other") { root, _ in
      let server = root.spawn("servant") { Server($0) }
      root.send(Start(), to: root.spawn("client") { Client($0, server) })
    }
    var log = try EpisodeLog(url)
    let divergence = try #require(try LogReplay(other, threads: 1).run(&log).divergence)
    #expect(divergence.episode == "episode-0" && divergence.what.event == 0)
  }

  @Test("a schedule prints as a text that is read back, and one of another system is refused")
  func schedules() throws {
    let plan = EpisodePlan(choices: [.init(event: 3, index: 2)], faults: [.init(place: 1, effect: .drop)])
    let schedule = Schedule(plan, seed: 9, digest: 0x22f5_7b6e_1234_5678)
    #expect(schedule.description == "22f57b6e.9/3=2;1:drop")
    let text = schedule.description
    #expect(try Schedule(parsing: text, digest: 0x22f5_7b6e_0000_0000, named: "a") == schedule)
    #expect(throws: ScheduleError.otherScenario("b")) { try Schedule(parsing: text, digest: 7, named: "b") }
  }
}
