import Actors
import Policy

/// Any valid script of `grammar`, drawn without looking at the grammar's places.
func randomScript(_ grammar: ScriptGrammar, using generator: inout SplitMix) -> Script {
  var parts: [Script.Part] = []
  for _ in 0..<Int.random(in: 0...grammar.extent.maximumParts, using: &generator) {
    let parameters = Int.random(in: 1...min(2, grammar.extent.maximumInputs), using: &generator)
    let (statements, answer) = randomBody(grammar, parts, parameters: parameters, using: &generator)
    parts.append(.init(Script.partNames[parts.count], parameters: parameters, statements, answer: answer))
  }
  let (statements, answer) = randomBody(grammar, parts, parameters: 0, using: &generator)
  return Script(parts: parts, statements, answer: answer)
}

private func randomBody(
  _ grammar: ScriptGrammar, _ parts: [Script.Part], parameters: Int, using generator: inout SplitMix
) -> ([Script.Statement], Int) {
  var statements: [Script.Statement] = []
  var budget = grammar.maximumCalls
  let count = Int.random(in: 1...grammar.maximumStatements, using: &generator)
  var tries = 0
  while statements.count < count, tries < 200 {
    tries += 1
    guard let (node, arity) = randomNode(grammar, parts, using: &generator), node.maximumCalls <= budget
    else {
      if statements.isEmpty { tries = 0 }
      continue
    }
    budget -= node.maximumCalls
    let inputs = (0..<(arity ?? Int.random(in: 1...grammar.extent.maximumInputs, using: &generator))).map {
      _ in
      let place = Int.random(in: -max(1, parameters)..<statements.count, using: &generator)
      return place >= 0 ? Script.Input.statement(place) : parameters == 0 ? .task : .parameter(-1 - place)
    }
    statements.append(.init(node, reading: inputs))
  }
  return (statements, Int.random(in: 0..<statements.count, using: &generator))
}

/// A node, which may cost too much, and how many inputs it must have.
private func randomNode(
  _ grammar: ScriptGrammar, _ defined: [Script.Part], using generator: inout SplitMix
) -> (Script.Node, arity: Int?)? {
  func pick<T>(_ list: [T]) -> T? {
    list.isEmpty ? nil : list[Int.random(in: 0..<list.count, using: &generator)]
  }
  let (roles, parts) = (grammar.roles, grammar.library + defined)
  func performer(parameters: Int? = nil) -> (Script.Performer, Int?)? {
    let fitting = parts.filter { $0.parameters == parameters ?? $0.parameters }
    guard let part = pick(fitting), Bool.random(using: &generator) else {
      return pick(roles.workers).map { (.role($0), nil) }
    }
    return (.part(part), part.parameters)
  }
  func decision() -> Script.Decision? {
    pick(grammar.extent.votes + roles.joiners.map { .agent(role: $0) })
  }
  guard let kind = pick(grammar.extent.nodes), let role = pick(roles.workers) else { return nil }
  let count = Int.random(in: kind.counts, using: &generator)
  let rounds = Int.random(in: kind.rounds, using: &generator)
  switch kind {
  case .agent: return (.agent(role: role), nil)
  case .use: return pick(parts).map { (.use($0), $0.parameters) }
  case .ensemble:
    guard let (who, arity) = performer(), let decision = decision() else { return nil }
    return (.ensemble(count: count, of: who, by: decision), arity)
  case .debate: return decision().map { (.debate(count: count, rounds: rounds, role: role, by: $0), nil) }
  case .reflect: return pick(roles.critics).map { (.reflect(rounds: rounds, critic: $0, refiner: role), nil) }
  case .repeat:
    let judges =
      roles.critics.map { Script.Judge.critic(role: $0) }
      + grammar.tools.filter { $0 == "test" }.map { .tool(name: $0) }
    guard let (who, arity) = performer(), let judge = pick(judges) else { return nil }
    return (.repeat(times: count, who, until: judge), arity)
  case .route:
    let routers =
      roles.routers.map { Script.Router.agent(role: $0) } + (grammar.extent.routesBySize ? [.size] : [])
    guard let router = pick(routers) else { return nil }
    var (chosen, arity) = ([Script.Performer](), Int?.none)
    for _ in 0..<Int.random(in: Script.alternatives, using: &generator) {
      guard let (who, own) = performer(parameters: arity), !chosen.contains(who) else { return nil }
      chosen.append(who)
      arity = own ?? arity
    }
    return (.route(router, chosen), arity)
  case .split:
    guard let splitter = pick(roles.splitters), let joiner = pick(roles.joiners),
      let (who, _) = performer(parameters: 1)
    else { return nil }
    return (.split(count: count, splitter: splitter, who, joiner: joiner), 1)
  case .tool: return pick(grammar.tools).map { (.tool(name: $0), 1) }
  }
}

/// Grammars that differ in everything a grammar has.
func sampleGrammars() throws -> [ScriptGrammar] {
  [
    try ScriptGrammar(),
    try ScriptGrammar(maximumStatements: 3, maximumCalls: 1),
    try ScriptGrammar(roles: ["solve"], critics: [], tools: [], maximumStatements: 8, maximumCalls: 3),
    try ScriptGrammar(critics: ["check"], tools: [], maximumStatements: 5, maximumCalls: 20),
    try ScriptGrammar(roles: ["step", "solve", "check"], critics: [], maximumStatements: 1, maximumCalls: 8),
    try wholeGrammar(statements: 3, calls: 12, parts: 0),
    try wholeGrammar(statements: 2, calls: 7, parts: 1),
    try wholeGrammar(statements: 4, calls: 24, parts: 2),
    try ScriptGrammar(
      roles: .init(workers: ["solve"], splitters: ["cut"], joiners: ["join"]),
      extent: extent([.split, .route], inputs: 2, statements: 2, calls: 6)),
  ]
}

/// A grammar with every node, role and vote there is, and a library of two parts.
func wholeGrammar(statements: Int, calls: Int, parts: Int) throws -> ScriptGrammar {
  var whole = extent(Script.Kind.allCases, inputs: 3, statements: statements, calls: calls)
  whole.votes = [.majority, .weighted, .tests]
  whole.maximumParts = parts
  return try ScriptGrammar(
    roles: .init(
      workers: ["step", "solve"], critics: ["check"], routers: ["pick"], splitters: ["cut"], joiners: ["join"]
    ),
    tools: ["run", "test"], extent: whole,
    library: [
      "define chain(x) [\n  a = agent step(x)\n  b = agent solve(a)\n  answer b\n]",
      "define both(x, y) [ a = agent solve(x, y); answer a ];",
    ])
}

private func extent(
  _ nodes: [Script.Kind], inputs: Int, statements: Int, calls: Int
) -> ScriptGrammar.Extent {
  var extent = ScriptGrammar.Extent()
  extent.nodes = nodes
  extent.maximumInputs = inputs
  extent.maximumStatements = statements
  extent.maximumCalls = calls
  return extent
}

/// The vocabulary with every word of `grammar`.
func vocabulary(of grammar: ScriptGrammar) -> WordTokenizer { vocabulary(of: { [grammar] }) }

/// The vocabulary with every word of `grammars`.
func vocabulary(of grammars: () throws -> [ScriptGrammar]) -> WordTokenizer {
  var words = TroupeVocabulary.words
  for word in ((try? grammars()) ?? []).flatMap(\.words) where !words.contains(word) { words.append(word) }
  return WordTokenizer(words: words)
}
