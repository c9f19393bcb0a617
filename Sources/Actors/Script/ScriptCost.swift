/// The most that a run of a script can cost, computed before it runs (P7).
public struct ScriptCost: Hashable, Sendable, Codable {
  /// How many generations executors ask for.
  public var calls: Int
  /// How many `tool` statements run.
  public var toolCalls: Int
  /// How many tokens executors generate, with end tokens.
  public var tokens: Int

  package init(calls: Int, toolCalls: Int, tokens: Int) {
    self.calls = calls
    self.toolCalls = toolCalls
    self.tokens = tokens
  }
}

extension Script.Node {
  /// The most generations that the node can ask for: one, `count`, or two for each round.
  package var maximumCalls: Int {
    switch self {
    case .agent: 1
    case .ensemble(let count, _, _): count
    case .reflect(let rounds, _, _): 2 * rounds
    case .tool: 0
    }
  }
}

extension Script {
  /// The cost in the worst case, if a call in role `r` may generate `limit(r)` tokens.
  /// - Complexity: O(statements).
  public func worstCase(tokensPerCall limit: (String) -> Int) -> ScriptCost {
    var cost = ScriptCost(calls: 0, toolCalls: 0, tokens: 0)
    for statement in statements {
      cost.calls += statement.node.maximumCalls
      switch statement.node {
      case .agent(let role): cost.tokens += limit(role)
      case .ensemble(let count, let role, _): cost.tokens += count * limit(role)
      case .reflect(let rounds, let critic, let refiner):
        cost.tokens += rounds * (limit(critic) + limit(refiner))
      case .tool: cost.toolCalls += 1
      }
    }
    return cost
  }
}
