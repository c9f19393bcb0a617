extension Script: CustomStringConvertible {
  /// The canonical text, with one statement on each line. Parsing it gives the same script.
  public var description: String { Self.text(of: words) }

  /// The words and marks of the canonical text, in order.
  package var words: [String] {
    parts.flatMap { part in
      let names = Self.parameterNames.prefix(part.parameters).map(\.self)
      return ["define", part.name, "("] + names.joinedByCommas + [")", "["]
        + Self.words(part.statements, answer: part.answer) + ["]", ";"]
    } + Self.words(statements, answer: answer)
  }

  private static func words(_ statements: [Statement], answer: Int) -> [String] {
    statements.enumerated().flatMap { [name(of: $0), "="] + $1.words + [";"] } + ["answer", name(of: answer)]
  }

  /// The text of these words as canonical texts have it: a line for each statement, and parts indented.
  package static func text(of words: [String]) -> String {
    var (text, isInside) = ("", false)
    for (index, word) in words.enumerated() {
      if index > 0 { text += space(between: words[index - 1], word, isInside: isInside) }
      if word == "[" || word == "]" { isInside = word == "[" }
      text += word
    }
    return text
  }

  /// What stands between two neighbouring words of a canonical text, inside a part or outside.
  package static func space(between first: String, _ second: String, isInside: Bool) -> String {
    switch (first, second) {
    case (_, "("), (_, ")"), (_, ","), (_, ";"), ("(", _): ""
    case (_, "]"): "\n"
    case (";", _), ("[", _): isInside ? "\n  " : "\n"
    default: " "
    }
  }
}

extension Script.Statement: CustomStringConvertible {
  /// The right-hand side, without the semicolon.
  public var description: String { Script.text(of: words) }

  /// The words of the right-hand side.
  package var words: [String] {
    let inputs = ["("] + self.inputs.map(\.description).joinedByCommas + [")"]
    let name = node.kind.rawValue
    return switch node {
    case .agent(let role): [name, role] + inputs
    case .use(let part): [name, part.name] + inputs
    case .ensemble(let count, let performer, let decision):
      [name, "\(count)", performer.name] + inputs + ["by", decision.word]
    case .debate(let count, let rounds, let role, let decision):
      [name, "\(count)", "\(rounds)", role] + inputs + ["by", decision.word]
    case .reflect(let rounds, let critic, let refiner): [name, "\(rounds)", critic, refiner] + inputs
    case .repeat(let times, let performer, let judge):
      [name, "\(times)", performer.name, "until", judge.name] + inputs
    case .route(let router, let performers):
      [name, router.word, "to"] + performers.map(\.name).joinedByCommas + inputs
    case .split(let count, let splitter, let performer, let joiner):
      [name, "\(count)", splitter, performer.name, joiner] + inputs
    case .tool(let tool): [name, tool] + inputs
    }
  }
}

extension Script.Decision {
  /// `majority`, `weighted`, `tests` or a role.
  package var word: String {
    switch self {
    case .majority: "majority"
    case .weighted: "weighted"
    case .tests: "tests"
    case .agent(let role): role
    }
  }
}

extension Script.Judge {
  /// The critic's role, or the tool's name.
  package var name: String {
    switch self {
    case .critic(let role): role
    case .tool(let name): name
    }
  }
}

extension Script.Router {
  /// The router's role, or `size`.
  package var word: String {
    switch self {
    case .agent(let role): role
    case .size: "size"
    }
  }
}

extension Script.Input: CustomStringConvertible {
  public var description: String {
    switch self {
    case .task: "task"
    case .parameter(let index): Script.parameterNames[index]
    case .statement(let index): Script.name(of: index)
    }
  }
}

extension [String] {
  fileprivate var joinedByCommas: [String] {
    Array(map { [$0] }.joined(separator: [","]))
  }
}
