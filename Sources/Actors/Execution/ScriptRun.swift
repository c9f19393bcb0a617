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
    /// The name of the actor that makes the call, unique in the run. In a reflection, the critic is one actor in all
    /// rounds, and so is the refiner.
    package var actor: String
  }

  package let script: Script
  package let family: any TaskFamily
  private let start: Work
  private var nodes: [Node]

  /// How far one statement has run.
  private struct Node: Sendable {
    /// `nil` while the statement waits for its input.
    var input: Work?
    /// The results by call index; `nil` for a call that has not returned.
    var results: [Result<Work, WorkFault>?] = []
    /// The statement's work, once it is done.
    var output: Work?
    /// The indices of the calls that the output depends on.
    var chosen: [Int] = []
  }

  /// Begins a run of `script` on the work `start`.
  /// - Precondition: `script` is valid under some ``ScriptGrammar``.
  public init(_ script: Script, from start: Work, family: any TaskFamily) {
    self.script = script
    self.family = family
    self.start = start
    nodes = Array(repeating: Node(), count: script.statements.count)
  }

  /// Returns the calls that need only the task. Call it first, and once.
  public mutating func begin() -> [Call] {
    launch(.task, with: start)
  }

  /// Records what a call returned, and returns the calls that are ready because of it, ordered by id.
  ///
  /// After a fault the work stays as it was before the call.
  /// - Precondition: the call was ready, and has not returned before.
  /// - Complexity: O(statements), and O(copies²) where an ensemble votes.
  public mutating func complete(_ id: CallID, with result: Result<Work, WorkFault>) -> [Call] {
    precondition(nodes.indices.contains(id.statement), "no such statement")
    precondition(
      nodes[id.statement].results.indices.contains(id.index) && nodes[id.statement].results[id.index] == nil,
      "the call was not ready, or returned before")
    nodes[id.statement].results[id.index] = result
    switch script.statements[id.statement].node {
    case .agent, .tool: return finish(id.statement, choosing: [0])
    case .ensemble(let count, _, let vote):
      guard nodes[id.statement].results.allSatisfy({ $0 != nil }) else { return [] }
      return finish(id.statement, choosing: winners(of: id.statement, count: count, vote: vote))
    case .reflect(let rounds, _, _): return reflect(id, rounds: rounds)
    }
  }

  /// Whether every statement has its result.
  /// - Complexity: O(statements).
  public var isFinished: Bool { nodes.allSatisfy { $0.output != nil } }

  /// The work of the statement that answers; `nil` until that statement is done.
  public var answer: Work? { nodes[script.answer].output }

  /// What call `id` returned; `nil` if it has not returned.
  package func result(of id: CallID) -> Result<Work, WorkFault>? {
    nodes[id.statement].results.indices.contains(id.index) ? nodes[id.statement].results[id.index] : nil
  }

  /// The calls that have returned, ordered by id, with the kind of each.
  /// - Complexity: O(calls).
  package var completed: [(id: CallID, kind: Call.Kind)] {
    nodes.indices.flatMap { statement in
      nodes[statement].results.indices.compactMap { index in
        nodes[statement].results[index] == nil
          ? nil : (CallID(statement: statement, index: index), kind(statement, index))
      }
    }
  }

  // MARK: Running

  /// Gives every statement that reads `source` its input.
  private mutating func launch(_ source: Script.Input, with work: Work) -> [Call] {
    var ready: [Call] = []
    for statement in nodes.indices where script.statements[statement].input == source {
      nodes[statement].input = work
      let copies =
        switch script.statements[statement].node {
        case .ensemble(let count, _, _): count
        case .agent, .reflect, .tool: 1
        }
      nodes[statement].results = Array(repeating: nil, count: copies)
      ready += (0..<copies).map { call(statement, $0, on: work) }
    }
    return ready
  }

  private func call(_ statement: Int, _ index: Int, on work: Work) -> Call {
    let name = Script.name(of: statement)
    let actor =
      switch script.statements[statement].node {
      case .agent, .tool: name
      case .ensemble: "\(name).\(index)"
      case .reflect: "\(name).\(index % 2 == 0 ? "critic" : "refiner")"
      }
    return Call(
      id: CallID(statement: statement, index: index), kind: kind(statement, index), work: work, actor: actor)
  }

  private func kind(_ statement: Int, _ index: Int) -> Call.Kind {
    switch script.statements[statement].node {
    case .agent(let role), .ensemble(_, let role, _): .executor(role: role)
    case .reflect(_, let critic, let refiner): .executor(role: index % 2 == 0 ? critic : refiner)
    case .tool(let name): .tool(name: name)
    }
  }

  /// The work after call `index`: what it returned, or what it was given if it failed.
  private func work(_ statement: Int, after index: Int) -> Work? {
    if case .success(let work)? = nodes[statement].results[index] { return work }
    guard case .reflect = script.statements[statement].node, index > 0 else { return nodes[statement].input }
    return work(statement, after: index - 1)
  }

  private mutating func reflect(_ id: CallID, rounds: Int) -> [Call] {
    let work = work(id.statement, after: id.index)
    let isContent = id.index % 2 == 0 && work?.verdict == true
    guard !isContent, id.index + 1 < 2 * rounds, let work else {
      return finish(id.statement, choosing: Array(0...id.index))
    }
    nodes[id.statement].results.append(nil)
    return [call(id.statement, id.index + 1, on: work)]
  }

  private mutating func finish(_ statement: Int, choosing chosen: [Int]) -> [Call] {
    let output =
      chosen.last.flatMap { work(statement, after: $0) } ?? nodes[statement].input ?? start
    nodes[statement].output = output
    nodes[statement].chosen = chosen
    return launch(.statement(statement), with: output)
  }

  /// The copies that agree with the winner of a vote, or only the winner if tests decide. Failed copies do not vote;
  /// if all copies failed, nobody wins.
  private func winners(of statement: Int, count: Int, vote: Script.Vote) -> [Int] {
    let votes = (0..<count).compactMap { index -> (index: Int, work: Work)? in
      guard case .success(let work)? = nodes[statement].results[index] else { return nil }
      return (index, work)
    }
    if vote == .tests, family.hasTests {
      var best: (index: Int, passed: Int)?
      for (index, work) in votes {
        let passed = family.testsPassed(work) ?? 0
        if passed > best?.passed ?? -1 { best = (index, passed) }
      }
      return best.map { [$0.index] } ?? []
    }
    var winners: [Int] = []
    for (_, work) in votes {
      let agreeing = votes.filter { $0.work == work }.map(\.index)
      if agreeing.count > winners.count { winners = agreeing }
    }
    return winners
  }

  // MARK: Credit

  /// The calls that the answer depends on, ordered by id.
  ///
  /// The search goes backwards from the answer, like the search for live variables in a compiler. A call is on the
  /// path if it set a part of the work that a later call on the path reads. So three kinds of calls are not on it: an
  /// answer that a refiner replaced, a proposal that no tool ran, and a call that failed. After a vote by majority,
  /// all copies that agree with the winner are on the path; after a vote by tests, only the winner is.
  /// - Complexity: O(calls).
  public var path: [CallID] {
    var path: [CallID] = []
    var needed: WorkEffect.Parts = [.answer, .verdict]
    var next: Int? = script.answer
    while let statement = next {
      // The copies of an ensemble are alternatives; the rounds of a reflection follow each other.
      let calls = nodes[statement].chosen.reversed().filter { succeeded(statement, $0) }
      if case .ensemble = script.statements[statement].node {
        if let first = calls.last, use(statement, first, &needed) {
          path += calls.map { CallID(statement: statement, index: $0) }
        }
      } else {
        for index in calls where use(statement, index, &needed) {
          path.append(CallID(statement: statement, index: index))
        }
      }
      next =
        switch script.statements[statement].input {
        case .task: nil
        case .statement(let earlier): earlier
        }
    }
    return path.sorted()
  }

  private func succeeded(_ statement: Int, _ index: Int) -> Bool {
    if case .success? = nodes[statement].results[index] { true } else { false }
  }

  /// Whether the call set something that is needed; if so, what it reads is needed from here on.
  private func use(_ statement: Int, _ index: Int, _ needed: inout WorkEffect.Parts) -> Bool {
    let effect =
      switch kind(statement, index) {
      case .executor(let role): family.effect(ofRole: role)
      case .tool(let name): family.effect(ofTool: name)
      }
    guard !effect.sets.isDisjoint(with: needed) else { return false }
    needed = needed.subtracting(effect.sets).subtracting(effect.clears).union(effect.reads)
    return true
  }
}
