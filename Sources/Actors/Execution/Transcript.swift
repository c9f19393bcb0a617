import Messaging
import Policy

/// An episode as the trainer sees it: its outcome, the design, and every executor call with its tokens.
public struct Transcript: Hashable, Sendable {
  /// One generation with what it was asked.
  public struct Turn: Hashable, Sendable {
    public var call: PolicyCall
    public var generation: Generation

    public init(call: PolicyCall, generation: Generation) {
      self.call = call
      self.generation = generation
    }
  }
  public var outcome: Outcome
  /// `nil` when the design never came back.
  public var design: Turn?
  /// The turn of each of `outcome.calls`, in the same order; `nil` for a call whose generation never came back.
  public var turns: [Turn?]

  /// Joins an outcome with the policy calls of its episode: those of the log that led to it, forks' parents
  /// included, each described by its call and answered by its generation, in any order.
  public init(
    outcome: [UInt8], policyCalls: some Sequence<(describes: [UInt8], result: [UInt8])>
  ) throws(MalformedRecord) {
    self.outcome = try Outcome(encoded: outcome)
    var executors: [CallID: Turn] = [:]
    for (describes, result) in policyCalls {
      let turn = Turn(call: try PolicyCall(encoded: describes), generation: try Generation(encoded: result))
      switch turn.call.caller {
      case .designer: design = turn
      case .executor(let id): executors[id] = turn
      }
    }
    turns = self.outcome.calls.map { executors[$0.id] }
  }
}
