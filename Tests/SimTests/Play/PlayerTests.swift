import Actors
import Messaging
import Testing

@testable import Sim

@Suite("Playing a scenario")
struct PlayerTests {
  @Test(
    "the script that a scenario gives a family is played, and no designer is asked; other families ask one")
  func givenScripts() throws {
    let scenario = try Scenario(
      json5: """
        {
          tasks: { families: [{ name: 'arithmetic', levels: [2, 2] }, { name: 'ordering', levels: [2, 2] }] },
          script: { maximumCalls: 4 },
          rollout: { scripts: { ordering: 'a = agent solve(task); b = agent solve(a); answer b' } },
        }
        """)
    let policy = try PolicySource(named: "scripted", scenario)
    let player = try Player(scenario, servers: policy.servers())
    for index in 0..<4 {
      let history = try EpisodeHistory(player.play(index).record)
      let start = try EpisodeStart(encoded: history.input)
      guard case .finished(let result) = history.outcome else {
        Issue.record("episode \(index) did not finish")
        continue
      }
      let outcome = try Outcome(encoded: result)
      let asks = history.events.contains { $0.subject == "root/environment/designer" }
      #expect(asks == (start.task.family == "arithmetic"))
      #expect((outcome.designTokens == 0) == (start.task.family == "ordering"))
      if start.task.family == "ordering" {
        #expect(outcome.calls.map(\.role) == ["solve", "solve"], "\(outcome)")
      }
      // The log has the script, so a replay needs no designer either.
      #expect(player.setup.replay(history) == .finished(result: result))
    }
  }
}
