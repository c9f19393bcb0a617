import Policy
import Testing

@testable import Actors

@Suite("Families in which structure is needed")
struct StructureFamilyTests {
  /// The answer of a script whose calls perfect executors make.
  private func answer(_ text: String, _ task: TaskInstance, _ family: any TaskFamily) throws -> Work {
    var extent = ScriptGrammar.Extent()
    extent.nodes = Script.Kind.allCases
    let grammar = try ScriptGrammar(
      roles: .init(
        workers: ["step", "solve"], critics: ["check"], routers: ["pick"], splitters: ["cut"],
        joiners: ["join"]),
      tools: ["run", "test"], extent: extent,
      library: [
        "define one(x) [ a = agent step(x); b = agent solve(a); answer b ];",
        "define two(x) [ a = agent step(x); b = use one(a); answer b ];",
        "define three(x) [ a = agent step(x); b = use two(a); answer b ];",
      ])
    var run = ScriptRun(try grammar.parse(text), from: family.start(task), family: family)
    var ready = run.begin()
    while let call = ready.popLast() {
      var work = call.work
      switch call.kind {
      case .tool(let name): work = try family.run(tool: name, on: work)
      case .executor(let role):
        let said = try #require(family.reference(family.prompt(for: role, on: work, beside: call.others)))
        switch call.purpose {
        case .work, .weighedWork: work = try family.apply(said, as: role, to: work)
        case .route, .split: work.proposal = said
        }
      }
      ready += run.complete(call.id, with: .success(work))
    }
    return try #require(run.answer)
  }

  @Test(
    "the structure that a family needs works with perfect executors",
    arguments: [
      ("products", "a = ensemble 5 solve(task) by majority; answer a"),
      ("countdown", "a = repeat 4 solve until check(task); answer a"),
      ("countdown", "a = ensemble 5 solve(task) by join; answer a"),
      ("sums", "a = split 4 cut solve join(task); answer a"),
      ("repair", "a = ensemble 8 solve(task) by tests; answer a"),
      ("repair", "a = repeat 8 solve until test(task); answer a"),
      (
        "ordering",
        "a = agent step(task); b = tool run(a); c = agent step(b); d = tool run(c); e = agent solve(d); answer e"
      ),
      ("ordering", "a = ensemble 3 solve(task) by tests; answer a"),
      ("trace", "a = route pick to solve, one, two, three(task); answer a"),
      ("trace", "a = route size to one, two, three(task); answer a"),
      ("arithmetic", "a = route pick to solve, one, two, three(task); answer a"),
      ("threshold", "a = repeat 4 step until check(task); answer a"),
    ])
  func perfect(name: String, script: String) throws {
    var generator = SplitMix(21)
    let family = try #require(try allFamilies().first { $0.name == name })
    for level in family.levels where level > 1 {
      for _ in 0..<20 {
        let task = try family.instance(level: level, split: .heldOut, using: &generator)
        #expect(family.verify(try answer(script, task, family), on: task), "\(task)")
      }
    }
  }

  @Test("products reads and judges answers, and refuses what is no product")
  func products() throws {
    let family = try ProductsFamily()
    #expect(family.reference(ExecutorPrompt(role: "solve", state: "( 4 7 * 6 )")) == "282")
    #expect(family.reference(ExecutorPrompt(role: "check", state: "( 47 * 6 )", answer: "2 8 2")) == "ok")
    #expect(family.reference(ExecutorPrompt(role: "check", state: "( 47 * 6 )", answer: "272")) == "no")
    for state in ["47 * 6", "( 47 + 6 )", "( 47 * 10 )", "( 47 * 6 * 2 )", "(", ""] {
      #expect(!family.recognizes(state: state))
    }
    for output in ["", "0 0", "12345", "- 4", "ok"] {
      #expect(throws: WorkFault.self) { try family.apply(output, as: "solve", to: Work(state: "( 47 * 6 )")) }
    }
  }

  @Test("countdown accepts every right expression, each digit once and nothing negative on the way")
  func countdown() throws {
    let family = try CountdownFamily()
    let task = TaskInstance(
      family: "countdown", level: 2, hash: 1, statement: "24 ; 3 5 9", solution: "5 * 3 : 15 + 9")
    for (answer, isRight) in [
      ("5 * 3 : 15 + 9", true), ("3 * 5 : 15 + 9", true), ("9 + 5 : 14 + 3", false),
      ("5 * 3 : 14 + 9", false),
      ("3 - 5 : 15 + 9", false), ("9 + 3 : 12 + 5 : 17 + 7", false), ("8 * 3", false),
    ] {
      let work = try family.apply(answer, as: "solve", to: family.start(task))
      #expect(family.verify(work, on: task) == isRight, "\(answer)")
      let verdict = family.reference(family.prompt(for: "check", on: work))
      #expect(verdict == (isRight ? "ok" : "no"), "\(answer)")
    }
    for output in ["", "5 * 3 + 9", "24", "5 * 3 :", ": 5 * 3", "ok"] {
      #expect(throws: WorkFault.self) { try family.apply(output, as: "solve", to: family.start(task)) }
    }
    let others = ["9 + 5 : 14 + 3", "3 * 5 : 15 + 9", "5 * 3 : 15 + 9"].map {
      Work(state: task.statement, answer: $0)
    }
    let prompt = family.prompt(for: "join", on: family.start(task), beside: others)
    #expect(prompt.text == "join : 24 ; 3 5 9 , 9 + 5 : 14 + 3 , 3 * 5 : 15 + 9 , 5 * 3 : 15 + 9 =")
    #expect(family.reference(prompt) == "3 * 5 : 15 + 9")
    #expect(family.hash(ofState: "24 ; 9 3 5") == family.hash(ofState: "24 ; 3 5 9"))
    #expect(CountdownFamily.Problem(target: 24, digits: [3, 5, 9]).expressions.count { $0.value == 24 } == 2)
  }

  @Test("countdown is also solved by steps, which the tool carries out; their values are held to be right")
  func countdownSteps() throws {
    let family = try CountdownFamily()
    let task = TaskInstance(
      family: "countdown", level: 3, hash: 1, statement: "26 ; 3 5 9 2", solution: "5 * 3 : 15 + 9 : 24 + 2")
    var work = family.start(task)
    #expect(family.remainingSteps(work.state) == 3)
    for (said, state) in [("5 * 3", "26 ; 15 : 9 2"), ("15 + 9", "26 ; 24 : 2"), ("24 + 2", "26 ; 26 :")] {
      let proposed = try family.apply(said, as: "step", to: work)
      work = try family.run(tool: "run", on: proposed)
      #expect(work.state.trimmingCharacters(in: .whitespaces) == state && family.recognizes(state: state))
      #expect(TaskSplit(hash: try #require(family.hash(ofState: work.state))) == .train)
      let rest = try #require(family.reference(family.prompt(for: "solve", on: work)))
      #expect(family.verify(try family.apply(rest, as: "solve", to: work), on: task), "\(rest)")
      #expect(!family.verify(work, on: task), "nobody has said that the work is done")
    }
    #expect(
      work.program == "5 * 3 : 15 + 9 : 24 + 2"
        && family.reference(family.prompt(for: "step", on: work)) == "")
    let ended = [Work(state: work.state, answer: "26 + 26"), Work(state: work.state, answer: "")]
    #expect(family.reference(family.prompt(for: "join", on: work, beside: ended)) == "")
    // A surplus step does nothing.
    #expect(try family.run(tool: "run", on: family.apply("", as: "step", to: work)) == work)
    // Steps that use a digit twice, another value than the one so far, or less than 0, fail at the tool.
    let stepped = Work(state: "26 ; 15 : 9 2", program: "5 * 3")
    for said in ["15 + 5", "9 + 2", "14 + 9", "9 + 15"] {
      let proposed = try family.apply(said, as: "step", to: stepped)
      #expect(throws: WorkFault.self, "\(said)") { try family.run(tool: "run", on: proposed) }
    }
    for output in ["", "5 * 3 : 15 + 9", "5"] {
      #expect(throws: WorkFault.self) { try family.apply(output, as: "step", to: family.start(task)) }
    }
    for state in ["26 ; 5", "26 ; 15 : 9 2 3 4", "26 ; 1 : 2 : 3", "26 ; x : 3", "26 : 15 ; 3"] {
      #expect(!family.recognizes(state: state), "\(state)")
    }
  }

  @Test("most countdown problems have more than one right answer")
  func manyAnswers() throws {
    let family = try CountdownFamily()
    var generator = SplitMix(22)
    for (level, least) in [(2, 1.8), (3, 5.0)] {
      let counts = try (0..<200).map { _ in
        let task = try family.instance(level: level, split: .train, using: &generator)
        let problem = try #require(CountdownFamily.Problem(parsing: task.statement))
        return Double(problem.expressions.count { $0.value == problem.target })
      }
      let mean = counts.reduce(0, +) / Double(counts.count)
      #expect(mean > least, "level \(level): \(mean)")
    }
  }

  @Test("sums adds each place by itself, cuts into groups, and shows no sum longer than a group to be solved")
  func sums() throws {
    let family = try SumsFamily()
    let state = "[ 45 + 31 + 12 + 05 + 50 + 44 ]"
    #expect(family.reference(ExecutorPrompt(role: "step", state: state)) == "[ 10 + 12 + 05 + 50 + 44 ]")
    let cut = try #require(family.reference(ExecutorPrompt(role: "cut", state: state)))
    #expect(cut == "45 + 31 + 12 ; 05 + 50 + 44")
    let parts = family.subtasks(of: Work(state: state, proposal: cut), atMost: 4)
    #expect(parts.map(\.state) == ["[ 45 + 31 + 12 ]", "[ 05 + 50 + 44 ]"])
    #expect(family.size(of: Work(state: state)) == 2)
    let others = [Work(state: parts[0].state, answer: "22"), parts[1]]
    let prompt = family.prompt(for: "join", on: Work(state: state), beside: others)
    #expect(prompt.text == "join : [ 22 + 05 + 50 + 44 ] =" && family.reference(prompt) == "55")
    #expect(!family.isShown(ExecutorPrompt(role: "solve", state: state)) && family.isShown(prompt))
    for output in ["5", "123", "47", "45 + 31", "", "[ 45 ]"] {
      #expect(throws: WorkFault.self) { try family.apply(output, as: "solve", to: Work(state: state)) }
    }
    #expect(throws: WorkFault.self) { try family.apply(state, as: "step", to: Work(state: state)) }
  }

  @Test(
    "repair counts the examples that an answer passes, and its problems have one instruction that is wrong")
  func repairs() throws {
    var generator = SplitMix(23)
    for _ in 0..<100 {
      let task = try repair.instance(level: 3, split: .train, using: &generator)
      let problem = try #require(RepairFamily.Problem(parsing: task.statement))
      let right = try Program(parsing: task.solution)
      #expect(zip(problem.program.instructions, right.instructions).count { $0 != $1 } == 1)
      var work = repair.start(task)
      #expect(repair.testsPassed(work) == 0)
      #expect(try repair.run(tool: "test", on: work).verdict == false)
      work = try repair.apply(task.solution, as: "solve", to: work)
      #expect(repair.testsPassed(work) == 2)
      #expect(try repair.run(tool: "test", on: work).verdict == true)
    }
    #expect(!repair.recognizes(state: "[ dup ] 1 2 9 3 5 4 0 0 ; 5 8 3 2 0 5 0 0"))
  }

  @Test("ordering asks for as few exchanges as possible, in any order that does it")
  func ordering() throws {
    let family = OrderingFamily()
    // Two cycles: 3 1 2 in the first three places, and 9 8.
    let task = TaskInstance(
      family: "ordering", level: 3, hash: 1, statement: "3 1 2 9 8", solution: "swap 1 2 swap 2 3 swap 4 5")
    let start = family.start(task)
    #expect(family.remainingSteps(task.statement) == 3)
    for (answer, isRight) in [
      ("swap 1 2 swap 2 3 swap 4 5", true), ("swap 4 5 swap 1 3 swap 1 2", true),
      ("swap 1 2 swap 2 3", false),
      ("swap 1 2 swap 2 3 swap 4 5 swap 1 2 swap 1 2", false), ("swap 1 4 swap 1 2 swap 2 3", false),
      ("", false),
    ] {
      let work = try family.apply(answer, as: "solve", to: start)
      #expect(family.verify(work, on: task) == isRight, "\(answer)")
      #expect(family.testsPassed(work) == (isRight ? 1 : 0))
      #expect(try family.run(tool: "test", on: work).verdict == isRight)
      #expect(family.reference(family.prompt(for: "check", on: work)) == (isRight ? "ok" : "no"), "\(answer)")
    }
    let work = try family.run(tool: "run", on: family.apply("swap 4 5", as: "step", to: start))
    #expect(work == Work(state: "3 1 2 8 9", program: "swap 4 5"))
    #expect(family.verify(try family.apply("swap 1 2 swap 2 3", as: "solve", to: work), on: task))
    let proposals = ["", "swap 4 5", "swap 1 4"].map { Work(state: task.statement, proposal: $0) }
    #expect(proposals.map(family.testsPassed) == [0, 1, 0])
    // A wasted exchange cannot be made good.
    let wasted = try family.run(tool: "run", on: family.apply("swap 1 4", as: "step", to: start))
    let rest = try #require(family.reference(family.prompt(for: "solve", on: wasted)))
    #expect(!family.verify(try family.apply(rest, as: "solve", to: wasted), on: task))
    for output in ["add 1 2", "swap 1", "3 1 2"] {
      #expect(throws: WorkFault.self) { try family.apply(output, as: "solve", to: start) }
    }
    #expect(throws: WorkFault.self) { try family.apply("swap 1 2 swap 2 3", as: "step", to: start) }
    for state in ["3 1 2 9", "3 1 2 9 9", "3 1 2 9 8 7", "3 1 2 9 x"] {
      #expect(!family.recognizes(state: state), "\(state)")
    }
  }

  @Test("trace carries out one instruction a step, and picks a chain by how many there are")
  func trace() throws {
    let family = try TraceFamily()
    let state = "[ add 1 2 swap 1 3 ] 5 0 7 1"
    #expect(family.reference(ExecutorPrompt(role: "step", state: state)) == "[ swap 1 3 ] 7 0 7 1")
    #expect(family.reference(ExecutorPrompt(role: "solve", state: state)) == "7 0 7 1")
    #expect(family.reference(ExecutorPrompt(role: "pick", state: state)) == "one")
    #expect(family.reference(ExecutorPrompt(role: "pick", state: "[ add 1 2 ] 5 0 7 1")) == "solve")
    #expect(family.size(of: Work(state: state)) == 1)
    #expect(!family.isShown(ExecutorPrompt(role: "solve", state: state)))
    for output in ["[ add 1 2 swap 1 3 ] 7 0 7 1", "7 0 7 1", "[ swap 1 3 ] 7 0 7", "[ dup ] 7 0 7 1", "]"] {
      #expect(throws: WorkFault.self) { try family.apply(output, as: "step", to: Work(state: state)) }
    }
  }

  @Test("threshold stops above the bound, and a step too many spoils the answer")
  func threshold() throws {
    let family = try ThresholdFamily()
    let state = "13 ; 7 + 2 * 2 - 4 + 1 - 3"
    let task = TaskInstance(
      family: "threshold", level: 2, hash: 1, statement: state, solution: "18 - 4 + 1 - 3")
    var work = family.start(task)
    #expect(family.remainingSteps(state) == 2 && !family.verify(work, on: task))
    #expect(family.reference(family.prompt(for: "solve", on: work)) == task.solution)
    let said = [
      ("9 * 2 - 4 + 1 - 3", "no", false), ("18 - 4 + 1 - 3", "ok", true), ("14 + 1 - 3", "ok", false),
    ]
    for (left, verdict, isRight) in said {
      #expect(family.reference(family.prompt(for: "step", on: work)) == left)
      work = try family.apply(left, as: "step", to: work)
      let prompt = family.prompt(for: "check", on: work)
      #expect(prompt.text == "check : 13 ; \(left) =" && family.reference(prompt) == verdict)
      #expect(family.verify(work, on: task) == isRight)
      #expect(family.hash(ofState: work.state).map(TaskSplit.init(hash:)) == .train)
    }
    // Who stops too early says what a critic rejects.
    var generator = SplitMix(24)
    let start = family.start(task)
    for _ in 0..<20 {
      let early = family.corrupted(
        task.solution, for: family.prompt(for: "solve", on: start), using: &generator)
      let wrong = try family.apply(early, as: "solve", to: start)
      #expect(wrong.state == state && !family.verify(wrong, on: task))
      #expect(family.reference(family.prompt(for: "check", on: wrong)) == "no")
    }
    for output in ["", "13 ; 9 * 2", "14 + 1 - 3", "ok"] {
      #expect(throws: WorkFault.self) { try family.apply(output, as: "step", to: work) }
    }
    for state in ["13", "13 ; 7 +", "7 + 2 ; 13", "13 ; 1 + 1 + 1 + 1 + 1 + 1 + 1", "13 ; 7 ; 2"] {
      #expect(!family.recognizes(state: state), "\(state)")
    }
  }
}
