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

  /// Joins the result of a finished episode with the policy calls among its events, those before a fork included.
  public init(result: [UInt8], events: [EventRecord]) throws(MalformedRecord) {
    outcome = try Outcome(encoded: result)
    var asked: [Int: PolicyCall] = [:]
    var executors: [CallID: Turn] = [:]
    for event in events where event.name == PolicyCall.kind {
      if event.kind == .call { asked[event.call] = try PolicyCall(encoded: event.payload) }
      guard event.kind == .completion, let call = asked[event.call] else { continue }
      let turn = Turn(call: call, generation: try Generation(encoded: event.payload))
      switch call.caller {
      case .designer: design = turn
      case .executor(let id): executors[id] = turn
      }
    }
    turns = outcome.calls.map { executors[$0.id] }
  }
}
