import ActorTesting
import Actors
import Foundation
import Messaging
import Sandbox
import Testing

@testable import Sim

@Suite("Programs as tasks", .enabled(if: hasSandbox))
struct ProgramEpisodeTests {
  private let family = ProgramsFamily()

  private func tasks(_ count: Int, level: Int, split: TaskSplit = .train) throws -> [TaskInstance] {
    var stream = SeededStream(seed: 7, name: "programs")
    return try (0..<count).map { _ in try family.instance(level: level, split: split, using: &stream) }
  }

  private func report(_ output: String, on task: TaskInstance) throws -> TrialReport {
    let work = try family.apply(output, as: "solve", to: family.start(task))
    return TrialRunner().report(of: try #require(family.trial(of: work, on: task)))
  }

  @Test(
    "the reference solution passes all hidden tests, which Swift computed, and what an executor gets wrong does not",
    arguments: 1...4)
  func references(level: Int) throws {
    var stream = SeededStream(seed: 8, name: "mistakes")
    for task in try tasks(4, level: level) {
      let prompt = family.prompt(for: "solve", on: family.start(task))
      let right = try #require(family.reference(prompt))
      #expect(
        try report(right, on: task) == .judged(passed: 10, total: 10, failure: nil), "\(task.statement)")
      let wrong = family.corrupted(right, for: prompt, using: &stream)
      #expect(try !report(wrong, on: task).isPassed, "\(task.statement) \(wrong)")
    }
  }

  @Test("a problem is known by what its function does, says so itself, and shows none of its hidden tests")
  func identity() throws {
    for split in [TaskSplit.train, .heldOut] {
      for task in try tasks(30, level: 3, split: split) {
        #expect(task.split == split && family.hash(ofState: task.statement) == task.hash)
        #expect(family.recognizes(state: task.statement + "\nTest: assert f([]) == 0"))
        for line in task.hidden.split(separator: "\n") {
          #expect(!task.statement.contains(line.dropFirst("assert ".count)))
        }
      }
    }
    #expect(throws: TaskError.self) { try tasks(1, level: 1, split: .heldOut) }
  }

  private func scenario(_ families: String, script: String, more: String = "") throws -> Scenario {
    try Scenario(
      json5: """
        { tasks: { families: [\(families)], heldOut: { perFamily: 2 } }, player: "scripted",
          roles: ["step", "solve", "check"], tools: ["run", "test"], executor: { maximumTokens: 400 },
          script: { nodes: ["agent", "tool", "reflect"] }, stages: { designerSteps: 0 }, rollout: { \(script) } \(more) }
        """)
  }

  @Test("an episode runs its programs outside, and its replay and forks of its past run none; P2")
  func episode() throws {
    let scenario = try scenario(
      #"{ name: "programs", levels: [2, 3] }"#,
      script:
        #"scripts: { programs: "a = agent step(task); b = agent solve(a); c = tool test(b); d = tool run(c); answer d" }"#
    )
    let server = ScriptedServer(ScriptedPolicy(families: [family]))
    let player = try Player(scenario, servers: .both(server))
    let played = try player.play(0)
    #expect(played.answer?.reward == 1 && played.unknown == nil)
    let history = try EpisodeHistory(played.record)
    let calls = history.events.filter { $0.name == Trial.kind }
    #expect(calls.map(\.kind) == [.call, .completion, .call, .completion, .call, .completion])
    // An episode that is replayed has nobody to run anything.
    guard case .finished(let result) = player.setup.replay(history) else {
      Issue.record("it does not replay")
      return
    }
    #expect(try Outcome(encoded: result).success)
    #expect(try EpisodeHistory(player.play(0).record).events == history.events)
  }

  @Test("a program that is rejected is put right by who sees where it failed")
  func repair() throws {
    let task = try #require(try tasks(1, level: 2).first)
    var work = try family.apply("def f(xs): return None", as: "solve", to: family.start(task))
    let trial = try #require(family.trial(ofTool: "test", on: work))
    work = try family.run(tool: "test", on: work, after: TrialRunner().report(of: trial))
    #expect(work.verdict == false)
    let asked = family.conversation(family.prompt(for: "solve", on: work)).map(\.text)
    #expect(asked.contains { $0.hasPrefix("Failed: f([") && $0.hasSuffix("gave None") }, "\(asked)")
    #expect(asked.last == "Rejected answer: def f(xs): return None")
    let solved = try family.apply(
      try #require(family.reference(family.prompt(for: "solve", on: work))), as: "solve", to: work)
    let again = try #require(family.trial(ofTool: "test", on: solved))
    #expect(try family.run(tool: "test", on: solved, after: TrialRunner().report(of: again)).verdict == true)
    // Without an answer or a test there is nothing to run.
    #expect(
      family.trial(ofTool: "test", on: family.start(task)) == nil
        && family.trial(ofTool: "run", on: solved) == nil)
  }

  @Test("a test that an agent wrote badly fails its tool, and leaves the episode known")
  func badTest() throws {
    let task = try #require(try tasks(1, level: 2).first)
    var work = try family.apply("assert f([1]) == ((", as: "step", to: family.start(task))
    work = try family.apply(task.solution, as: "solve", to: work)
    let report = TrialRunner().report(of: try #require(family.trial(ofTool: "run", on: work)))
    guard case .broken = report else {
      Issue.record("\(report)")
      return
    }
    for wrong in ["f(1) == 2", "assert g(1) == 2", ""] {
      #expect(throws: WorkFault.self) { try family.apply(wrong, as: "step", to: work) }
    }
  }

  private func withFile<Value>(_ lines: [String], _ body: (String) throws -> Value) throws -> Value {
    let url = FileManager.default.temporaryDirectory.appending(path: "code-\(UUID()).jsonl")
    try lines.joined(separator: "\n").write(to: url, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: url) }
    return try body(url.path)
  }

  /// Ten questions about functions, so that both sides of the split have some.
  private func questions(tests: String) -> [String] {
    (0..<40).map { number in
      #"{ "question": "def f(x):\n    '''Adds \#(number).'''\n", "answer": "    return x + \#(number)", "verifier": "code", "entry": "f", "tests": "\#(tests.replacingOccurrences(of: "N", with: "\(number)"))" }"#
    }
  }

  private func play(_ lines: [String], more: String = "") throws -> (
    Player.Played, Result<RolloutTree, any Error>
  ) {
    try withFile(lines) { path in
      let scenario = try scenario(
        #"{ name: "questions", path: "\#(path)", levels: 1 \#(more) }"#,
        script: #"scripts: { questions: "a = agent solve(task); answer a" }"#)
      let source = try TaskSource(scenario)
      let servers: @Sendable () -> HierarchicalRollout.Servers = {
        .both(ScriptedServer(ScriptedPolicy(families: source.families)))
      }
      let played = try Player(scenario, servers: servers()).play(0)
      let rollout = HierarchicalRollout(
        agents: try AgentSetup(scenario, families: source.families), designs: 1, executions: 1)
      let tree = Result {
        try rollout.run(
          source.trainingTasks(step: 0, count: 1), name: "t", seed: 1,
          scripts: ["a = agent solve(task); answer a"], servers: servers)
      }
      return (played, tree)
    }
  }

  @Test("a question with tests is answered by a program, and one by a command of the user's")
  func questions() throws {
    let (code, tree) = try play(questions(tests: "def check(f):\\n  assert f(1) == 1 + N"))
    #expect(code.answer?.reward == 1)
    #expect(try tree.get().executions.allSatisfy(\.transcript.outcome.success))
    let judge = FileManager.default.temporaryDirectory.appending(path: "judge.py")
    try
      "import json, sys; q = json.load(sys.stdin); sys.exit(0 if len(q['answer']) == int(q['expected']) else 1)"
      .write(to: judge, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: judge) }
    let lines = (0..<40).map { #"{ "question": "word \#($0)", "answer": "1", "verifier": "command" }"# }
    let (commanded, _) = try play(
      lines, more: #", command: ["python3", "/work/judge.py"], files: ["\#(judge.path)"]"#)
    #expect(commanded.answer?.reward == 1)
  }

  @Test(
    "where nobody knows whether an answer is right, an episode says so, and a rollout ends with an error; P8")
  func unknown() throws {
    let (played, tree) = try play(questions(tests: "def check(f:"))
    #expect(
      played.unknown?.hasPrefix("the tests are broken: SyntaxError") == true && played.answer?.reward == nil)
    let history = try EpisodeHistory(played.record)
    #expect(!history.events.contains { $0.kind == .note && $0.name == EnvironmentActor.reward })
    #expect {
      try tree.get()
    } throws: { error in
      guard case .unknown(let episode, let reason)? = error as? RolloutError else { return false }
      return episode.hasPrefix("t/task-0") && reason.contains("broken")
    }
  }

  @Test("code that a limit ended stops a rollout, or is a failure that is counted, as the scenario says")
  func exhausted() throws {
    var outcome = Outcome(success: false, script: nil)
    (outcome.unknown, outcome.isExhausted) = ("the run used more than 10 s of processor time", true)
    #expect(try Outcome(encoded: outcome.encoded) == outcome)
    for (rule, ends) in [("", true), (#"exhaustion: "failure""#, false)] {
      let scenario = try scenario(#"{ name: "programs", levels: [2, 2] }"#, script: rule)
      let agents = try AgentSetup(scenario, families: TaskSource(scenario).families)
      func check(_ outcome: Outcome) throws { try agents.check(outcome, of: "e") }
      if ends {
        #expect(throws: RolloutError.unknown(episode: "e", outcome.unknown!)) { try check(outcome) }
      } else {
        try check(outcome)
        #expect(MetricsRow.columns(of: scenario).contains("exhausted"))
      }
      var broken = outcome
      broken.isExhausted = false
      #expect(throws: RolloutError.self, "broken tests are nobody's failure") { try check(broken) }
    }
    // The judge's report says which of the two it is.
    let report = Trial.command(SandboxedRun(["true"], input: [])).report(
      of: SandboxResult(code: 0, limit: .processor))
    guard case .exhausted = report else {
      Issue.record("\(report)")
      return
    }
  }
}
