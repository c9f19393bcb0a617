import Foundation

@testable import Sim
import Testing

@Suite("Bad scenarios")
struct ScenarioErrorTests {
  typealias Bad = (text: String, kind: ScenarioError.Kind, line: String)

  static let bad: [Bad] = [
    ("{a: }", .syntax, "f:1:5: expected a value, found \"}\""),
    ("[]", .wrongType, "f:1:1: expected an object, found a list"),
    // Unknown keys
    ("{\n  rolout: {}}", .unknownKey, "f:2:3: unknown key \"rolout\"; did you mean \"rollout\"?"),
    (
      "{rollout: {desings: 4}}", .unknownKey,
      "f:1:12: rollout: unknown key \"desings\"; did you mean \"designs\"?"
    ),
    ("{latency: {zzzzz: 1}}", .unknownKey, "f:1:12: latency: unknown key \"zzzzz\"; known: perToken, tool"),
    (
      "{expect: [{kind: 'rewardAtLeast', value: 1, seconds: 2}]}", .unknownKey,
      "f:1:45: expect[0]: unknown key \"seconds\"; known: kind, value"
    ),
    (
      "{tasks: {families: [{name: 'synthesis', operands: 2}]}}", .unknownKey,
      "f:1:41: tasks.families[0]: unknown key \"operands\"; known: name, levels, weight"
    ),
    (
      "{timeline: [\n{at: 0, do: 'slow', untill: 3}]}", .unknownKey,
      "f:2:21: timeline[0]: unknown key \"untill\"; did you mean \"until\"?"
    ),
    (
      "{timeline: [\n{at: 0, do: 'slow', factr: 3}]}", .unknownKey,
      "f:2:21: timeline[0]: unknown key \"factr\"; did you mean \"factor\"?"
    ),
    (
      "{timeline: [{at: 0, do: 'partition', groups: [['a'], ['b']],\n untl: 3}]}", .unknownKey,
      "f:2:2: timeline[0]: unknown key \"untl\"; did you mean \"until\"?"
    ),
    (
      "{timeline: [{at: 0, do: 'crash', agnt: 'a'}]}", .unknownKey,
      "f:1:34: timeline[0]: unknown key \"agnt\"; did you mean \"agent\"?"
    ),
    (
      "{coldStart: {steps: 5, warmpu: 2}}", .unknownKey,
      "f:1:24: coldStart: unknown key \"warmpu\"; did you mean \"warmup\"?"
    ),
    // Scripts that are given
    (
      "{rollout: {scripts: {arithmetic: 'a = agent slove(task); answer a'}}, stages: {designerSteps: 0}}",
      .impossibleValue,
      "f:1:34: rollout.scripts.arithmetic: 1:11: unknown role `slove`; known: `step`, `solve`; did you mean `solve`?"
    ),
    (
      "{rollout: {scripts: {synthesis: 'a = agent solve(task); answer a'}}}", .contradiction,
      "f:1:33: rollout.scripts.synthesis: the scenario has no family \"synthesis\", only arithmetic"
    ),
    (
      "{rollout: {scripts: {arithmetic: 'a = agent solve(task); answer a'}}}", .contradiction,
      "f:1:21: rollout.scripts: every family has a script, so that no designer is asked, and the stages of the designer teach nothing"
    ),
    ("{coldStart: {from: ''}}", .impossibleValue, "f:1:20: coldStart.from: must not be empty"),
    // Missing keys
    ("{timeline: [{at: 0, do: 'slow'}]}", .missingKey, "f:1:13: timeline[0]: the key \"until\" is missing"),
    (
      "{timeline: [{at: 0, do: 'partition', groups: [['a'], ['b']]}]}", .missingKey,
      "f:1:13: timeline[0]: the key \"until\" is missing"
    ),
    ("{tasks: {families: [{}]}}", .missingKey, "f:1:21: tasks.families[0]: the key \"name\" is missing"),
    ("{policy: {layers: 2}}", .missingKey, "f:1:10: policy: the key \"hiddenSize\" is missing"),
    (
      "{timeline: [{at: 0, do: 'drop', to: 'a'}]}", .missingKey,
      "f:1:13: timeline[0]: the key \"from\" is missing"
    ),
    // Wrong types
    ("{name: 3}", .wrongType, "f:1:8: name: expected a string, found a number"),
    (
      "{rollout: {tasks: '32'}}", .wrongType, "f:1:19: rollout.tasks: expected a whole number, found a string"
    ),
    ("{rollout: {tasks: 1.5}}", .wrongType, "f:1:19: rollout.tasks: expected a whole number, found 1.5"),
    (
      "{credit: {normalize: 0}}", .wrongType,
      "f:1:22: credit.normalize: expected true or false, found a number"
    ),
    ("{roles: 'step'}", .wrongType, "f:1:9: roles: expected a list, found a string"),
    ("{roles: ['step', 4]}", .wrongType, "f:1:18: roles[1]: expected a string, found a number"),
    ("{stages: []}", .wrongType, "f:1:10: stages: expected an object, found a list"),
    ("{rollout: {tasks: null}}", .wrongType, "f:1:19: rollout.tasks: expected a whole number, found null"),
    (
      "{tasks: {families: [{name: 'arithmetic', levels: [1]}]}}", .wrongType,
      "f:1:50: tasks.families[0].levels: expected [low, high], found a list"
    ),
    // Impossible values
    ("{rollout: {designs: 0}}", .impossibleValue, "f:1:21: rollout.designs: 0 must be from 1 to 256"),
    ("{seed: -1}", .impossibleValue, "f:1:8: seed: -1 must be from 0 to 18446744073709551615"),
    (
      "{optimizer: {executor: {learningRate: -3e-4}}}", .impossibleValue,
      "f:1:39: optimizer.executor.learningRate: -0.0003 must be above 0"
    ),
    (
      "{coldStart: {learningRate: NaN}}", .impossibleValue,
      "f:1:28: coldStart.learningRate: nan is not a finite number"
    ),
    (
      "{coldStart: {learningRate: 1e999}}", .impossibleValue,
      "f:1:28: coldStart.learningRate: 1e999 is not a finite number"
    ),
    ("{latency: {perToken: 0}}", .impossibleValue, "f:1:22: latency.perToken: 0.0 seconds must be above 0"),
    ("{latency: {tool: -1}}", .impossibleValue, "f:1:18: latency.tool: -1.0 s must be from 0 to 1000000 s"),
    ("{roles: []}", .impossibleValue, "f:1:9: roles: must not be empty"),
    ("{tasks: {families: []}}", .impossibleValue, "f:1:20: tasks.families: must not be empty"),
    (
      "{tasks: {families: [{name: 'arithmetic', levels: [4, 1]}]}}", .impossibleValue,
      "f:1:50: tasks.families[0].levels: the low end 4 is above the high end 1"
    ),
    (
      "{tasks: {families: [{name: 'arithmetic', levels: [0, 99]}]}}", .impossibleValue,
      "f:1:50: tasks.families[0].levels: [0, 99] must lie in [2, 5]"
    ),
    (
      "{tasks: {families: [{name: 'arithmetic', weight: 0}]}}", .impossibleValue,
      "f:1:20: tasks.families: no family has a weight above 0"
    ),
    (
      "{stages: {first: 'exekutor'}}", .impossibleValue,
      "f:1:18: stages.first: unknown value \"exekutor\"; did you mean \"executor\"?"
    ),
    (
      "{policy: {preset: 'huge'}}", .impossibleValue,
      "f:1:19: policy.preset: unknown value \"huge\"; known: nano, micro"
    ),
    // Unknown names
    (
      "{tasks: {families: [{name: 'aritmetic'}]}}", .unknownName,
      "f:1:28: tasks.families[0].name: unknown family \"aritmetic\"; did you mean \"arithmetic\"?"
    ),
    ("{roles: ['stepp']}", .unknownName, "f:1:10: roles[0]: unknown role \"stepp\"; did you mean \"step\"?"),
    ("{tools: ['browser']}", .unknownName, "f:1:10: tools[0]: unknown tool \"browser\"; known: run, test"),
    (
      "{coldStart: {designer: {chians: [1]}}}", .unknownKey,
      "f:1:25: coldStart.designer: unknown key \"chians\"; did you mean \"chains\"?"
    ),
    (
      "{agents: [{name: 'a', lines: [{say: 'x', to: 'b'}]}]}", .unknownName,
      "f:1:46: agents[0].lines[0].to: unknown agent \"b\"; did you mean \"a\"?"
    ),
    (
      "{agents: [{name: 'alice'}], timeline: [{at: 0, do: 'drop', from: 'alice', to: 'bob'}]}", .unknownName,
      "f:1:79: timeline[0].to: unknown agent \"bob\"; known: alice"
    ),
    // Contradictions
    (
      "{roles: ['step', 'step']}", .contradiction, "f:1:18: roles[1]: the role \"step\" is given twice"
    ),
    (
      "{policy: {preset: 'nano', layers: 3}}", .contradiction,
      "f:1:19: policy.preset: a preset fixes all dimensions; give the preset or the dimensions, not both"
    ),
    (
      "{coldStart: {steps: 5}}", .contradiction, "f:1:13: coldStart: warmup is 20, more than the 5 steps"
    ),
    (
      "{coldStart: {executor: {shares: {check: 1}}}}", .contradiction,
      "f:1:41: coldStart.executor.shares.check: the scenario has no role \"check\", only step, solve"
    ),
    (
      "{coldStart: {executor: {levels: {arithmetic: [1, 1, 1, 1, 1, 1]}}}}", .contradiction,
      "f:1:46: coldStart.executor.levels.arithmetic: 6 weights for a family of 5 levels"
    ),
    (
      "{coldStart: {executor: {levels: {synthesis: [1]}}}}", .contradiction,
      "f:1:45: coldStart.executor.levels.synthesis: the scenario has no family \"synthesis\", only arithmetic"
    ),
    (
      "{coldStart: {executor: {levels: {arithmetic: [0, 0]}}}}", .impossibleValue,
      "f:1:46: coldStart.executor.levels.arithmetic: [0.0, 0.0] must be weights, none negative and one above 0"
    ),
    (
      "{coldStart: {designer: {chains: {arithmetic: [0]}}}}", .impossibleValue,
      "f:1:46: coldStart.designer.chains.arithmetic: [0.0] must be weights, none negative and one above 0"
    ),
    (
      "{coldStart: {designer: {chains: {synthesis: [1]}}}}", .contradiction,
      "f:1:45: coldStart.designer.chains.synthesis: the scenario has no family \"synthesis\", only arithmetic"
    ),
    (
      "{rollout: {executions: 1}, credit: {executorGrouping: 'design'}}", .contradiction,
      "f:1:55: credit.executorGrouping: groups per design need rollout.executions of at least 2, or no executor "
        + "ever has an advantage"
    ),
    (
      "{credit: {estimator: 'rlo'}}", .unknownName,
      "f:1:22: credit.estimator: unknown estimator \"rlo\"; did you mean \"rloo\"?"
    ),
    (
      "{credit: {estimator: 'rloo', normalize: true}}", .contradiction,
      "f:1:41: credit.normalize: rloo does not divide by a deviation, so that its update stays unbiased; grpo does"
    ),
    (
      "{credit: {estimator: 'metaagent', executorGrouping: 'turn'}}", .contradiction,
      "f:1:53: credit.executorGrouping: metaagent compares the executions of a question; grpo and peragent have "
        + "other groupings"
    ),
    (
      "{credit: {estimator: 'shapley', normalize: true}}", .contradiction,
      "f:1:44: credit.normalize: shapley compares a call with its own forks, and divides by nothing"
    ),
    (
      "{credit: {estimator: 'leaveoneout', executorGrouping: 'turn'}}", .contradiction,
      "f:1:55: credit.executorGrouping: leaveoneout compares a call with its own forks, and has no groups of "
        + "executions"
    ),
    (
      "{credit: {estimator: 'counterfactual', baseline: 'handOn', draws: 2}}", .contradiction,
      "f:1:67: credit.draws: only fresh draws differ: baseline \"handOn\" needs one fork of a call"
    ),
    (
      "{credit: {baseline: 'handon'}}", .unknownName,
      "f:1:21: credit.baseline: unknown baseline \"handon\"; did you mean \"handOn\"?"
    ),
    (
      "{rollout: {tasks: 1, designs: 1, executions: 2}, optimizer: {designer: {learningRate: 1, minibatches: 2, entropy: 0}}}",
      .contradiction,
      "f:1:103: optimizer.designer.minibatches: 2 is more than a step's trajectories, 1"
    ),
  ]

  @Test("each mistake is one line that says what is wrong and where", arguments: bad)
  func mistake(bad: Bad) {
    let error = #expect(throws: ScenarioError.self) { try Scenario(json5: bad.text, file: "f") }
    #expect(error?.kind == bad.kind)
    #expect(error?.description == bad.line)
    #expect(error?.description.contains("\n") == false)
  }

  @Test("a file that cannot be read, is no text or is too large is one line too")
  func files() throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "scenario-errors-\(UUID())")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let latin = directory.appending(path: "latin.json5")
    try Data([0x7B, 0x2F, 0x2F, 0xE9, 0x0A, 0x7D]).write(to: latin)
    let large = directory.appending(path: "large.json5")
    try Data(repeating: 0x20, count: Scenario.maximumBytes + 1).write(to: large)
    for url in [directory.appending(path: "none.json5"), directory, latin, large] {
      let error = #expect(throws: ScenarioError.self) { try Scenario(contentsOf: url) }
      #expect(error?.kind == .unreadable)
      #expect(error?.description.hasPrefix(url.relativePath + ": ") == true)
      #expect(error?.description.contains("\n") == false)
    }
    let good = directory.appending(path: "good.json5")
    try Data("{}".utf8).write(to: good)
    #expect(try Scenario(contentsOf: good) == Scenario())
  }

  @Test(
    "all that is wrong in a file is told at once, in the order of the file, and nothing that only follows from it"
  )
  func severalErrors() throws {
    let text = """
      { seeed: 4,
        rollout: { designs: 0, executions: "two", tsks: 3 },
        timeline: [{ at: 0, do: "drp", from: "a" }, { at: "5 apples", do: "crash", agent: "a" }, { at: 1, dp: "slow" }],
        tasks: { families: [{ name: "arithmtic" }, { name: "arithmetic", levels: [9, 9] }] },
        expect: [{ kind: "answerWithin" }],
      }
      """
    let error = try #require(throws: ScenarioError.self) { try Scenario(json5: text, file: "f") }
    #expect(
      error.all.map(\.description) == [
        "f:1:3: unknown key \"seeed\"; did you mean \"seed\"?",
        "f:2:23: rollout.designs: 0 must be from 1 to 256",
        "f:2:38: rollout.executions: expected a whole number, found a string",
        "f:2:45: rollout: unknown key \"tsks\"; did you mean \"tasks\"?",
        "f:3:27: timeline[0].do: unknown value \"drp\"; did you mean \"drop\"?",
        "f:3:53: timeline[1].at: \"5 apples\" is no duration such as \"200ms\", \"5s\", \"2min\", \"1h\" or 5, which is seconds",
        "f:3:92: timeline[2]: the key \"do\" is missing",
        "f:4:31: tasks.families[0].name: unknown family \"arithmtic\"; did you mean \"arithmetic\"?",
        "f:4:76: tasks.families[1].levels: [9, 9] must lie in [2, 5]",
        "f:5:12: expect[0]: the key \"seconds\" is missing",
      ])
    #expect(error.description == error.all[0].description && error.others.count == 9)
  }

  @Test(
    "a duration is seconds or a text with a unit",
    arguments: [
      ("2", 2.0), ("\"2s\"", 2), ("\"200ms\"", 0.2), ("\"1.5 min\"", 90), ("\"1h\"", 3600),
      ("\"250us\"", 0.00025),
      ("\"5ns\"", 5e-9),
    ])
  func durations(text: String, seconds: Double) throws {
    let scenario = try Scenario(json5: "{ expect: [{ kind: \"answerWithin\", seconds: \(text) }] }")
    #expect(scenario.expect[0].seconds == .nanoseconds(Int64((seconds * 1e9).rounded())))
    #expect(try Scenario(json5: scenario.canonicalText) == scenario)
  }

  @Test(
    "what is no duration is refused",
    arguments: ["\"\"", "\"s\"", "\"5\"", "\"5 sec\"", "\"-1s\"", "\"nans\"", "\"1e9h\"", "true"])
  func badDurations(text: String) {
    #expect(throws: ScenarioError.self) {
      try Scenario(json5: "{ expect: [{ kind: \"answerWithin\", seconds: \(text) }] }")
    }
  }

  @Test("an error names the section of the page that explains its setting")
  func page() throws {
    let keys = "docs/scenario-keys.md"
    for (text, page) in [
      ("{ sed: 1 }", keys), ("{ name: 3 }", keys), ("{ roles: [3] }", keys), ("{", keys),
      ("{ rollout: { designs: 0 } }", keys + "#rollout"),
      ("{ tasks: { families: [{ name: 'arithmtic' }] } }", keys + "#tasksfamilies"),
      ("{ tasks: { heldOut: { perFamily: 'x' } } }", keys + "#tasksheldout"),
      ("{ coldStart: { executor: { levels: { arithmetic: 3 } } } }", keys + "#coldstartexecutor"),
      ("{ agents: [{ name: 'a', lines: [{ on: 3, say: 'x' }] }] }", keys + "#agentslines"),
      ("{ timeline: [{ at: 1, do: 'dorp' }] }", keys + "#timeline"),
      ("{ chance: { drop: 2 } }", keys + "#chance"),
      ("{ expect: [{ kind: 'nver' }] }", keys + "#expect"),
      ("{ expect: [{ kind: 'never', that: { and: [{ sent: { least: 'x' } }] } }] }", keys + "#condition"),
    ] {
      let error = #expect(throws: ScenarioError.self) { try Scenario(json5: text) }
      #expect(error?.page == page, "\(text): \(error?.description ?? "")")
    }
    let unreadable = #expect(throws: ScenarioError.self) {
      try Scenario(contentsOf: URL(filePath: "/nowhere.json5"))
    }
    #expect(unreadable?.page == nil)
  }

  @Test("every section that an error may name is a heading of the page")
  func sections() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let page = try String(contentsOf: root.appending(path: "docs/scenario-keys.md"), encoding: .utf8)
    let headings = Set(
      page.split(separator: "\n").filter { $0.hasPrefix("## ") }
        .map { $0.lowercased().filter { $0.isLetter || $0.isNumber } })
    var paths: [String] = []
    func visit(_ schema: [String: Any], _ path: [String]) {
      let inner = schema["items"] as? [String: Any] ?? schema
      for (key, value) in inner["properties"] as? [String: [String: Any]] ?? [:] {
        paths.append((path + [key]).joined(separator: "."))
        visit(value, path + [key])
      }
    }
    visit(
      try #require(
        try JSONSerialization.jsonObject(with: Data("\(Scenario.jsonSchema())".utf8)) as? [String: Any]), [])
    #expect(paths.count > 150)
    for path in paths {
      guard let section = Scenario.section(explaining: path) else { continue }
      #expect(headings.contains(section), "\(path): \(section)")
    }
  }
}
