import Actors
import Testing

@Suite("Script language")
struct ScriptTests {
  let example = """
    a = agent step(task);
    b = tool run(a);
    c = ensemble 5 solve(b) by majority;
    d = reflect 1 check solve(c);
    answer d
    """

  @Test("the canonical text of a parsed script is the text it was parsed from")
  func roundTripOfText() throws {
    let grammar = try ScriptGrammar()
    #expect(try grammar.parse(example).description == example)
  }

  @Test("printing and parsing round-trip for every valid script")
  func roundTripLaw() throws {
    var generator = SplitMix(1)
    for grammar in try sampleGrammars() {
      for _ in 0..<300 {
        let script = randomScript(grammar, using: &generator)
        #expect(try grammar.parse(script.description) == script)
        try grammar.validate(script)
      }
    }
  }

  @Test("white space is free and comments are ignored")
  func freeForm() throws {
    let grammar = try ScriptGrammar()
    let loose = example.replacing("\n", with: "  # a remark; answer z\n\t").replacing("(", with: " ( ")
    #expect(try grammar.parse(loose) == grammar.parse(example))
    #expect(try grammar.parse(example.replacing("\n", with: " ")) == grammar.parse(example))
  }

  @Test(
    "columns count characters, whatever they are made of",
    arguments: [
      ("# é\u{301} 👩‍👩‍👧\r\na = agent step(x);\nanswer a", "2:16"), ("/* é */ a", "1:1"),
      ("a = agent e\u{301}tape(task);\nanswer a", "1:11"), ("a =\u{2003}👩‍👩‍👧 agent", "1:5"),
      ("a = agent step(task) # 👩‍👩‍👧", "1:25"),
    ])
  func columns(text: String, position: String) throws {
    let error = #expect(throws: ScriptError.self) { try ScriptGrammar().parse(text) }
    #expect(error?.description.hasPrefix(position) == true, "\(error?.description ?? "")")
  }

  @Test("P7: the worst case counts every copy and both calls of a round")
  func worstCase() throws {
    let script = try ScriptGrammar().parse(example)
    let cost = script.worstCase { $0 == "check" ? 2 : 10 }
    #expect(cost == ScriptCost(calls: 1 + 5 + 2, toolCalls: 1, tokens: 10 + 50 + 12))
  }

  @Test(
    "each mistake is a typed error at its line and column",
    arguments: [
      (
        "", "1:1", ScriptError.Kind.unexpected(found: "the end of the text", expected: ["a"], suggestion: nil)
      ),
      (
        "a = agnet step(task);\nanswer a", "1:5",
        .unexpected(
          found: "`agnet`", expected: ["agent", "ensemble", "reflect", "tool"], suggestion: "agent")
      ),
      (
        "a = agent sovle(task);\nanswer a", "1:11",
        .unknownRole("sovle", known: ["step", "solve"], suggestion: "solve")
      ),
      (
        "a = tool rum(task);\nanswer a", "1:10",
        .unknownTool("rum", known: ["run", "test"], suggestion: "run")
      ),
      (
        "a = agent solve(task);\nb = reflect 1 chekc solve(a);\nanswer b", "2:15",
        .unknownCritic("chekc", known: ["check"], suggestion: "check")
      ),
      ("a = agent step(a);\nanswer a", "1:16", .selfReference("a")),
      ("a = agent step(b);\nb = agent solve(a);\nanswer b", "1:16", .forwardReference("b")),
      ("a = agent step(x);\nanswer a", "1:16", .undefinedName("x", defined: [])),
      ("a = agent step(task);\nanswer c", "2:8", .undefinedName("c", defined: ["a"])),
      (
        "a = agent step(task);\nanswer task", "2:8",
        .unexpected(found: "`task`", expected: ["a"], suggestion: nil)
      ),
      ("a = agent step(task);\nc = agent solve(a);\nanswer c", "2:1", .misnamed(found: "`c`", expected: "b")),
      (
        "a = ensemble 9 solve(task) by majority;\nanswer a", "1:14",
        .countOutOfRange("9", of: "ensemble", allowed: 2...8)
      ),
      (
        "a = reflect 12 check solve(task);\nanswer a", "1:13",
        .countOutOfRange("12", of: "reflect", allowed: 1...3)
      ),
      (
        "a = ensemble 6 solve(task) by tests;\n  b = reflect 2 check solve(a);\nanswer b", "2:7",
        .budgetExceeded(calls: 10, maximum: 8)
      ),
      (
        "a = agent solve(task);\nanswer a b", "2:10",
        .unexpected(found: "`b`", expected: ["the end of the text"], suggestion: nil)
      ),
      (
        "a = ensemble 2 solve(task) by majorty;\nanswer a", "1:31",
        .unexpected(found: "`majorty`", expected: ["majority", "tests"], suggestion: "majority")
      ),
    ])
  func mistakes(text: String, position: String, kind: ScriptError.Kind) throws {
    let grammar = try ScriptGrammar()
    let error = #expect(throws: ScriptError.self) { try grammar.parse(text) }
    #expect(error?.kind == kind)
    #expect(error?.position.description == position)
  }

  @Test("an error reads as one line that says where, what, and what was meant")
  func message() throws {
    let grammar = try ScriptGrammar()
    let error = #expect(throws: ScriptError.self) { try grammar.parse("a = agent sovle(task); answer a") }
    #expect(
      error?.description
        == "1:11: unknown role `sovle`; known: `step`, `solve`; did you mean `solve`?")
  }

  @Test("a script that is too long or has too many statements is refused")
  func limits() throws {
    let grammar = try ScriptGrammar(maximumStatements: 2)
    let long = String(repeating: " ", count: Script.maximumBytes + 1)
    #expect(throws: ScriptError.self) { try grammar.parse(long) }
    let error = #expect(throws: ScriptError.self) {
      try grammar.parse("a = tool run(task); b = tool run(a); c = tool run(b); answer c")
    }
    #expect(error?.kind == .tooManyStatements(maximum: 2))
  }

  @Test("a script made in code with a dangling input does not validate")
  func madeInCode() throws {
    let grammar = try ScriptGrammar()
    for script in [
      Script([.init(.agent(role: "solve"), .statement(3))], answer: 0),
      Script([.init(.agent(role: "solve"), .task)], answer: 12),
      Script([], answer: 0),
      Script(Array(repeating: .init(.tool(name: "run"), .task), count: 9), answer: 0),
    ] {
      #expect(throws: ScriptError.self) { try grammar.validate(script) }
    }
  }

  @Test("a grammar that cannot be is refused")
  func badGrammars() {
    #expect(throws: ScriptGrammarError.statements(0)) { try ScriptGrammar(maximumStatements: 0) }
    #expect(throws: ScriptGrammarError.calls(0)) { try ScriptGrammar(maximumCalls: 0) }
    #expect(throws: ScriptGrammarError.noRoles) { try ScriptGrammar(roles: []) }
    #expect(throws: ScriptGrammarError.twice("tool", "run")) { try ScriptGrammar(tools: ["run", "run"]) }
    #expect(throws: ScriptGrammarError.notAWord("role", "two words")) {
      try ScriptGrammar(roles: ["two words"])
    }
  }
}
