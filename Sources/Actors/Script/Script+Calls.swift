extension Script.Performer {
  /// How many different calls the performer can make, of executors and of tools.
  var callCount: Int {
    switch self {
    case .role: 1
    case .part(let part): part.statements.reduce(0) { $0 + $1.node.callCount }
    }
  }
}

extension Script.Node {
  /// How many different calls the node can make, of executors and of tools. Their numbers do not depend on the run.
  var callCount: Int {
    switch self {
    case .agent, .tool: 1
    case .use(let part): Script.Performer.part(part).callCount
    case .ensemble(let count, let performer, let decision): count * performer.callCount + decision.callCount
    case .debate(let count, let rounds, _, let decision): count * rounds + decision.callCount
    case .reflect(let rounds, _, _): 2 * rounds
    case .repeat(let times, let performer, _): times * (performer.callCount + 1)
    case .route(let router, let performers):
      performers.reduce(router == .size ? 0 : 1) { $0 + $1.callCount }
    case .split(let count, _, let performer, _): count * performer.callCount + 2
    }
  }

  /// How many children the node has.
  var places: Int {
    switch self {
    case .agent, .tool, .use: 1
    case .ensemble(let count, _, let decision): count + decision.callCount
    case .debate(let count, let rounds, _, let decision): count * rounds + decision.callCount
    case .reflect(let rounds, _, _): 2 * rounds
    case .repeat(let times, _, _): 2 * times
    case .route: 2
    case .split(let count, _, _, _): count + 2
    }
  }

  /// The number of the first call at a place of a reflection or repetition.
  func firstCall(ofPlace place: Int) -> Int {
    guard case .repeat(_, let performer, _) = self else { return place }
    return place / 2 * (performer.callCount + 1) + (place.isMultiple(of: 2) ? 0 : performer.callCount)
  }
}

extension Script.Decision {
  var callCount: Int { if case .agent = self { 1 } else { 0 } }
}
