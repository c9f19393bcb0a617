import Actors
import Testing

/// The nodes that run more than one call, each on the simplest case and where something fails.
@Suite("Nodes of a script")
struct ScriptNodeTests {
  private let state = "4 + 5 * 2"

  /// Runs `text` with executors that say what `say` returns for a call's name, such as `a.0`, or fail if it is `nil`.
  private func run(
    _ text: String, family: (any TaskFamily)? = nil,
    _ say: (ScriptRun.Call) -> (text: String?, weight: Double)
  ) throws -> (run: ScriptRun, calls: [ScriptRun.Call]) {
    let grammar = try wholeGrammar(statements: 8, calls: 40, parts: 2)
    let family = try family ?? arithmetic.get()
    var run = ScriptRun(try grammar.parse(text), from: Work(state: state), family: family)
    var (ready, calls) = (run.begin(), [ScriptRun.Call]())
    while !ready.isEmpty {
      let call = ready.removeFirst()
      calls.append(call)
      let (said, weight) = say(call)
      ready += run.complete(call.id, with: result(of: call, saying: said), weight: weight)
    }
    #expect(run.isFinished)
    let cost = run.script.worstCase { _ in 1 }
    #expect(calls.count <= cost.calls + cost.toolCalls && Set(calls.map(\.id)).count == calls.count)
    return (run, calls)
  }

  private func result(of call: ScriptRun.Call, saying said: String?) -> Result<Work, WorkFault> {
    guard let said else { return .failure(.timedOut) }
    var work = call.work
    switch (call.kind, call.purpose) {
    case (.tool, _): work.verdict = said == "ok"
    case (_, .route), (_, .split): work.proposal = said
    case (.executor("check"), _): work.verdict = said == "ok"
    case (.executor("step"), _): work = Work(state: said)
    default:
      work.answer = said
      work.verdict = nil
    }
    return .success(work)
  }

  private func says(_ texts: [String: String]) -> (ScriptRun.Call) -> (text: String?, weight: Double) {
    { (texts[$0.id.description], 1) }
  }

  private func ids(_ calls: [CallID]) -> [String] { calls.map(\.description) }

  @Test("a statement with several inputs waits for all of them, works on the first and sees the others")
  func severalInputs() throws {
    let text = "a = agent solve(task)\nb = agent solve(task)\nc = agent solve(b, a, task)\nanswer c"
    let (run, calls) = try run(text, says(["a.0": "17", "b.0": "18", "c.0": "18"]))
    #expect(ids(calls.map(\.id)) == ["a.0", "b.0", "c.0"])
    #expect(calls[2].work.answer == "18" && calls[2].others.map(\.answer) == ["17", nil])
    #expect(run.answer?.answer == "18" && ids(run.path) == ["a.0", "b.0", "c.0"])
    let family = try arithmetic.get()
    #expect(
      family.prompt(for: "solve", on: calls[2].work, beside: calls[2].others).text
        == "solve : 4 + 5 * 2 , 18 , 17 , 4 + 5 * 2 =")
  }

  @Test("a part runs its statements on its parameters, under names and numbers of their own")
  func parts() throws {
    let text =
      "define p(x, y) [ a = agent step(x); b = agent solve(a, y); answer b ]; a = use p(task, task); b = use chain(a); answer b"
    let (run, calls) = try run(
      text, says(["a.0": "9 * 2", "a.1": "18", "b.0": "18", "b.1": "18"]))
    #expect(ids(calls.map(\.id)) == ["a.0", "a.1", "b.0", "b.1"])
    #expect(calls.map(\.actor) == ["a.a", "a.b", "b.a", "b.b"])
    #expect(calls[1].work.state == "9 * 2" && calls[1].others.map(\.state) == [state])
    #expect(run.answer == Work(state: "18", answer: "18"))
  }

  @Test("an ensemble of parts votes on what whole parts return, and a part that failed has no say")
  func ensembleOfParts() throws {
    let (run, calls) = try run(
      "a = ensemble 3 chain(task) by majority; answer a",
      says(["a.0": "9 * 2", "a.1": "17", "a.4": "9 * 2", "a.5": "17"]))
    #expect(
      calls.count == 6 && Set(calls.map(\.actor)) == ["a.0.a", "a.0.b", "a.1.a", "a.1.b", "a.2.a", "a.2.b"])
    #expect(run.answer?.answer == "17")
    // The second copy failed altogether. The first and the third agree.
    #expect(ids(run.path) == ["a.0", "a.1", "a.4", "a.5"])
  }

  @Test("a weighted vote counts a copy as much as its executor's probability")
  func weighted() throws {
    let text = "a = ensemble 3 solve(task) by weighted; answer a"
    let said = ["17", "18", "17"]
    let (run, calls) = try run(text) { (said[$0.id.index], $0.id.index == 1 ? 0.9 : 0.4) }
    #expect(run.answer?.answer == "18" && ids(run.path) == ["a.1"])
    #expect(calls.allSatisfy { $0.purpose == .weighedWork })
    let (other, _) = try self.run(text) { (said[$0.id.index], $0.id.index == 1 ? 0.7 : 0.4) }
    #expect(other.answer?.answer == "17" && ids(other.path) == ["a.0", "a.2"])
  }

  @Test("a joiner reads the results of all copies that have one, and its word is the ensemble's")
  func joined() throws {
    let (run, calls) = try run(
      "a = ensemble 3 solve(task) by join; answer a", says(["a.0": "17", "a.2": "18", "a.3": "18"]))
    #expect(calls.last?.kind == .executor(role: "join") && calls.last?.others.map(\.answer) == ["17", "18"])
    #expect(calls.last?.work == Work(state: state) && run.answer?.answer == "18")
    #expect(ids(run.path) == ["a.0", "a.2", "a.3"])
    let (nothing, silent) = try self.run("a = ensemble 2 solve(task) by join; answer a", says([:]))
    #expect(silent.count == 2 && nothing.answer == Work(state: state))
  }

  @Test("in a debate everybody goes on from the own work and sees the others' last words")
  func debate() throws {
    let said = [
      "a.0": "16", "a.1": "17", "a.2": "18", "a.3": "18", "a.4": "17", "a.5": "18",
    ]
    let (run, calls) = try run("a = debate 3 2 solve(task) by majority; answer a", says(said))
    #expect(ids(calls.map(\.id)) == ["a.0", "a.1", "a.2", "a.3", "a.4", "a.5"])
    #expect(calls[4].work.answer == "17" && calls[4].others.map(\.answer) == ["16", "18"])
    #expect(calls.map(\.actor) == ["a.0", "a.1", "a.2", "a.0", "a.1", "a.2"])
    #expect(run.answer?.answer == "18")
    // What anybody read, the answer depends on.
    #expect(ids(run.path) == ["a.0", "a.1", "a.2", "a.3", "a.5"])
  }

  @Test("a repetition ends when its critic is content, or after its last round")
  func repetition() throws {
    let text = "a = repeat 3 solve until check(task); answer a"
    let (run, calls) = try run(text, says(["a.0": "17", "a.1": "no", "a.2": "18", "a.3": "ok"]))
    #expect(ids(calls.map(\.id)) == ["a.0", "a.1", "a.2", "a.3"] && run.answer?.answer == "18")
    #expect(calls.map(\.actor) == ["a.worker", "a.critic", "a.worker", "a.critic"])
    #expect(calls[2].work.answer == "17" && calls[2].work.verdict == false)
    #expect(ids(run.path) == ["a.1", "a.2", "a.3"])
    let (never, all) = try self.run(text) { ($0.kind == .executor(role: "check") ? "no" : "17", 1) }
    #expect(all.count == 6 && never.answer?.verdict == false)
    let (tool, tested) = try self.run("a = repeat 4 solve until test(task); answer a") {
      ($0.kind == .tool(name: "test") ? ($0.id.index == 3 ? "ok" : "no") : "17", 1)
    }
    #expect(tested.map(\.kind).suffix(2) == [.executor(role: "solve"), .tool(name: "test")])
    #expect(tested.count == 4 && tool.answer?.verdict == true)
  }

  @Test("a router's word decides who works; without it the first does")
  func routeByAgent() throws {
    let text = "a = route pick to solve, chain(task); answer a"
    let (run, calls) = try run(text, says(["a.0": "chain", "a.2": "9 * 2", "a.3": "18"]))
    #expect(ids(calls.map(\.id)) == ["a.0", "a.2", "a.3"] && run.answer?.answer == "18")
    #expect(calls[0].purpose == .route(["solve", "chain"]) && calls[1].work == Work(state: state))
    #expect(ids(run.path) == ["a.0", "a.2", "a.3"])
    let (failed, others) = try self.run(text, says(["a.1": "17"]))
    #expect(ids(others.map(\.id)) == ["a.0", "a.1"] && ids(failed.path) == ["a.1"])
  }

  @Test("a route by size takes the performer of that size, or the last one")
  func routeBySize() throws {
    struct Sized: TaskFamily {
      var base: any TaskFamily
      var measured: Int
      var name: String { base.name }
      var levels: ClosedRange<Int> { base.levels }
      func instance(
        level: Int, split: TaskSplit, using generator: inout some RandomNumberGenerator
      ) throws -> TaskInstance { try base.instance(level: level, split: split, using: &generator) }
      func start(_ task: TaskInstance) -> Work { base.start(task) }
      func apply(_ output: String, as role: String, to work: Work) throws(WorkFault) -> Work {
        try base.apply(output, as: role, to: work)
      }
      func verify(_ work: Work, on task: TaskInstance) -> Bool { base.verify(work, on: task) }
      func recognizes(state: String) -> Bool { base.recognizes(state: state) }
      func hash(ofState state: String) -> UInt64? { base.hash(ofState: state) }
      func remainingSteps(_ state: String) -> Int? { base.remainingSteps(state) }
      func reference(_ prompt: ExecutorPrompt) -> String? { base.reference(prompt) }
      func corrupted(
        _ output: String, for prompt: ExecutorPrompt, using generator: inout some RandomNumberGenerator
      ) -> String { output }
      func size(of work: Work) -> Int { measured }
    }
    let base = try arithmetic.get()
    for (size, expected) in [(0, "a.0"), (1, "a.0"), (2, "a.1"), (3, "a.2"), (9, "a.2")] {
      let (_, calls) = try run(
        "a = route size to solve, step, chain(task); answer a", family: Sized(base: base, measured: size)
      ) { _ in ("18", 1) }
      #expect(calls.first?.id.description == expected)
    }
  }

  @Test("subtasks run side by side, and a joiner makes one answer of theirs")
  func split() throws {
    let text = "a = split 3 cut solve join(task); answer a"
    let said = ["a.0": "4 + 5 ; 9 * 2", "a.1": "9", "a.2": "18", "a.4": "27"]
    let (run, calls) = try run(text, says(said))
    #expect(ids(calls.map(\.id)) == ["a.0", "a.1", "a.2", "a.4"])
    #expect(calls[0].purpose == .split && calls[1].work == Work(state: "4 + 5"))
    #expect(calls[3].work == Work(state: state) && calls[3].others.map(\.answer) == ["9", "18"])
    #expect(run.answer?.answer == "27" && ids(run.path) == ["a.0", "a.1", "a.2", "a.4"])
    // More subtasks than allowed are cut off, and states of no family are none.
    let (_, many) = try self.run(text, says(["a.0": "4 + 5 ; dup ; 9 * 2 ; 1 + 1 ; 2 + 2", "a.1": "9"]))
    #expect(many.filter { $0.kind == .executor(role: "solve") }.count == 3)
    // A splitter that failed leaves the whole as the only subtask.
    let (whole, alone) = try self.run(text, says(["a.1": "18", "a.4": "18"]))
    #expect(alone.map(\.work.state) == [state, state, state] && whole.answer?.answer == "18")
    #expect(ids(whole.path) == ["a.1", "a.4"])
  }

  @Test("a part that uses itself, or one that comes later, or with other inputs, is refused where it says so")
  func refusedParts() throws {
    let grammar = try wholeGrammar(statements: 4, calls: 8, parts: 2)
    for (text, position, kind) in [
      (
        "define p(x) [ a = use p(x); answer a ]; a = use p(task); answer a", "1:23",
        ScriptError.Kind.recursivePart("p")
      ),
      (
        "define p(x) [ a = use q(x); answer a ]; define q(x) [ a = agent solve(x); answer a ]; a = use p(task); answer a",
        "1:23", .forwardReference("q")
      ),
      (
        "a = use chian(task); answer a", "1:9",
        .unknownPart("chian", known: ["chain", "both"], suggestion: "chain")
      ),
      (
        "a = ensemble 2 slove(task) by majority; answer a", "1:16",
        .unknownPart("slove", known: ["step", "solve", "chain", "both"], suggestion: "solve")
      ),
      ("a = split 2 cut both join(task); answer a", "1:17", .parameterCount("both")),
      ("a = use both(task); answer a", "1:18", .unexpected(found: "`)`", expected: [","], suggestion: nil)),
      (
        "define p(x) [ a = agent solve(task); answer a ]; a = use p(task); answer a", "1:31",
        .unexpected(found: "`task`", expected: ["x"], suggestion: nil)
      ),
      (
        "a = ensemble 5 chain(task) by majority; answer a", "1:5", .budgetExceeded(calls: 10, maximum: 8)
      ),
      (
        "a = route pick to solve, solve(task); answer a", "1:26", .sameAlternative("solve")
      ),
    ] as [(String, String, ScriptError.Kind)] {
      let error = #expect(throws: ScriptError.self) { try grammar.parse(text) }
      #expect(
        error?.kind == kind && error?.position.description == position,
        "\(text): \(error.map(\.description) ?? "")")
    }
  }

  @Test("a library that cannot be is refused with the place in its text")
  func badLibrary() {
    let roles = ScriptGrammar.Roles(workers: ["solve"])
    var extent = ScriptGrammar.Extent()
    extent.nodes = [.agent, .use]
    for (library, message) in [
      (
        ["define twice(x) [ a = agent sovle(x); answer a ]"],
        "the library's `define twice`: 1:29: unknown role"
      ),
      (
        ["define one(x) [ a = agent solve(x); answer a ]", "define one(x) [ a = agent solve(x); answer a ]"],
        "the part `one` is given twice"
      ),
      (["define self(x) [ a = use self(x); answer a ]"], "1:22: expected `agent`, found `use`"),
      (
        ["define one(x) [ a = agent solve(x); answer a ]", "define self(x) [ a = use self(x); answer a ]"],
        "1:26: `self` uses itself"
      ),
      (["a = agent solve(task); answer a"], "1:1: expected `define`"),
    ] {
      let error = #expect(throws: ScriptGrammarError.self) {
        try ScriptGrammar(roles: roles, extent: extent, library: library)
      }
      #expect(error?.description.contains(message) == true, "\(error.map(\.description) ?? "")")
    }
  }

  @Test("P7: the worst case of every node, in calls, tokens and time")
  func worstCases() throws {
    let grammar = try wholeGrammar(statements: 8, calls: 40, parts: 2)
    let limits = CallLimits(timePerToken: .milliseconds(10), toolTime: .milliseconds(50)) {
      $0 == "solve" ? 10 : 2
    }
    for (node, calls, tools, tokens, time) in [
      ("agent solve(task)", 1, 0, 10, 100), ("use chain(task)", 2, 0, 12, 120),
      ("ensemble 3 chain(task) by majority", 6, 0, 36, 120),
      ("ensemble 3 solve(task) by join", 4, 0, 32, 120),
      ("debate 3 2 solve(task) by majority", 6, 0, 60, 200), ("reflect 2 check solve(task)", 4, 0, 24, 240),
      ("repeat 3 chain until check(task)", 9, 0, 42, 420), ("repeat 3 solve until test(task)", 3, 3, 30, 450),
      ("route pick to solve, chain(task)", 3, 0, 14, 140),
      ("route size to solve, chain(task)", 2, 0, 12, 120),
      ("split 3 cut solve join(task)", 5, 0, 34, 140), ("tool test(task)", 0, 1, 0, 50),
    ] {
      let script = try grammar.parse("a = \(node); b = \(node); answer b")
      let cost = script.worstCase(limits)
      #expect(
        cost
          == ScriptCost(
            calls: 2 * calls, toolCalls: 2 * tools, tokens: 2 * tokens, time: .milliseconds(time)), "\(node)")
      let chain = try grammar.parse("a = \(node); b = \(node.replacing("task", with: "a")); answer b")
      #expect(chain.worstCase(limits).time == .milliseconds(2 * time))
    }
  }
}
