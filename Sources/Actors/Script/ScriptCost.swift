/// The most that a run of a script can cost, computed before it runs (P7).
public struct ScriptCost: Hashable, Sendable, Codable {
  /// How many generations executors ask for.
  public var calls: Int
  /// How often a tool runs.
  public var toolCalls: Int
  /// How many tokens executors generate, with end tokens.
  public var tokens: Int
  /// The virtual time of the calls that have to follow each other.
  package var time: Duration

  package init(calls: Int = 0, toolCalls: Int = 0, tokens: Int = 0, time: Duration = .zero) {
    self.calls = calls
    self.toolCalls = toolCalls
    self.tokens = tokens
    self.time = time
  }

  /// The cost of both, one after the other.
  static func + (a: ScriptCost, b: ScriptCost) -> ScriptCost {
    ScriptCost(
      calls: a.calls + b.calls, toolCalls: a.toolCalls + b.toolCalls, tokens: a.tokens + b.tokens,
      time: a.time + b.time)
  }

  /// The cost of `count` runs, one after the other.
  func times(_ count: Int) -> ScriptCost {
    ScriptCost(calls: count * calls, toolCalls: count * toolCalls, tokens: count * tokens, time: time * count)
  }

  /// The cost of `count` runs side by side.
  func sideBySide(_ count: Int) -> ScriptCost {
    var cost = times(count)
    cost.time = time
    return cost
  }

  /// At least the cost of either, where only one of the two will run.
  func or(_ other: ScriptCost) -> ScriptCost {
    ScriptCost(
      calls: max(calls, other.calls), toolCalls: max(toolCalls, other.toolCalls),
      tokens: max(tokens, other.tokens), time: max(time, other.time))
  }
}

/// What one call may cost.
package struct CallLimits {
  /// The most tokens of a call in a role.
  package var tokens: (String) -> Int
  /// The virtual time of a token.
  package var timePerToken: Duration
  /// The virtual time of a tool call.
  package var toolTime: Duration

  package init(
    timePerToken: Duration = .zero, toolTime: Duration = .zero, tokens: @escaping (String) -> Int
  ) {
    self.tokens = tokens
    self.timePerToken = timePerToken
    self.toolTime = toolTime
  }

  fileprivate func call(_ role: String) -> ScriptCost {
    ScriptCost(calls: 1, tokens: tokens(role), time: timePerToken * tokens(role))
  }

  fileprivate var tool: ScriptCost { ScriptCost(toolCalls: 1, time: toolTime) }

  /// The cost of statements that run as soon as they have their inputs.
  fileprivate func cost(of statements: [Script.Statement]) -> ScriptCost {
    var total = ScriptCost()
    var ends: [Duration] = []
    for statement in statements {
      let cost = cost(of: statement.node)
      let begin = statement.inputs.map { input -> Duration in
        if case .statement(let index) = input, ends.indices.contains(index) { ends[index] } else { .zero }
      }
      ends.append((begin.max() ?? .zero) + cost.time)
      total = total + cost
    }
    total.time = ends.max() ?? .zero
    return total
  }

  private func cost(of performer: Script.Performer) -> ScriptCost {
    switch performer {
    case .role(let role): call(role)
    case .part(let part): cost(of: part.statements)
    }
  }

  private func cost(of decision: Script.Decision) -> ScriptCost {
    if case .agent(let role) = decision { call(role) } else { ScriptCost() }
  }

  private func cost(of node: Script.Node) -> ScriptCost {
    switch node {
    case .agent(let role): call(role)
    case .use(let part): cost(of: part.statements)
    case .ensemble(let count, let performer, let decision):
      cost(of: performer).sideBySide(count) + cost(of: decision)
    case .debate(let count, let rounds, let role, let decision):
      call(role).sideBySide(count).times(rounds) + cost(of: decision)
    case .reflect(let rounds, let critic, let refiner): (call(critic) + call(refiner)).times(rounds)
    case .repeat(let times, let performer, .critic(let role)): (cost(of: performer) + call(role)).times(times)
    case .repeat(let times, let performer, .tool): (cost(of: performer) + tool).times(times)
    case .route(let router, let performers):
      performers.reduce(ScriptCost()) { $0.or(cost(of: $1)) } + (router.role.map(call) ?? ScriptCost())
    case .split(let count, let splitter, let performer, let joiner):
      call(splitter) + cost(of: performer).sideBySide(count) + call(joiner)
    case .tool: tool
    }
  }
}

extension Script.Router {
  /// The role of the executor that routes; `nil` if none does.
  var role: String? { if case .agent(let role) = self { role } else { nil } }
}

extension Script {
  /// The cost in the worst case, if a call in role `r` may generate `limit(r)` tokens.
  /// - Complexity: O(length of the text).
  public func worstCase(tokensPerCall limit: @escaping (String) -> Int) -> ScriptCost {
    worstCase(CallLimits(tokens: limit))
  }

  /// The cost in the worst case under these limits. Its time is that of the longest chain of statements that read each
  /// other.
  /// - Complexity: O(length of the text).
  package func worstCase(_ limits: CallLimits) -> ScriptCost { limits.cost(of: statements) }
}

extension Script.Node {
  /// The most generations that the node can ask for.
  package var maximumCalls: Int {
    CallLimits { _ in 0 }.cost(of: [Script.Statement(self, .task)]).calls
  }
}
