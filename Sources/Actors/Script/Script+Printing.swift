extension Script: CustomStringConvertible {
  /// The canonical text, one statement a line; parsing it gives the script back.
  public var description: String {
    var lines = statements.enumerated().map { "\(Self.name(of: $0)) = \($1);" }
    lines.append("answer \(Self.name(of: answer))")
    return lines.joined(separator: "\n")
  }
}

extension Script.Statement: CustomStringConvertible {
  /// The right-hand side, without the semicolon.
  public var description: String {
    switch node {
    case .agent(let role): "agent \(role)(\(input))"
    case .ensemble(let count, let role, let vote): "ensemble \(count) \(role)(\(input)) by \(vote.rawValue)"
    case .reflect(let rounds, let critic, let refiner): "reflect \(rounds) \(critic) \(refiner)(\(input))"
    case .tool(let name): "tool \(name)(\(input))"
    }
  }
}

extension Script.Input: CustomStringConvertible {
  public var description: String {
    switch self {
    case .task: "task"
    case .statement(let index): Script.name(of: index)
    }
  }
}
