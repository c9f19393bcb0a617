extension ScriptGrammar {
  /// The grammar in GBNF, the EBNF dialect of llama.cpp, for other decoders.
  ///
  /// It generates exactly the canonical texts of the valid scripts. There is one rule for each pair of statement and
  /// calls left, so it contains the call budget.
  /// - Complexity: O(statements x budget).
  public var gbnf: String {
    var rules = ["root ::= \(rule(0, maximumCalls))"]
    for index in 0...maximumStatements {
      // The first statement always has the whole budget.
      for budget in stride(from: maximumCalls, through: index == 0 ? maximumCalls : 0, by: -1) {
        rules.append("\(rule(index, budget)) ::= " + alternatives(index, budget).joined(separator: " | "))
      }
    }
    for index in 1...maximumStatements {
      rules.append("name\(index) ::= " + choice((0..<index).map(Script.name(of:))))
    }
    rules.append("input0 ::= \"task\"")
    for index in 1..<max(2, maximumStatements) { rules.append("input\(index) ::= \"task\" | name\(index)") }
    rules.append("role ::= " + choice(roles))
    if !critics.isEmpty { rules.append("critic ::= " + choice(critics)) }
    if !tools.isEmpty { rules.append("tool ::= " + choice(tools)) }
    rules.append("vote ::= " + choice(Script.Vote.allCases.map(\.rawValue)))
    return rules.joined(separator: "\n") + "\n"
  }

  private func rule(_ index: Int, _ budget: Int) -> String { "s\(index)-\(budget)" }

  private func alternatives(_ index: Int, _ budget: Int) -> [String] {
    var result: [String] = []
    if index < maximumStatements {
      let name = Script.name(of: index)
      func add(_ node: String, _ tail: String, calls: Int) {
        result.append(
          "\"\(name) = \(node) \(tail) \";\\n\" \(rule(index + 1, budget - calls))")
      }
      let source = "\"(\" input\(index) \")\""
      if budget >= 1 { add("agent", "\" role \(source)", calls: 1) }
      for count in ensembleCounts(budget: budget) {
        add("ensemble", "\(count) \" role \(source) \" by \" vote", calls: count)
      }
      for rounds in reflectRounds(budget: budget) {
        add("reflect", "\(rounds) \" critic \" \" role \(source)", calls: 2 * rounds)
      }
      if !tools.isEmpty { add("tool", "\" tool \(source)", calls: 0) }
    }
    if index > 0 { result.append("\"answer \" name\(index)") }
    return result
  }

  private func choice(_ words: [String]) -> String { words.map { "\"\($0)\"" }.joined(separator: " | ") }
}
