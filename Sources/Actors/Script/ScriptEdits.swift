/// Small changes of scripts, for searches over designs.
package struct ScriptEdits: Sendable {
  private let grammar: ScriptGrammar
  private let calls: Int
  private let nodes: [(node: Script.Node, calls: Int, arity: Int?)]

  /// The edits that stay within `grammar` and within `calls` calls.
  package init(_ grammar: ScriptGrammar, calls: Int) {
    self.grammar = grammar
    self.calls = calls
    nodes = grammar.nodes(calls: min(calls, grammar.maximumCalls))
  }

  /// How many draws an edit may take before it is given up.
  private static let tries = 100

  /// A script of one statement.
  package func seedling(using generator: inout some RandomNumberGenerator) -> Script? {
    for _ in 0..<Self.tries {
      let script = Script([.init(randomNode(using: &generator), .task)], answer: 0)
      if isValid(script) { return script }
    }
    return nil
  }

  /// `script` with one node put in, taken out, replaced, or with one input exchanged; `nil` if nothing valid was drawn.
  package func changed(_ script: Script, using generator: inout some RandomNumberGenerator) -> Script? {
    for _ in 0..<Self.tries {
      var result = script
      let place = Int.random(in: script.statements.indices, using: &generator)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: result.insert(randomNode(using: &generator), before: place)
      case 1: result.append(randomNode(using: &generator))
      case 2: result.statements[place].node = randomNode(using: &generator)
      default: result.remove(place)
      }
      if result.statements.isEmpty { continue }
      if Bool.random(using: &generator), grammar.extent.maximumInputs > 1 {
        result.readMore(using: &generator)
      }
      result = result.withoutUnused
      if result != script, isValid(result) { return result }
    }
    return nil
  }

  /// The first statements of `first`, whose last one is then worked on by the last statements of `second`; `nil` if nothing valid
  /// was drawn.
  package func crossed(
    _ first: Script, _ second: Script, using generator: inout some RandomNumberGenerator
  ) -> Script? {
    for _ in 0..<Self.tries {
      let kept = Int.random(in: 1...first.statements.count, using: &generator)
      let from = Int.random(in: 0..<second.statements.count, using: &generator)
      var statements = Array(first.statements.prefix(kept))
      for statement in second.statements[from...] {
        var moved = statement
        moved.inputs = statement.inputs.map { input in
          guard case .statement(let index) = input, index >= from else { return .statement(kept - 1) }
          return .statement(kept + index - from)
        }
        statements.append(moved)
      }
      let result = Script(statements, answer: statements.count - 1).withoutUnused
      if isValid(result) { return result }
    }
    return nil
  }

  private func randomNode(using generator: inout some RandomNumberGenerator) -> Script.Node {
    nodes[Int.random(in: nodes.indices, using: &generator)].node
  }

  private func isValid(_ script: Script) -> Bool {
    !script.statements.isEmpty && (try? grammar.validate(script)) != nil
      && script.statements.reduce(0) { $0 + $1.node.maximumCalls } <= calls
  }
}

extension Script {
  /// Puts a node between statement `place` and its first input.
  fileprivate mutating func insert(_ node: Node, before place: Int) {
    let source = statements[place].inputs[0]
    renumber { $0 >= place ? $0 + 1 : $0 }
    statements.insert(Statement(node, source), at: place)
    statements[place + 1].inputs[0] = .statement(place)
    answer += answer >= place ? 1 : 0
  }

  /// Adds a node that works on the answer, and answers.
  fileprivate mutating func append(_ node: Node) {
    statements.append(Statement(node, .statement(answer)))
    answer = statements.count - 1
  }

  /// Takes a statement out; its readers read its first input instead.
  package mutating func remove(_ place: Int) {
    let source = statements[place].inputs[0]
    for index in statements.indices {
      statements[index].inputs = statements[index].inputs.map { $0 == .statement(place) ? source : $0 }
    }
    if answer == place, case .statement(let index) = source { answer = index }
    statements.remove(at: place)
    answer = min(answer > place ? answer - 1 : answer, max(0, statements.count - 1))
    renumber { $0 > place ? $0 - 1 : $0 }
  }

  /// Lets a statement read one earlier thing more, or one less.
  fileprivate mutating func readMore(using generator: inout some RandomNumberGenerator) {
    let place = Int.random(in: statements.indices, using: &generator)
    let sources = [Input.task] + (0..<place).map { .statement($0) }
    let source = sources[Int.random(in: sources.indices, using: &generator)]
    if let index = statements[place].inputs.firstIndex(of: source), statements[place].inputs.count > 1 {
      statements[place].inputs.remove(at: index)
    } else {
      statements[place].inputs.append(source)
    }
  }

  private mutating func renumber(_ number: (Int) -> Int) {
    for index in statements.indices {
      statements[index].inputs = statements[index].inputs.map { input in
        if case .statement(let index) = input { .statement(number(index)) } else { input }
      }
    }
  }

  /// The script without the statements on which the answer does not depend.
  package var withoutUnused: Script {
    var used: Set<Int> = []
    func visit(_ index: Int) {
      guard used.insert(index).inserted else { return }
      for case .statement(let input) in statements[index].inputs { visit(input) }
    }
    guard statements.indices.contains(answer) else { return self }
    visit(answer)
    let kept = used.sorted()
    var result = self
    result.statements = kept.map { statements[$0] }
    result.renumber { kept.firstIndex(of: $0) ?? 0 }
    result.answer = kept.firstIndex(of: answer) ?? 0
    return result
  }
}
