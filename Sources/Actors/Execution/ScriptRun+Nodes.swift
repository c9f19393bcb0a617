/// What each node does when it begins, and when something returns to it.
extension ScriptRun {
  mutating func begin(_ node: Script.Node, _ index: Int) -> [Call] {
    let (inputs, origin) = (activities[index].inputs, activities[index].origin)
    let first = Parent(activity: index, place: 0)
    switch node {
    case .agent(let role): return call(.executor(role: role), on: inputs, for: first, at: origin)
    case .tool(let name): return call(.tool(name: name), on: inputs, for: first, at: origin)
    case .use(let part): return perform(.part(part), on: inputs, for: first, at: origin)
    case .ensemble(let count, let performer, let decision):
      activities[index].origin.isWeighed = origin.isWeighed || decision == .weighted
      return (0..<count).flatMap { copy($0, performer, on: inputs, of: index) }
    case .debate(let count, _, let role, let decision):
      activities[index].origin.isWeighed = origin.isWeighed || decision == .weighted
      return (0..<count).flatMap { copy($0, .role(role), on: inputs, of: index) }
    case .reflect(_, let critic, _): return round(.role(critic), 0, on: inputs, of: index)
    case .repeat(_, let performer, _): return round(performer, 0, on: inputs, of: index)
    case .route(.size, let performers):
      let size = family.size(of: values[inputs[0]].work)
      return choose(min(max(1, size), performers.count) - 1, of: performers, index)
    case .route(.agent(let role), let performers):
      return call(
        .executor(role: role), on: inputs, as: .route(performers.map(\.name)), for: first,
        at: origin.child("router", firstCall: 0))
    case .split(_, let splitter, _, _):
      return call(
        .executor(role: splitter), on: inputs, as: .split, for: first,
        at: origin.child("splitter", firstCall: 0))
    }
  }

  /// Copy `place` of an ensemble, or an agent of a debate.
  mutating func copy(
    _ place: Int, _ performer: Script.Performer, named name: Int? = nil, on inputs: [Int], of index: Int
  ) -> [Call] {
    perform(
      performer, on: inputs, for: Parent(activity: index, place: place),
      at: activities[index].origin.child("\(name ?? place)", firstCall: place * performer.callCount))
  }

  /// The call or part that is at `place` of a reflection or repetition, where work and judgement take turns.
  mutating func round(
    _ performer: Script.Performer, _ place: Int, on inputs: [Int], of index: Int
  ) -> [Call] {
    guard case .node(let node) = activities[index].piece else { preconditionFailure("a node") }
    let isReflection = node.kind == .reflect
    let isCritic = place.isMultiple(of: 2) == isReflection
    let name = isCritic ? "critic" : isReflection ? "refiner" : "worker"
    return perform(
      performer, on: inputs, for: Parent(activity: index, place: place),
      at: activities[index].origin.child(name, firstCall: node.firstCall(ofPlace: place)))
  }

  mutating func choose(_ choice: Int, of performers: [Script.Performer], _ index: Int) -> [Call] {
    let before = performers[..<choice].reduce(0) { $0 + $1.callCount }
    let router = activities[index].results[0] == nil ? 0 : 1
    return perform(
      performers[choice], on: activities[index].inputs, for: Parent(activity: index, place: 1),
      at: activities[index].origin.child("chosen", firstCall: router + before))
  }

  /// Goes on with a node after its child at `place` returned `value`.
  mutating func proceed(
    _ node: Script.Node, _ index: Int, after place: Int, with value: Int
  ) -> [Call] {
    let (inputs, origin, results) = (
      activities[index].inputs, activities[index].origin, activities[index].results
    )
    switch node {
    case .agent, .tool, .use: return finish(index, with: value)
    case .ensemble(let count, let performer, let decision):
      guard place < count else { return finish(index, with: value) }
      guard !results[..<count].contains(nil) else { return [] }
      return decide(decision, Array(0..<count), index, firstCall: count * performer.callCount)
    case .debate(let count, let rounds, let role, let decision):
      guard place < count * rounds else { return finish(index, with: value) }
      let round = place / count
      let said = results[(round * count)..<((round + 1) * count)].compactMap(\.self)
      guard said.count == count else { return [] }
      guard round + 1 == rounds else {
        return (0..<count).flatMap { agent in
          let others = said.indices.filter { $0 != agent }.map { said[$0] }
          return copy(
            (round + 1) * count + agent, .role(role), named: agent, on: [said[agent]] + others, of: index)
        }
      }
      return decide(decision, Array((round * count)..<(rounds * count)), index, firstCall: count * rounds)
    case .reflect(let rounds, let critic, let refiner):
      let isCritic = place.isMultiple(of: 2)
      if isCritic && values[value].work.verdict == true || place + 1 == 2 * rounds {
        return finish(index, with: value)
      }
      return round(.role(isCritic ? refiner : critic), place + 1, on: [value] + inputs.dropFirst(), of: index)
    case .repeat(let times, let performer, let judge):
      let isJudge = !place.isMultiple(of: 2)
      if isJudge {
        if values[value].work.verdict == true || place + 1 == 2 * times { return finish(index, with: value) }
        return round(performer, place + 1, on: [value] + inputs.dropFirst(), of: index)
      }
      switch judge {
      case .critic(let role): return round(.role(role), place + 1, on: [value], of: index)
      case .tool(let name):
        return call(
          .tool(name: name), on: [value], for: Parent(activity: index, place: place + 1),
          at: origin.child("judge", firstCall: node.firstCall(ofPlace: place + 1)))
      }
    case .route(let router, let performers):
      if place == 1 {
        guard let chosenBy = results[0], router != .size else { return finish(index, with: value) }
        return finish(index, with: add(values[value].work, .routed(value, by: chosenBy)))
      }
      let word = values[value].work.proposal
      return choose(performers.firstIndex { $0.name == word } ?? 0, of: performers, index)
    case .split(let count, _, let performer, let joiner):
      return proceed(split: count, performer, joiner, index, after: place, with: value)
    }
  }

  mutating func proceed(
    split count: Int, _ performer: Script.Performer, _ joiner: String, _ index: Int, after place: Int,
    with value: Int
  ) -> [Call] {
    let (inputs, origin) = (activities[index].inputs, activities[index].origin)
    if place == count + 1 { return finish(index, with: value) }
    if place == 0 {
      // Without subtasks, the whole is the only one.
      var parts = [inputs[0]]
      if value != inputs[0] {
        let named = family.subtasks(of: values[value].work, atMost: count).prefix(count)
        if !named.isEmpty { parts = named.map { add($0, .subtask(of: value)) } }
      }
      activities[index].results = [value] + Array(repeating: nil, count: parts.count)
      return parts.indices.flatMap { part in
        perform(
          performer, on: [parts[part]], for: Parent(activity: index, place: part + 1),
          at: origin.child("\(part)", firstCall: 1 + part * performer.callCount))
      }
    }
    let done = activities[index].results.dropFirst().compactMap(\.self)
    guard done.count == activities[index].results.count - 1 else { return [] }
    activities[index].results = Array(repeating: nil, count: count + 2)
    return call(
      .executor(role: joiner), on: [inputs[0]] + done, for: Parent(activity: index, place: count + 1),
      at: origin.child("joiner", firstCall: 1 + count * performer.callCount))
  }

  // MARK: Decisions

  /// Makes one value of those at `places`. A copy that did nothing, because all that it did failed, has no say; if none has
  /// one, the work stays as it was.
  mutating func decide(
    _ decision: Script.Decision, _ places: [Int], _ index: Int, firstCall: Int
  ) -> [Call] {
    let (inputs, origin) = (activities[index].inputs, activities[index].origin)
    let votes = places.compactMap { place -> Vote? in
      guard let value = activities[index].results[place], value != inputs[0] else { return nil }
      return Vote(value: value, work: values[value].work, weight: activities[index].weights[place])
    }
    guard !votes.isEmpty else { return finish(index, with: inputs[0]) }
    if case .agent(let role) = decision {
      let place = activities[index].results.count - 1
      return call(
        .executor(role: role), on: [inputs[0]] + votes.map(\.value),
        for: Parent(activity: index, place: place),
        at: origin.child("joiner", firstCall: firstCall))
    }
    let winners = winners(of: votes, by: decision)
    return finish(index, with: add(winners[0].work, .vote(winners.map(\.value))))
  }

  struct Vote {
    var value: Int
    var work: Work
    var weight: Double
  }

  /// The votes that agree with the winner, or only the winner if tests decide.
  func winners(of votes: [Vote], by decision: Script.Decision) -> [Vote] {
    if decision == .tests, family.hasTests {
      var best: (vote: Vote, passed: Int)?
      for vote in votes {
        let passed = family.testsPassed(vote.work) ?? 0
        if passed > best?.passed ?? -1 { best = (vote, passed) }
      }
      return best.map { [$0.vote] } ?? []
    }
    // Where tests are trials, a copy has run them before it votes, if anybody has.
    if decision == .tests, family is any TrialFamily,
      let passed = votes.first(where: { $0.work.verdict == true })
    {
      return [passed]
    }
    var (winners, most) = ([Vote](), -1.0)
    for vote in votes {
      let agreeing = votes.filter { $0.work == vote.work }
      let sum = decision == .weighted ? agreeing.reduce(0) { $0 + $1.weight } : Double(agreeing.count)
      if sum > most { (winners, most) = (agreeing, sum) }
    }
    return winners
  }
}
