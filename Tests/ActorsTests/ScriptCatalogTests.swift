import Actors
import Testing

@Suite("All scripts of a grammar")
struct ScriptCatalogTests {
  private func extent(calls: Int, statements: Int, inputs: Int = 1) -> ScriptGrammar.Extent {
    var extent = ScriptGrammar.Extent()
    (extent.maximumCalls, extent.maximumStatements, extent.maximumInputs) = (calls, statements, inputs)
    return extent
  }

  @Test("chains of two roles: 2 + 4 + 8 of them, the cheapest first")
  func chains() throws {
    var extent = extent(calls: 3, statements: 3)
    extent.nodes = [.agent]
    let grammar = try ScriptGrammar(roles: .init(workers: ["step", "solve"]), extent: extent)
    let scripts = try ScriptCatalog(grammar).scripts
    #expect(scripts.count == 2 + 4 + 8 && Set(scripts).count == scripts.count)
    #expect(scripts.map(\.statements.count) == scripts.map(\.statements.count).sorted())
    for script in scripts { try grammar.validate(script) }
    #expect(try ScriptCatalog(grammar, calls: 2).scripts.count == 6)
    #expect(throws: TooManyScripts.self) { try ScriptCatalog(grammar, limit: 13) }
  }

  /// Counts by brute force: every script that the grammar can write, with unused statements taken out and the rest in the order
  /// of a walk, is in the catalog, and nothing else is.
  @Test("the catalog has exactly the scripts that the grammar can write, up to order and unused statements")
  func complete() throws {
    var generator = SplitMix(3)
    for inputs in 1...2 {
      var extent = extent(calls: 3, statements: 2, inputs: inputs)
      extent.nodes = [.agent, .ensemble, .tool]
      let grammar = try ScriptGrammar(
        roles: .init(workers: ["solve"], joiners: ["join"]), tools: ["run"], extent: extent)
      let listed = Set(try ScriptCatalog(grammar).scripts)
      var drawn: Set<Script> = []
      for _ in 0..<6000 {
        let script = randomScript(grammar, using: &generator).withoutUnused
        guard script.statements.allSatisfy({ Set($0.inputs).count == $0.inputs.count }) else { continue }
        drawn.insert(walked(script))
      }
      #expect(drawn.isSubset(of: listed), "\(drawn.subtracting(listed).first.map(\.description) ?? "")")
      #expect(Double(drawn.count) > 0.8 * Double(listed.count))
      for script in listed { #expect(walked(script) == script && script.withoutUnused == script) }
    }
  }

  /// The script with its statements in the order in which a walk back from the answer ends with them.
  private func walked(_ script: Script) -> Script {
    var order: [Int] = []
    func visit(_ index: Int) {
      guard !order.contains(index) else { return }
      for case .statement(let input) in script.statements[index].inputs { visit(input) }
      order.append(index)
    }
    visit(script.answer)
    return Script(
      order.map { index in
        .init(
          script.statements[index].node,
          reading: script.statements[index].inputs.map { input in
            if case .statement(let earlier) = input {
              .statement(order.firstIndex(of: earlier) ?? 0)
            } else {
              input
            }
          })
      }, answer: order.count - 1)
  }

  @Test(
    "a statement that can never matter is not alive: an answer that a step makes void, a step without a solver"
  )
  func alive() throws {
    let grammar = try ScriptGrammar(tools: [], maximumStatements: 3, maximumCalls: 3)
    let family = try arithmetic.get()
    let alive = Set(
      try ScriptCatalog(grammar).alive(for: family, from: Work(state: "4 + 5 * 2")).map(\.description))
    func chain(_ roles: String...) -> String {
      Script(
        roles.indices.map { .init(.agent(role: roles[$0]), $0 == 0 ? .task : .statement($0 - 1)) },
        answer: roles.count - 1
      ).description
    }
    #expect(alive.contains(chain("solve")) && alive.contains(chain("step", "step", "solve")))
    #expect(!alive.contains(chain("step")) && !alive.contains(chain("solve", "step", "solve")))
    #expect(!alive.contains(chain("solve", "solve")))
  }

  @Test("a tool that runs a proposal is alive only after somebody made one")
  func idleTools() throws {
    var extent = extent(calls: 2, statements: 4)
    extent.nodes = [.agent, .tool]
    let grammar = try ScriptGrammar(roles: .init(workers: ["step", "solve"]), tools: ["run"], extent: extent)
    let start = Work(state: "1 1 2 9 3 5 4 0 ; 5 8 3 2 0 5 0 0")
    let alive = try ScriptCatalog(grammar).alive(for: try synthesis.get(), from: start).map { script in
      script.statements.map(\.description).joined(separator: ", ")
    }
    #expect(alive == ["agent solve(task)", "agent step(task), tool run(a), agent solve(b)"])
  }

  @Test(
    "changes and crosses of scripts are valid scripts within the budget, and reach every script of a small grammar"
  )
  func edits() throws {
    var generator = SplitMix(4)
    for grammar in try sampleGrammars() {
      let edits = ScriptEdits(grammar, calls: grammar.maximumCalls)
      guard var script = edits.seedling(using: &generator) else { continue }
      var other = script
      for _ in 0..<60 {
        if let next = edits.changed(script, using: &generator) {
          #expect(next != script)
          try grammar.validate(next)
          script = next
        }
        if let next = edits.crossed(script, other, using: &generator) {
          try grammar.validate(next)
          other = next
        }
      }
    }
    let small = try ScriptGrammar(tools: [], maximumStatements: 2, maximumCalls: 3)
    let edits = ScriptEdits(small, calls: 3)
    var script = try #require(edits.seedling(using: &generator))
    var seen: Set<Script> = []
    for _ in 0..<8000 {
      script = edits.changed(script, using: &generator) ?? script
      seen.insert(script)
    }
    #expect(Set(try ScriptCatalog(small).scripts).isSubset(of: seen))
  }
}
