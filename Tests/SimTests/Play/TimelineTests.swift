import ActorTesting
import Foundation
import Messaging
import Testing

@testable import Sim

@Suite("The timeline of a scenario")
struct TimelineTests {
  /// A question that the solver answers after a second, whoever asks.
  private func scenario(
    opening: [Scenario.Line] = [.init(say: "2 + 2?", to: "solver")], _ timeline: [Scenario.TimelineEntry],
    solver: Scenario.Agent.AfterCrash = .listen, asker: Scenario.Agent.AfterCrash = .listen
  ) -> Scenario {
    Scenario(
      name: "asking",
      agents: [
        .init(
          name: "asker", lines: opening + [.init(on: "4", say: "it is 4", reward: 1)], afterCrash: asker),
        .init(
          name: "solver", lines: [.init(on: "2 + 2?", after: .seconds(1), say: "4", to: "asker")],
          afterCrash: solver),
      ], timeline: timeline, ends: .quiet)
  }

  private func play(_ scenario: Scenario) throws -> (
    played: Player.Played, end: Duration, history: EpisodeHistory
  ) {
    let checked = try scenario.validated()
    let player = try Player(checked, servers: PolicySource(named: "scripted", checked).servers())
    let played = try player.play(0)
    let history = try EpisodeHistory(played.record)
    // P2: an episode with a timeline is replayed from its record.
    #expect(player.setup.replay(history) == played.status)
    return (played, history.events.last?.time ?? .zero, history)
  }

  @Test("an agent says what the timeline has, at its time")
  func say() throws {
    let (played, end, history) = try play(
      scenario(opening: [], [.say(at: .seconds(7), agent: "asker", text: "2 + 2?", to: "solver")]))
    #expect(played.answer == PlayedAnswer(text: "it is 4", reward: 1) && end == .seconds(8))
    #expect(played.done == [0])
    let asked = history.events.first { $0.peer == "root/asker" && $0.kind == .delivery }
    #expect(asked?.time == .seconds(7) && asked?.subject == "root/solver")
  }

  @Test("said to nobody, it is the answer of the episode; what would come later does not happen")
  func answer() throws {
    let (played, end, _) = try play(
      scenario([
        .say(at: .seconds(9), agent: "solver", text: "late", to: "asker"),
        .say(at: .milliseconds(500), agent: "solver", text: "enough", reward: 0.25),
      ]))
    #expect(played.answer == PlayedAnswer(text: "enough", reward: 0.25) && end == .milliseconds(500))
    #expect(played.done == [1])
  }

  @Test("entries of one instant happen in the order of the list")
  func order() throws {
    let entries = ["one", "two", "three"].map {
      Scenario.TimelineEntry.say(at: .seconds(3), agent: "asker", text: $0, to: "solver")
    }
    let (played, _, history) = try play(scenario(opening: [], entries))
    let heard = history.events.filter { $0.peer == "root/asker" }
      .compactMap { json(ofCBOR: $0.payload) }
    #expect(heard == ["one", "two", "three"].map { "{\"say\": {\"_0\": \"\($0)\"}}" })
    #expect(played.done == [0, 1, 2])
  }

  @Test("faults strike what the timeline lets agents say as they strike lines")
  func struck() throws {
    let (played, _, _) = try play(
      scenario(
        opening: [],
        [
          .say(at: .seconds(2), agent: "asker", text: "2 + 2?", to: "solver"),
          .drop(at: .seconds(1), from: "asker", to: "solver"),
          .drop(at: .seconds(5), from: "solver", to: "asker"),
        ]))
    #expect(played.answer == nil && played.done == [0, 1])
  }

  @Test("an agent that comes back listens, begins again or is silent")
  func afterCrash() throws {
    let crash = Scenario.TimelineEntry.crash(at: .milliseconds(500), agent: "solver", restart: .seconds(1))
    let again = Scenario.TimelineEntry.say(at: .seconds(4), agent: "asker", text: "2 + 2?", to: "solver")
    // The answer that the solver was about to give is lost with it.
    #expect(try play(scenario([crash])).played.answer == nil)
    let (heard, end, _) = try play(scenario([crash, again]))
    #expect(heard.answer?.text == "it is 4" && end == .seconds(5))
    #expect(try play(scenario([crash, again], solver: .silent)).played.answer == nil)
    // The asker asks again as soon as it is back, at 1.5 seconds.
    let asker = Scenario.TimelineEntry.crash(at: .milliseconds(500), agent: "asker", restart: .seconds(1))
    let lost = Scenario.TimelineEntry.drop(at: .zero, from: "asker", to: "solver")
    #expect(try play(scenario([asker, lost])).played.answer == nil)
    let (begun, time, _) = try play(scenario([asker, lost], asker: .begin))
    #expect(begun.answer?.text == "it is 4" && time == .milliseconds(2500))
  }

  @Test("P8: what a crashed agent was to say is a dead letter, and is told as what did not happen")
  func down() throws {
    let (played, _, history) = try play(
      scenario(
        opening: [],
        [
          .crash(at: .seconds(1), agent: "asker", restart: .seconds(2)),
          .say(at: .seconds(2), agent: "asker", text: "2 + 2?", to: "solver"),
        ]))
    #expect(played.answer == nil && played.done == [0])
    #expect(history.events.contains { $0.kind == .deadLetter && $0.subject == "root/asker" })
  }

  @Test("only agents with lines say something on the timeline")
  func speakers() {
    for (text, says) in [
      (
        "{ timeline: [{ at: 1, do: 'say', agent: 'a', text: 'x' }] }",
        "f:1:41: timeline[0].agent: only agents with lines say something, and the scenario lists no agents"
      ),
      (
        "{ agents: [{ name: 'a' }, { name: 'b', kind: 'node' }], timeline: [{ at: 1, do: 'say', agent: 'b', text: 'x' }] }",
        "timeline[0].agent: only agents with lines"
      ),
    ] {
      var catalogue = ScenarioCatalogue.stock
      catalogue.agentKinds.append(.init("node"))
      let error = #expect(throws: ScenarioError.self) {
        try Scenario(json5: text, file: "f", catalogue: catalogue)
      }
      #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
    }
  }

  @Test("exploring keeps what agents say, and takes out the faults that a failure does not need")
  func explored() throws {
    var scenario = scenario(
      opening: [],
      [
        .delay(at: .seconds(9), from: "solver", to: "asker"),
        .say(at: .seconds(1), agent: "asker", text: "2 + 2?", to: "solver"),
        .drop(at: .zero, from: "solver", to: "asker"),
      ])
    scenario.expect = [.eventually(.answer("it is 4"))]
    let failure = try #require(
      try Explorer(SimulatedSystem(scenario.validated())).explore(seeds: 0..<3).failure)
    // The drop is the one decision that is left; the delay is not needed.
    #expect(failure.timeline.isEmpty && failure.shrunk.faults.map(\.effect) == [.drop])
    #expect(failure.violation == "never: answer \"it is 4\" (event 8, at 2.0 seconds)")
  }
}
