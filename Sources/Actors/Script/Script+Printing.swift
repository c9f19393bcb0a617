extension Script: CustomStringConvertible {
  /// The canonical text, with one statement on each line. Parsing it gives the same script.
  public var description: String {
    var text = ""
    for (index, statement) in statements.enumerated() {
      text += Self.name(of: index)
      text += " = "
      text += statement.description
      text += ";\n"
    }
    return text + "answer " + Self.name(of: answer)
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
