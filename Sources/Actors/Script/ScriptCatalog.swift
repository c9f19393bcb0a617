/// All scripts of a grammar up to a cost, each once.
///
/// Two scripts that differ only in the order or the names of their statements are one script here, and so are two that
/// differ only in statements that the answer does not depend on: the one without them is listed. What a family can tell apart
/// decides about the rest: with ``alive(for:)``, scripts whose calls could never matter are left out.
package struct ScriptCatalog: Sendable {
  /// The scripts, in order of their calls in the worst case, and then as the grammar lists them.
  package let scripts: [Script]

  /// Lists the scripts of `grammar` that may make at most `calls` calls and have at most `statements` statements. Scripts
  /// that define parts of their own are not listed; those of the library are used.
  /// - Throws: ``TooManyScripts`` if there are more than `limit`.
  /// - Complexity: O(scripts x nodes of one statement).
  package init(
    _ grammar: ScriptGrammar, calls: Int? = nil, statements: Int? = nil, limit: Int = 200_000
  ) throws(TooManyScripts) {
    let budget = min(calls ?? grammar.maximumCalls, grammar.maximumCalls)
    var lister = Lister(
      nodes: grammar.nodes(calls: budget), maximumInputs: grammar.extent.maximumInputs,
      maximumStatements: min(statements ?? .max, grammar.maximumStatements), limit: limit)
    try lister.list(budget: budget)
    let costs = lister.found.map { script in script.statements.reduce(0) { $0 + $1.node.maximumCalls } }
    scripts = lister.found.indices.sorted { (costs[$0], $0) < (costs[$1], $1) }.map { lister.found[$0] }
  }
}

/// A grammar has more scripts than somebody wanted to list.
package struct TooManyScripts: Error, Hashable, CustomStringConvertible {
  package var limit: Int
  package var description: String {
    "the grammar has more than \(limit) scripts: lower script.maximumCalls or script.maximumStatements, or allow fewer nodes"
  }
}

extension ScriptGrammar {
  /// The nodes that cost at most `calls` calls, each with the number of inputs that it must have; `nil` if it may have any.
  func nodes(calls: Int) -> [(node: Script.Node, calls: Int, arity: Int?)] {
    var result: [(Script.Node, Int, Int?)] = []
    func walk(_ place: ScriptPlace, _ words: [String]) {
      var next = successors(of: place)
      if place.step == .semicolon {
        guard let node = try? parse("a = \(words.joined(separator: " ")); answer a").statements[0].node,
          node.maximumCalls <= calls
        else { return }
        result.append((node, node.maximumCalls, place.node.arity))
      } else {
        // Of the inputs only the number matters, and that only if the node has a say in it.
        if place.step == .node, place.slot == .inputs {
          next = Array(place.node.phase == 1 ? next.prefix(1) : next.suffix(1))
        }
        for (word, place) in next { walk(place, words + [word]) }
      }
    }
    walk(ScriptPlace(step: .kind), [])
    return result
  }
}

/// Lists scripts, statement by statement.
private struct Lister {
  let nodes: [(node: Script.Node, calls: Int, arity: Int?)]
  let maximumInputs: Int
  let maximumStatements: Int
  let limit: Int
  var found: [Script] = []
  private var statements: [Script.Statement] = []

  init(
    nodes: [(node: Script.Node, calls: Int, arity: Int?)], maximumInputs: Int, maximumStatements: Int,
    limit: Int
  ) {
    self.nodes = nodes
    self.maximumInputs = maximumInputs
    self.maximumStatements = maximumStatements
    self.limit = limit
  }

  /// Adds every script that begins with the present statements and costs at most `budget` calls more.
  mutating func list(budget: Int) throws(TooManyScripts) {
    if !statements.isEmpty, isCanonical {
      guard found.count < limit else { throw TooManyScripts(limit: limit) }
      found.append(Script(statements, answer: statements.count - 1))
    }
    guard statements.count < maximumStatements else { return }
    let sources = [Script.Input.task] + statements.indices.map { .statement($0) }
    for (node, calls, arity) in nodes where calls <= budget {
      for count in arity.map({ $0...$0 }) ?? 1...maximumInputs where count <= sources.count {
        for inputs in Self.choices(of: count, from: sources) {
          statements.append(.init(node, reading: inputs))
          if canBecomeCanonical { try list(budget: budget - calls) }
          statements.removeLast()
        }
      }
    }
  }

  /// All ordered choices of `count` different inputs.
  private static func choices(of count: Int, from sources: [Script.Input]) -> [[Script.Input]] {
    guard count > 0 else { return [[]] }
    return choices(of: count - 1, from: sources).flatMap { chosen in
      sources.filter { !chosen.contains($0) }.map { chosen + [$0] }
    }
  }

  /// Whether the statements that may follow can read all that nobody has read yet.
  private var canBecomeCanonical: Bool {
    let read = Set(statements.flatMap(\.inputs))
    let unread = statements.indices.count { !read.contains(.statement($0)) }
    return unread <= 1 + (maximumStatements - statements.count) * (maximumInputs - 1)
  }

  /// Whether the last statement depends on all others, and they stand in the order in which a walk back from it ends with
  /// them.
  private var isCanonical: Bool {
    var order: [Int] = []
    func visit(_ index: Int) {
      guard !order.contains(index) else { return }
      for case .statement(let input) in statements[index].inputs { visit(input) }
      order.append(index)
    }
    visit(statements.count - 1)
    return order == Array(statements.indices)
  }
}
