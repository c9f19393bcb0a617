/// The run of a script as a value: you tell it what each call returned, and it says which calls are ready next.
///
/// ```
/// var run = ScriptRun(script, from: family.start(task), family: family)
/// var ready = run.begin()
/// while let call = ready.popLast() { ready += run.complete(call.id, with: perform(call)) }
/// // run.answer is the work of the statement that answers
/// ```
/// Statements that do not wait for each other are ready together. A statement's result does not depend on the order
/// in which its calls return: a vote waits for every copy, and a tie goes to the earliest copy. Every statement runs,
/// also one that the answer does not use, because the designer has to pay for what it designs.
public struct ScriptRun: Sendable {
  /// A call that the caller of ``ScriptRun`` has to make.
  public struct Call: Hashable, Sendable {
    /// Who makes the call.
    public enum Kind: Hashable, Sendable {
      case executor(role: String)
      case tool(name: String)
    }
    public var id: CallID
    public var kind: Kind
    public var work: Work
    /// The works that the executor sees beside `work`.
    package var others: [Work] = []
    /// What the executor's words mean.
    package var purpose = WorkPurpose.work
    /// The name of the actor that makes the call, unique in the run. In a reflection or a repetition, the critic is one
    /// actor in all rounds, and so is the one who works; an agent of a debate is one in all rounds, too.
    package var actor: String
  }

  package let script: Script
  package let family: any TaskFamily
  /// Every state of the work, in the order in which they came to be. A value is made of earlier ones.
  private var values: [Value]
  /// What runs or has run: the script first, then its statements' nodes, the bodies of parts and their nodes.
  private var activities: [Activity] = []
  private var pending: [CallID: Pending] = [:]
  private var finished: [CallID: (kind: Call.Kind, result: Result<Work, WorkFault>)] = [:]

  /// Begins a run of `script` on the work `start`.
  /// - Precondition: `script` is valid under some ``ScriptGrammar``.
  public init(_ script: Script, from start: Work, family: any TaskFamily) {
    self.script = script
    self.family = family
    values = [Value(work: start, source: .start)]
  }

  /// Returns the calls that need only the task. Call it first, and once.
  public mutating func begin() -> [Call] {
    let body = Piece.body(script.statements, answer: script.answer)
    return start(body, on: [0], for: nil, at: Origin()).sorted { $0.id < $1.id }
  }

  /// Records what a call returned, and returns the calls that are ready because of it, ordered by id.
  ///
  /// After a fault the work stays as it was before the call.
  /// - Parameter weight: The probability that the executor gave to its own words; votes that weigh use it.
  /// - Precondition: the call was ready, and has not returned before.
  /// - Complexity: O(statements), and O(copies²) where an ensemble votes.
  public mutating func complete(
    _ id: CallID, with result: Result<Work, WorkFault>, weight: Double = 1
  ) -> [Call] {
    guard let call = pending.removeValue(forKey: id) else {
      preconditionFailure("the call was not ready, or returned before")
    }
    finished[id] = (call.kind, result)
    var value = call.inputs[0]
    if case .success(let work) = result {
      value = add(work, .call(id, call.kind, call.purpose, inputs: call.inputs))
    }
    return deliver(value, weight, to: call.parent).sorted { $0.id < $1.id }
  }

  /// Whether every statement has its result.
  public var isFinished: Bool { pending.isEmpty && !activities.isEmpty }

  /// The work of the statement that answers; `nil` until that statement is done.
  public var answer: Work? { answerValue.map { values[$0].work } }

  private var answerValue: Int? { activities.first.flatMap { $0.results[script.answer] } }

  /// What call `id` returned; `nil` if it has not returned.
  package func result(of id: CallID) -> Result<Work, WorkFault>? { finished[id]?.result }

  /// The calls that have returned, ordered by id, with the kind of each.
  /// - Complexity: O(calls log calls).
  package var completed: [(id: CallID, kind: Call.Kind)] {
    finished.map { ($0.key, $0.value.kind) }.sorted { $0.0 < $1.0 }
  }

  // MARK: Values

  /// A state of the work, and how it came to be.
  private struct Value: Sendable {
    enum Source: Sendable {
      case start
      /// A call made it of its inputs, the first of which it worked on.
      case call(CallID, Call.Kind, WorkPurpose, inputs: [Int])
      /// A vote chose it; these are the values that agree with it.
      case vote([Int])
      /// It is a value that a router's choice led to.
      case routed(Int, by: Int)
      /// It is one of the subtasks that a splitter named.
      case subtask(of: Int)
    }
    var work: Work
    var source: Source
  }

  private mutating func add(_ work: Work, _ source: Value.Source) -> Int {
    values.append(Value(work: work, source: source))
    return values.count - 1
  }

  // MARK: Activities

  /// A node or a body of statements that runs.
  private struct Activity: Sendable {
    var piece: Piece
    /// The values that it works on.
    var inputs: [Int]
    /// Who gets its value; `nil` for the script itself.
    var parent: Parent?
    var origin: Origin
    /// What its children have returned, by their places.
    var results: [Int?]
    /// The probabilities of the words behind these results.
    var weights: [Double]
  }

  private enum Piece: Sendable {
    case body([Script.Statement], answer: Int)
    case node(Script.Node)
  }

  /// The activity that gets a value, and the place of the child that returns it.
  private struct Parent: Sendable {
    var activity: Int
    var place: Int
  }

  /// Where an activity stands in the script.
  private struct Origin: Sendable {
    /// The statement of the script itself that it belongs to, and the number of its first call within it.
    var (statement, firstCall) = (0, 0)
    /// With what its actors' names begin.
    var actor = ""
    /// Whether somebody weighs what comes out.
    var isWeighed = false

    /// The origin of a child.
    func child(_ name: String, firstCall offset: Int) -> Origin {
      var origin = self
      origin.actor += actor.isEmpty ? name : ".\(name)"
      origin.firstCall += offset
      return origin
    }
  }

  private struct Pending: Sendable {
    var kind: Call.Kind
    var purpose: WorkPurpose
    var inputs: [Int]
    var parent: Parent
  }

  private mutating func start(
    _ piece: Piece, on inputs: [Int], for parent: Parent?, at origin: Origin
  ) -> [Call] {
    let places =
      switch piece {
      case .body(let statements, _): statements.count
      case .node(let node): node.places
      }
    let index = activities.count
    activities.append(
      Activity(
        piece: piece, inputs: inputs, parent: parent, origin: origin,
        results: Array(repeating: nil, count: places), weights: Array(repeating: 1, count: places)))
    switch piece {
    case .body(let statements, _):
      return statements.indices.flatMap { isReady(statements[$0], in: index) ? launch($0, of: index) : [] }
    case .node(let node): return begin(node, index)
    }
  }

  private mutating func call(
    _ kind: Call.Kind, on inputs: [Int], as purpose: WorkPurpose = .work, for parent: Parent,
    at origin: Origin
  ) -> [Call] {
    let id = CallID(statement: origin.statement, index: origin.firstCall)
    let purpose = purpose == .work && origin.isWeighed ? .weighedWork : purpose
    pending[id] = Pending(kind: kind, purpose: purpose, inputs: inputs, parent: parent)
    return [
      Call(
        id: id, kind: kind, work: values[inputs[0]].work, others: inputs.dropFirst().map { values[$0].work },
        purpose: purpose, actor: origin.actor)
    ]
  }

  private mutating func perform(
    _ performer: Script.Performer, on inputs: [Int], for parent: Parent, at origin: Origin
  ) -> [Call] {
    switch performer {
    case .role(let role): call(.executor(role: role), on: inputs, for: parent, at: origin)
    case .part(let part):
      start(.body(part.statements, answer: part.answer), on: inputs, for: parent, at: origin)
    }
  }

  /// Gives the value of a child to its parent.
  private mutating func deliver(_ value: Int, _ weight: Double, to parent: Parent) -> [Call] {
    let index = parent.activity
    activities[index].results[parent.place] = value
    activities[index].weights[parent.place] = weight
    switch activities[index].piece {
    case .body(let statements, let answer):
      let next = statements.indices.flatMap { statement in
        statements[statement].inputs.contains(.statement(parent.place))
          && isReady(statements[statement], in: index)
          ? launch(statement, of: index) : []
      }
      guard let value = activities[index].results[answer], !activities[index].results.contains(nil) else {
        return next
      }
      return finish(index, with: value)
    case .node(let node): return proceed(node, index, after: parent.place, with: value)
    }
  }

  private mutating func finish(_ index: Int, with value: Int) -> [Call] {
    guard let parent = activities[index].parent else { return [] }
    return deliver(value, activities[index].weights.reduce(1, *), to: parent)
  }

  // MARK: Statements

  private func isReady(_ statement: Script.Statement, in body: Int) -> Bool {
    statement.inputs.allSatisfy { value(of: $0, in: body) != nil }
  }

  private func value(of input: Script.Input, in body: Int) -> Int? {
    switch input {
    case .task: activities[body].inputs[0]
    case .parameter(let index): activities[body].inputs[index]
    case .statement(let index): activities[body].results[index]
    }
  }

  private mutating func launch(_ index: Int, of body: Int) -> [Call] {
    guard case .body(let statements, _) = activities[body].piece else { preconditionFailure("a body") }
    let isScript = activities[body].parent == nil
    let before = isScript ? 0 : statements[..<index].reduce(0) { $0 + $1.node.callCount }
    var origin = activities[body].origin.child(Script.name(of: index), firstCall: before)
    if isScript { origin.statement = index }
    let inputs = statements[index].inputs.compactMap { value(of: $0, in: body) }
    return start(
      .node(statements[index].node), on: inputs, for: Parent(activity: body, place: index), at: origin)
  }

  // MARK: Nodes

  private mutating func begin(_ node: Script.Node, _ index: Int) -> [Call] {
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
  private mutating func copy(
    _ place: Int, _ performer: Script.Performer, named name: Int? = nil, on inputs: [Int], of index: Int
  ) -> [Call] {
    perform(
      performer, on: inputs, for: Parent(activity: index, place: place),
      at: activities[index].origin.child("\(name ?? place)", firstCall: place * performer.callCount))
  }

  /// The call or part that is at `place` of a reflection or repetition, where work and judgement take turns.
  private mutating func round(
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

  private mutating func choose(_ choice: Int, of performers: [Script.Performer], _ index: Int) -> [Call] {
    let before = performers[..<choice].reduce(0) { $0 + $1.callCount }
    let router = activities[index].results[0] == nil ? 0 : 1
    return perform(
      performers[choice], on: activities[index].inputs, for: Parent(activity: index, place: 1),
      at: activities[index].origin.child("chosen", firstCall: router + before))
  }

  /// Goes on with a node after its child at `place` returned `value`.
  private mutating func proceed(
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

  private mutating func proceed(
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
  private mutating func decide(
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

  private struct Vote {
    var value: Int
    var work: Work
    var weight: Double
  }

  /// The votes that agree with the winner, or only the winner if tests decide.
  private func winners(of votes: [Vote], by decision: Script.Decision) -> [Vote] {
    if decision == .tests, family.hasTests {
      var best: (vote: Vote, passed: Int)?
      for vote in votes {
        let passed = family.testsPassed(vote.work) ?? 0
        if passed > best?.passed ?? -1 { best = (vote, passed) }
      }
      return best.map { [$0.vote] } ?? []
    }
    var (winners, most) = ([Vote](), -1.0)
    for vote in votes {
      let agreeing = votes.filter { $0.work == vote.work }
      let sum = decision == .weighted ? agreeing.reduce(0) { $0 + $1.weight } : Double(agreeing.count)
      if sum > most { (winners, most) = (agreeing, sum) }
    }
    return winners
  }

  // MARK: Credit

  /// The calls that the answer depends on, ordered by id.
  ///
  /// The search goes backwards from the answer, like the search for live variables in a compiler. A call is on the
  /// path if it set a part of the work that a later call on the path reads. So three kinds of calls are not on it: an
  /// answer that a refiner replaced, a proposal that no tool ran, and a call that failed. After a vote by majority,
  /// all copies that agree with the winner are on the path; after a vote by tests, only the winner is. A router is on it
  /// with what it chose, a splitter with its subtasks, and whoever was read beside the work with who read it.
  /// - Complexity: O(calls).
  public var path: [CallID] {
    guard let answer = answerValue else { return [] }
    var path: Set<CallID> = []
    var needed = Array(repeating: WorkEffect.Parts(), count: values.count)
    needed[answer] = [.answer, .verdict]
    for index in values.indices.reversed() where !needed[index].isEmpty {
      switch values[index].source {
      case .start: break
      case .vote(let agreeing): for value in agreeing { needed[value].formUnion(needed[index]) }
      case .routed(let value, let router):
        needed[value].formUnion(needed[index])
        needed[router].formUnion(.proposal)
      case .subtask(let splitter): needed[splitter].formUnion(.proposal)
      case .call(let id, let kind, let purpose, let inputs):
        let effect = effect(of: kind, purpose)
        guard !effect.sets.isDisjoint(with: needed[index]) else {
          needed[inputs[0]].formUnion(needed[index])
          continue
        }
        path.insert(id)
        needed[inputs[0]].formUnion(
          needed[index].subtracting(effect.sets).subtracting(effect.clears).union(effect.reads))
        // Beside others' answers, an executor sees the one that it works on.
        if inputs.count > 1 { needed[inputs[0]].formUnion(.answer) }
        for other in inputs.dropFirst() { needed[other].formUnion([.state, .answer]) }
      }
    }
    return path.sorted()
  }

  private func effect(of kind: Call.Kind, _ purpose: WorkPurpose) -> WorkEffect {
    switch (kind, purpose) {
    case (.tool(let name), _): family.effect(ofTool: name)
    case (.executor, .route), (.executor, .split): WorkEffect(reads: [.state, .answer], sets: .proposal)
    case (.executor(let role), _): family.effect(ofRole: role)
    }
  }
}

extension Script.Performer {
  /// How many different calls the performer can make, of executors and of tools.
  fileprivate var callCount: Int {
    switch self {
    case .role: 1
    case .part(let part): part.statements.reduce(0) { $0 + $1.node.callCount }
    }
  }
}

extension Script.Node {
  /// How many different calls the node can make, of executors and of tools. Their numbers do not depend on the run.
  fileprivate var callCount: Int {
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
  fileprivate var places: Int {
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
  fileprivate func firstCall(ofPlace place: Int) -> Int {
    guard case .repeat(_, let performer, _) = self else { return place }
    return place / 2 * (performer.callCount + 1) + (place.isMultiple(of: 2) ? 0 : performer.callCount)
  }
}

extension Script.Decision {
  fileprivate var callCount: Int { if case .agent = self { 1 } else { 0 } }
}
