extension ScriptGrammar {
  /// The text about scripts in the system message to a published chat model.
  var instructions: String {
    let names: [(String, [String])] = [
      ("ROLE", roles.workers), ("CRITIC", roles.critics),
      ("ROUTER", roles.routers + (canRouteBySize ? ["size"] : [])),
      ("SPLITTER", roles.splitters), ("JOINER", roles.joiners), ("NAME", tools),
      ("PART", library.map(\.name)),
    ]
    let nodes = extent.nodes.compactMap { template(of: $0) }
    let inputs =
      extent.maximumInputs == 1
      ? "INPUT is `task` or an earlier name."
      : "INPUT is `task` or an earlier name, or up to \(extent.maximumInputs) of them, divided by commas."
    let lists = names.filter { !$0.1.isEmpty && nodes.joined().contains($0.0) }.map {
      " \($0) is one of: \($1.joined(separator: ", "))."
    }
    let wording =
      extent.maximumWording > 0
      ? " ROLE may also be what the agent has to do, in quotation marks: `agent \"Check the units.\" ( task )`."
      : ""
    return """
      Design who solves the problem: reply with a script and nothing else. A script is up to \(maximumStatements) \
      statements `a = NODE ;`, `b = NODE ;` and so on, and then `answer` with the name of the last result. A NODE is \
      \(nodes.joined(separator: ", ")). \(inputs)\(lists.joined())\(wording) At most \(maximumCalls) calls of roles in all. For \
      example: `\(example)`.
      """
  }

  /// A script of two agents, or the shortest script of a grammar that has no room for it.
  private var example: String {
    let (first, last) = (roles.workers[0], roles.workers[roles.workers.count - 1])
    let chain = "a = agent \(first) ( task ) ; b = agent \(last) ( a ) ; answer b"
    if (try? parse(chain)) != nil { return chain }
    var (place, words) = (ScriptPlace(), [String]())
    while let next = successors(of: place).first(where: { $0.word == "answer" }) ?? successors(of: place).last
    {
      if !next.word.isEmpty { words.append(next.word) }
      place = next.place
    }
    return words.joined(separator: " ")
  }

  private var canRouteBySize: Bool { extent.nodes.contains(.route) && extent.routesBySize }

  /// How a node of this kind is written; `nil` if the grammar has none.
  private func template(of kind: Script.Kind) -> String? {
    let decisions = extent.votes.map { "`by \($0.word)`" } + (roles.joiners.isEmpty ? [] : ["`by JOINER`"])
    let choice =
      decisions.dropFirst().isEmpty ? "" : ", or " + decisions.dropFirst().joined(separator: " or ")
    let performer = library.isEmpty ? "ROLE" : "ROLE-OR-PART"
    guard let decision = decisions.first?.dropFirst().dropLast() else { return nil }
    return switch kind {
    case .agent: "`agent ROLE ( INPUT )`"
    case .use: library.isEmpty ? nil : "`use PART ( INPUT )`"
    case .ensemble: "`ensemble COUNT \(performer) ( INPUT ) \(decision)`\(choice)"
    case .debate: "`debate COUNT ROUNDS ROLE ( INPUT ) \(decision)`\(choice)"
    case .reflect: roles.critics.isEmpty ? nil : "`reflect ROUNDS CRITIC ROLE ( INPUT )`"
    case .repeat: roles.critics.isEmpty ? nil : "`repeat TIMES \(performer) until CRITIC ( INPUT )`"
    case .route: "`route ROUTER to \(performer) , \(performer) ( INPUT )`"
    case .split: roles.splitters.isEmpty ? nil : "`split COUNT SPLITTER \(performer) JOINER ( INPUT )`"
    case .tool: tools.isEmpty ? nil : "`tool NAME ( INPUT )`"
    }
  }
}
