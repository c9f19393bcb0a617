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
  var values: [Value]
  /// What runs or has run: the script first, then its statements' nodes, the bodies of parts and their nodes.
  var activities: [Activity] = []
  var pending: [CallID: Pending] = [:]
  var finished: [CallID: (kind: Call.Kind, result: Result<Work, WorkFault>)] = [:]

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
  /// After a fault the work stays as it was before the call. `weight` is the probability that the executor gave to its own
  /// words; votes that weigh use it.
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

  var answerValue: Int? { activities.first.flatMap { $0.results[script.answer] } }

  /// What call `id` returned; `nil` if it has not returned.
  package func result(of id: CallID) -> Result<Work, WorkFault>? { finished[id]?.result }

  /// The calls that have returned, ordered by id, with the kind of each.
  /// - Complexity: O(calls log calls).
  package var completed: [(id: CallID, kind: Call.Kind)] {
    finished.map { ($0.key, $0.value.kind) }.sorted { $0.0 < $1.0 }
  }

  // MARK: Values

  /// A state of the work, and how it came to be.
  struct Value: Sendable {
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

  mutating func add(_ work: Work, _ source: Value.Source) -> Int {
    values.append(Value(work: work, source: source))
    return values.count - 1
  }

  // MARK: Activities

  /// A node or a body of statements that runs.
  struct Activity: Sendable {
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

  enum Piece: Sendable {
    case body([Script.Statement], answer: Int)
    case node(Script.Node)
  }

  /// The activity that gets a value, and the place of the child that returns it.
  struct Parent: Sendable {
    var activity: Int
    var place: Int
  }

  /// Where an activity stands in the script.
  struct Origin: Sendable {
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

  struct Pending: Sendable {
    var kind: Call.Kind
    var purpose: WorkPurpose
    var inputs: [Int]
    var parent: Parent
  }

  mutating func start(
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

  mutating func call(
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

  mutating func perform(
    _ performer: Script.Performer, on inputs: [Int], for parent: Parent, at origin: Origin
  ) -> [Call] {
    switch performer {
    case .role(let role): call(.executor(role: role), on: inputs, for: parent, at: origin)
    case .part(let part):
      start(.body(part.statements, answer: part.answer), on: inputs, for: parent, at: origin)
    }
  }

  /// Gives the value of a child to its parent.
  mutating func deliver(_ value: Int, _ weight: Double, to parent: Parent) -> [Call] {
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

  mutating func finish(_ index: Int, with value: Int) -> [Call] {
    guard let parent = activities[index].parent else { return [] }
    return deliver(value, activities[index].weights.reduce(1, *), to: parent)
  }

  // MARK: Statements

  func isReady(_ statement: Script.Statement, in body: Int) -> Bool {
    statement.inputs.allSatisfy { value(of: $0, in: body) != nil }
  }

  func value(of input: Script.Input, in body: Int) -> Int? {
    switch input {
    case .task: activities[body].inputs[0]
    case .parameter(let index): activities[body].inputs[index]
    case .statement(let index): activities[body].results[index]
    }
  }

  mutating func launch(_ index: Int, of body: Int) -> [Call] {
    guard case .body(let statements, _) = activities[body].piece else { preconditionFailure("a body") }
    let isScript = activities[body].parent == nil
    let before = isScript ? 0 : statements[..<index].reduce(0) { $0 + $1.node.callCount }
    var origin = activities[body].origin.child(Script.name(of: index), firstCall: before)
    if isScript { origin.statement = index }
    let inputs = statements[index].inputs.compactMap { value(of: $0, in: body) }
    return start(
      .node(statements[index].node), on: inputs, for: Parent(activity: body, place: index), at: origin)
  }
}
