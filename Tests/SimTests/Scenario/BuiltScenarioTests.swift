import ActorTesting
import Foundation
import Messaging
import PropertyTesting
import Testing

@testable import Sim

@Suite("Scenarios that are built in Swift")
struct BuiltScenarioTests {
  @Test("a scenario is equal to the one that is read from its canonical text, and from its short text")
  func roundTrip() {
    forAll("the texts read back as the same scenario", RandomScenarios.scenario, count: 300) { scenario in
      let short = scenario.shortText
      return try scenario.validated() == scenario && Scenario(json5: short) == scenario
        && short.utf8.count <= scenario.canonicalText.utf8.count
    }
  }

  @Test("Swift has the words of the file: both say the same scenario")
  func sameWords() throws {
    let built = Scenario(
      name: "a lost question", seed: 7,
      agents: [
        .init(
          name: "asker",
          lines: [
            .init(say: "2 + 2?", to: "solver"), .init(on: "4", after: .seconds(1), say: "4", reward: 1),
          ], afterCrash: .begin),
        .init(name: "solver", lines: [.init(on: "2 + 2?", say: "4", to: "asker")]),
      ],
      timeline: [
        .drop(at: .zero, from: "asker", to: "solver"),
        .say(at: .seconds(3), agent: "asker", text: "2 + 2?", to: "solver"),
        .crash(at: .seconds(9), agent: "solver", restart: .seconds(2)),
      ],
      chance: {
        var chance = FaultRates()
        (chance.delay, chance.delays, chance.restartAfter) = (0.1, .fixed(.seconds(2)), nil)
        return chance
      }(),
      ends: .quiet,
      expect: [
        .answerWithin(.seconds(5)), .maximumMessages(3, agent: "asker"), .rewardAtLeast(1),
        .eventually(.message(MessagePattern(from: "solver")), within: .seconds(4)),
      ])
    let written = """
      { name: "a lost question", seed: 7,
        agents: [
          { name: "asker", afterCrash: "begin",
            lines: [{ say: "2 + 2?", to: "solver" }, { on: "4", after: "1s", say: "4", reward: 1 }] },
          { name: "solver", lines: [{ on: "2 + 2?", say: "4", to: "asker" }] } ],
        timeline: [
          { at: 0, do: "drop", from: "asker", to: "solver" },
          { at: "3s", do: "say", agent: "asker", text: "2 + 2?", to: "solver" },
          { at: "9s", do: "crash", agent: "solver", restart: "2s" } ],
        chance: { delay: 0.1, delays: "2s", restarts: [] },
        ends: "quiet",
        expect: [
          { kind: "answerWithin", seconds: 5 }, { kind: "maximumMessages", agent: "asker", count: 3 },
          { kind: "rewardAtLeast", value: 1 },
          { kind: "eventually", that: { message: { from: "solver" } }, within: "4s" } ] }
      """
    #expect(try Scenario(json5: written) == built)
  }

  @Test("the short text leaves out what has its default")
  func short() throws {
    #expect(Scenario().shortText == "{}\n")
    // A dictionary is whole, also where one of its values is the default's (found by fuzzing).
    var shares = Scenario()
    shares.coldStart.executor.shares = ["step": 0.5, "solve": 0.4]
    #expect(try Scenario(json5: shares.shortText) == shares)
    var fewer = shares
    fewer.coldStart.executor.shares = ["step": 0.5]
    #expect(shares.digest != fewer.digest)
    var scenario = Scenario()
    scenario.rollout.designs = 7
    #expect(scenario.shortText == "{\n  \"rollout\": {\n    \"designs\": 7\n  }\n}\n")
  }

  @Test("the short text of every scenario in the repository reads back as the same scenario")
  func shipped() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "scenarios")
    var read = 0
    for part in ["", "teaching", "families"] {
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: part).path)
      for name in names where name.hasSuffix(".json5") {
        let scenario = try Scenario(contentsOf: folder.appending(path: part).appending(path: name))
        #expect(try Scenario(json5: scenario.shortText) == scenario, "\(name)")
        #expect(scenario.shortText.utf8.count < scenario.canonicalText.utf8.count)
        read += 1
      }
    }
    #expect(read > 20)
  }

  @Test("what no file may say is refused in Swift too")
  func refused() {
    let agents = [Scenario.Agent(name: "a", lines: [])]
    for (entry, says) in [
      (
        Scenario.TimelineEntry.say(at: .zero, agent: "b", text: "x"), "timeline[0].agent: unknown agent \"b\""
      ),
      (.say(at: .zero, agent: "a", text: "x", to: "a", reward: 1), "only an answer has a reward"),
      (.crash(at: .zero, agent: ""), "must not be empty"),
      (.slow(at: .seconds(2), until: .seconds(1)), "slowness ends after it begins"),
    ] {
      let scenario = Scenario(name: "bad", agents: agents, timeline: [entry])
      let error = #expect(throws: ScenarioError.self) { try scenario.validated() }
      #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
    }
  }
}
