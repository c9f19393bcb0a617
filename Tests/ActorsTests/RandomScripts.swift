import Actors

/// Any valid script of `grammar`, drawn without looking at the mask.
func randomScript(_ grammar: ScriptGrammar, using generator: inout SplitMix) -> Script {
  var statements: [Script.Statement] = []
  var budget = grammar.maximumCalls
  let count = Int.random(in: 1...grammar.maximumStatements, using: &generator)
  while statements.count < count {
    guard let node = randomNode(grammar, budget: budget, using: &generator) else { break }
    budget -= node.maximumCalls
    let earlier = Int.random(in: -1..<statements.count, using: &generator)
    statements.append(.init(node, earlier < 0 ? .task : .statement(earlier)))
  }
  return Script(statements, answer: Int.random(in: 0..<statements.count, using: &generator))
}

private func randomNode(
  _ grammar: ScriptGrammar, budget: Int, using generator: inout SplitMix
) -> Script.Node? {
  func pick(_ words: [String]) -> String { words[Int.random(in: 0..<words.count, using: &generator)] }
  var nodes: [Script.Node] = []
  if budget >= 1 { nodes.append(.agent(role: pick(grammar.roles))) }
  if budget >= 2 {
    let count = Int.random(in: 2...min(8, budget), using: &generator)
    let vote: Script.Vote = Bool.random(using: &generator) ? .majority : .tests
    nodes.append(.ensemble(count: count, role: pick(grammar.roles), vote: vote))
    if !grammar.critics.isEmpty {
      let rounds = Int.random(in: 1...min(3, budget / 2), using: &generator)
      nodes.append(.reflect(rounds: rounds, critic: pick(grammar.critics), refiner: pick(grammar.roles)))
    }
  }
  if !grammar.tools.isEmpty { nodes.append(.tool(name: pick(grammar.tools))) }
  return nodes.isEmpty ? nil : nodes[Int.random(in: 0..<nodes.count, using: &generator)]
}

/// Grammars that differ in everything a grammar has.
func sampleGrammars() throws -> [ScriptGrammar] {
  [
    try ScriptGrammar(),
    try ScriptGrammar(maximumStatements: 3, maximumCalls: 1),
    try ScriptGrammar(roles: ["solve"], critics: [], tools: [], maximumStatements: 8, maximumCalls: 3),
    try ScriptGrammar(critics: ["check"], tools: [], maximumStatements: 5, maximumCalls: 20),
    try ScriptGrammar(roles: ["step", "solve", "check"], critics: [], maximumStatements: 1, maximumCalls: 8),
  ]
}
