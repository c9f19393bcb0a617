import Foundation
import Testing

@testable import Sim

/// Scenarios as they were written until the timeline could hold more than faults.
@Suite("The old words of scenarios")
struct OldWordsTests {
  /// A file of that time, as it was kept in the repository under scenarios/failing.json5, with more kinds of faults.
  private static let old = """
    { name: "old", agents: [{ name: "a", lines: [{ say: "x", to: "b" }] }, { name: "b" }],
      faults: [{ at: 1, kind: "drop", from: "a", to: "b", nth: 1 }, { kind: "crash", actor: "a", restart: 2 },
        { kind: "slow", until: 3, actor: null }, { at: "2s", kind: "fail", operation: "run", actor: "b" }],
      expect: [{ kind: "maximumMessages", agent: "a", count: 3 }] }
    """
  private static let new = """
    { name: "old", agents: [{ name: "a", lines: [{ say: "x", to: "b" }], afterCrash: "silent" },
        { name: "b", afterCrash: "silent" }],
      timeline: [{ at: 1, do: "drop", from: "a", to: "b", nth: 1 }, { at: 0, do: "crash", agent: "a", restart: 2 },
        { at: 0, do: "slow", until: 3, agent: null }, { at: "2s", do: "fail", operation: "run", agent: "b" }],
      expect: [{ kind: "maximumMessages", agent: "a", count: 3 }] }
    """

  @Test("an old text means what the same text means in the words of today, and is written in these")
  func means() throws {
    let scenario = try Scenario(json5: Self.old)
    #expect(try scenario == Scenario(json5: Self.new))
    #expect(scenario.timeline.count == 4 && scenario.timeline[1].agent == "a")
    #expect(!scenario.canonicalText.contains("\"faults\"") && !scenario.canonicalText.contains("\"actor\""))
    // Places are those of the file.
    #expect(scenario.position(of: ["timeline", "1"])?.line == 2)
  }

  @Test("an error of an old text has its place")
  func error() {
    let bad = Self.old.replacing("actor: \"b\"", with: "actor: \"c\"")
    let error = #expect(throws: ScenarioError.self) { try Scenario(json5: bad, file: "f") }
    #expect(error?.description == "f:3:97: timeline[3].agent: unknown agent \"c\"; did you mean \"a\"?")
  }

  @Test("the list has one name in a file, and an entry of the timeline has no old key")
  func mixed() {
    for (text, says) in [
      ("{ timeline: [], faults: [] }", "unknown key \"faults\""),
      ("{ timeline: [{ at: 0, kind: 'drop', from: 'a', to: 'b' }] }", "the key \"do\" is missing"),
      (
        "{ timeline: [{ at: 0, do: 'crash', actor: 'a' }] }",
        "unknown key \"actor\"; known: at, do, agent, restart"
      ),
      ("{ faults: 3 }", "timeline: expected a list"), ("{ faults: [4] }", "timeline[0]: expected an object"),
    ] {
      let error = #expect(throws: ScenarioError.self) { try Scenario(json5: text) }
      #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
    }
  }

  @Test("a log that is gone on with keeps the old text of its scenario, and no other")
  func keeping() throws {
    let scenario = try Scenario(json5: Self.old)
    #expect(scenario.text(keeping: Self.old, catalogue: .stock) == Self.old)
    for other in [Self.old.replacing("count: 3", with: "count: 4"), "{"] {
      #expect(scenario.text(keeping: other, catalogue: .stock) == scenario.canonicalText)
    }
  }

  @Test("the kept scenario of a run of that time is read, and has the settings that it had")
  func run() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "python/tests/fixtures/tiny/scenario.json5")
    #expect(try String(contentsOf: file, encoding: .utf8).contains("\"faults\": []"))
    #expect(try Scenario(contentsOf: file).timeline.isEmpty)
  }
}
