import Actors
import Testing

@Suite("Running a script")
struct ScriptRunTests {
  /// Runs `text` on `state`, performing calls in an order drawn from `seed`.
  private func run(
    _ text: String, on state: String = "4 + 5 * 2", family: (any TaskFamily)? = nil, seed: UInt64 = 0,
    _ perform: (ScriptRun.Call) throws(WorkFault) -> Work
  ) throws -> (run: ScriptRun, order: [CallID]) {
    var generator = SplitMix(seed)
    var extent = ScriptGrammar.Extent()
    (extent.maximumCalls, extent.maximumParts) = (20, 1)
    let grammar = try ScriptGrammar(
      roles: .init(workers: ["step", "solve"], critics: ["check"]), tools: ["run", "test"], extent: extent)
    var run = ScriptRun(
      try grammar.parse(text), from: Work(state: state),
      family: try family ?? arithmetic.get())
    var ready = run.begin()
    var order: [CallID] = []
    while !ready.isEmpty {
      let call = ready.remove(at: Int.random(in: 0..<ready.count, using: &generator))
      order.append(call.id)
      let result: Result<Work, WorkFault>
      do throws(WorkFault) { result = .success(try perform(call)) } catch { result = .failure(error) }
      ready += run.complete(call.id, with: result)
    }
    #expect(run.isFinished)
    return (run, order)
  }

  /// Returns the result of a call whose executor says `output`.
  private func say(_ output: String, _ call: ScriptRun.Call) throws(WorkFault) -> Work {
    guard case .executor(let role) = call.kind, let family = try? arithmetic.get() else { return call.work }
    return try family.apply(output, as: role, to: call.work)
  }

  private func ids(_ ids: [CallID]) -> [String] { ids.map(\.description) }

  @Test("a chain runs in order, and all of it is on the path")
  func chain() throws {
    let (run, order) = try run("a = agent step(task); b = tool run(a); c = agent solve(b); answer c") {
      call throws(WorkFault) in
      switch call.kind {
      case .executor("step"): try say("9 * 2", call)
      case .executor: try say("18", call)
      case .tool: call.work
      }
    }
    #expect(ids(order) == ["a.0", "b.0", "c.0"])
    #expect(run.answer == Work(state: "9 * 2", answer: "18"))
    // `run` does nothing in arithmetic, so the answer does not depend on it.
    #expect(ids(run.path) == ["a.0", "c.0"])
  }

  @Test("a majority keeps the most frequent result, and credits those that agreed")
  func majority() throws {
    let said = ["17", "18", "18", "17", "18"]
    let (run, _) = try run("a = ensemble 5 solve(task) by majority; answer a") {
      call throws(WorkFault) in try say(said[call.id.index], call)
    }
    #expect(run.answer?.answer == "18")
    #expect(ids(run.path) == ["a.1", "a.2", "a.4"])
  }

  @Test("ties go to the earliest copy, and failed copies do not vote", arguments: 0..<6)
  func ties(seed: UInt64) throws {
    let said = ["", "17", "18", "17", "18", "dup"]
    let (run, _) = try run("a = ensemble 6 solve(task) by majority; answer a", seed: seed) {
      call throws(WorkFault) in try say(said[call.id.index], call)
    }
    #expect(run.answer?.answer == "17")
    #expect(ids(run.path) == ["a.1", "a.3"])
  }

  @Test("a vote by tests keeps the earliest of the best; without tests the majority decides")
  func byTests() throws {
    let family = try synthesis.get()
    let said = ["swap 1 2", "add 3 5", "swap 1 2 add 3 5", "add 3 5 swap 1 2"]
    let (run, _) = try run(
      "a = ensemble 4 solve(task) by tests; answer a", on: "1 1 2 9 3 5 4 0 ; 5 8 3 2 0 5 0 0", family: family
    ) { call throws(WorkFault) in try family.apply(said[call.id.index], as: "solve", to: call.work) }
    #expect(run.answer?.answer == "swap 1 2 add 3 5")
    #expect(ids(run.path) == ["a.2"])
    let numbers = ["1", "2", "2"]
    let (voted, _) = try self.run("a = ensemble 3 solve(task) by tests; answer a") {
      call throws(WorkFault) in try say(numbers[call.id.index], call)
    }
    #expect(voted.answer?.answer == "2")
  }

  @Test(
    "where tests run programs, a vote by tests takes the first answer that a tool accepted in its copy, or the majority's"
  )
  func byTrials() throws {
    let family = ProgramsFamily()
    let said = ["def f(xs): return 1", "def f(xs): return 2", "def f(xs): return 2", "def f(xs): return 3"]
    func voted(accepted: Set<String>) throws -> (run: ScriptRun, order: [CallID]) {
      try run(
        """
        define p(x) [ a = agent solve(x); b = tool test(a); answer b ];
        a = ensemble 4 p(task) by tests; answer a
        """, on: "a function f(xs) Examples: f([1]) == 3", family: family
      ) { call throws(WorkFault) in
        var work = call.work
        if case .tool = call.kind {
          work.verdict = work.answer.map(accepted.contains)
        } else {
          work.answer = said[call.id.index / 2]
        }
        return work
      }
    }
    let third = try voted(accepted: [said[3]])
    #expect(third.run.answer?.answer == said[3] && third.order.count == 8)
    #expect(ids(third.run.path) == ["a.6", "a.7"], "who wrote it, and the tool that accepted it")
    #expect(try voted(accepted: [said[1]]).run.answer?.answer == said[1])
    #expect(try voted(accepted: []).run.answer?.answer == said[1], "two of four say the same")
  }

  @Test("a reflection stops when the critic is content, and redoes the work until then")
  func reflection() throws {
    let text = "a = agent solve(task); b = reflect 3 check solve(a); answer b"
    let (content, first) = try run(text) { call throws(WorkFault) in
      try say(call.kind == .executor(role: "check") ? "ok" : "18", call)
    }
    #expect(ids(first) == ["a.0", "b.0"])
    #expect(ids(content.path) == ["a.0", "b.0"])
    let (redone, second) = try run(text) { call throws(WorkFault) in
      switch call.id {
      case CallID(statement: 1, index: 2): try say("ok", call)
      default: try say(call.kind == .executor(role: "check") ? "no" : "1\(second(call))", call)
      }
    }
    #expect(ids(second) == ["a.0", "b.0", "b.1", "b.2"])
    #expect(redone.answer == Work(state: "4 + 5 * 2", answer: "11", verdict: true))
    // The first answer was replaced: the path holds the critic that rejected it and not its author.
    #expect(ids(redone.path) == ["b.0", "b.1", "b.2"])
    let (never, third) = try run(text) { call throws(WorkFault) in
      try say(call.kind == .executor(role: "check") ? "no" : "18", call)
    }
    #expect(third.count == 7)
    #expect(ids(never.path) == ["b.4", "b.5"])
    func second(_ call: ScriptRun.Call) -> Int { call.id.index % 2 }
  }

  @Test("a critic and its refiner are one actor each, whatever the rounds; actors are unique otherwise")
  func actors() throws {
    var actors: [String] = []
    _ = try run("a = ensemble 2 solve(task) by majority; b = reflect 2 check solve(a); answer b") {
      call throws(WorkFault) in
      actors.append(call.actor)
      return try say(call.kind == .executor(role: "check") ? "no" : "18", call)
    }
    #expect(actors.sorted() == ["a.0", "a.1", "b.critic", "b.critic", "b.refiner", "b.refiner"])
  }

  @Test("a failed call leaves the work as it was and is not on the path")
  func faults() throws {
    let (run, _) = try run("a = agent step(task); b = agent solve(a); answer b") {
      call throws(WorkFault) in try say(call.kind == .executor(role: "step") ? "dup" : "18", call)
    }
    #expect(run.answer == Work(state: "4 + 5 * 2", answer: "18"))
    #expect(ids(run.path) == ["b.0"])
    let (nothing, _) = try self.run("a = ensemble 2 solve(task) by majority; answer a") {
      call throws(WorkFault) in throw .timedOut
    }
    #expect(nothing.answer == Work(state: "4 + 5 * 2"))
    #expect(nothing.path == [])
  }

  @Test("a proposal that nobody ran is not on the path")
  func unusedProposal() throws {
    let family = try synthesis.get()
    func perform(_ call: ScriptRun.Call) throws(WorkFault) -> Work {
      switch call.kind {
      case .executor(let role):
        try family.apply(role == "step" ? "swap 1 2" : "add 3 5", as: role, to: call.work)
      case .tool(let name): try family.run(tool: name, on: call.work)
      }
    }
    let examples = "1 1 2 9 3 5 4 0 ; 5 8 3 2 0 5 0 0"
    let (unused, _) = try run(
      "a = agent step(task); b = agent solve(a); answer b", on: examples, family: family, perform)
    #expect(ids(unused.path) == ["b.0"])
    let (used, _) = try run(
      "a = agent step(task); b = tool run(a); c = agent solve(b); answer c", on: examples, family: family,
      perform)
    #expect(ids(used.path) == ["a.0", "b.0", "c.0"])
    #expect(
      used.answer == Work(state: "2 0 1 0 3 5 4 0 ; 3 0 5 0 0 5 0 0", program: "swap 1 2", answer: "add 3 5"))
  }

  @Test("independent statements are ready together")
  func concurrency() throws {
    var run = ScriptRun(
      try ScriptGrammar().parse(
        "a = agent step(task); b = agent solve(task); c = agent solve(a); answer c"),
      from: Work(state: "1 + 1"), family: try arithmetic.get())
    #expect(ids(run.begin().map(\.id)) == ["a.0", "b.0"])
    #expect(run.complete(CallID(statement: 1, index: 0), with: .failure(.timedOut)) == [])
    let next = run.complete(CallID(statement: 0, index: 0), with: .failure(.timedOut))
    #expect(ids(next.map(\.id)) == ["c.0"])
    #expect(!run.isFinished)
  }

  @Test("P7: every valid script ends within its worst case, and the order of replies decides nothing")
  func terminates() throws {
    var generator = SplitMix(20)
    let grammar = try ScriptGrammar(maximumCalls: 20)
    for family in try allFamilies() {
      for round in 0..<60 {
        let script = randomScript(grammar, using: &generator)
        let task = try family.instance(level: 2, split: .train, using: &generator)
        var outcomes: Set<String> = []
        for seed in 0..<3 {
          let (run, order) = try run(
            script.description, on: task.statement, family: family, seed: UInt64(seed)
          ) { call throws(WorkFault) in
            // A call's result depends on who asks and what, and never on when.
            var draws = SplitMix(UInt64(round * 1000 + call.id.statement * 20 + call.id.index))
            switch call.kind {
            case .tool(let name):
              do {
                return try family.run(tool: name, on: call.work)
              } catch {
                throw error as? WorkFault ?? .toolFailed("\(error)")
              }
            case .executor(let role):
              if Int.random(in: 0..<8, using: &draws) == 0 { throw .malformed("by plan") }
              let prompt = family.prompt(for: role, on: call.work)
              let right = family.reference(prompt) ?? ""
              let errs = Bool.random(using: &draws)
              return try family.apply(
                errs ? family.corrupted(right, for: prompt, using: &draws) : right, as: role, to: call.work)
            }
          }
          let tools = run.completed.count { if case .tool = $0.kind { true } else { false } }
          let cost = script.worstCase { _ in 1 }
          #expect(order.count - tools <= cost.calls && tools == cost.toolCalls)
          #expect(Set(order).count == order.count && run.completed.map(\.id) == order.sorted())
          #expect(Set(run.path).isSubset(of: order))
          outcomes.insert("\(String(describing: run.answer)) \(run.path) \(order.sorted())")
        }
        #expect(outcomes.count == 1, "\(script)")
      }
    }
  }
}
