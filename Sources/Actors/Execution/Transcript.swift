import Messaging
import Policy

/// An episode as the trainer sees it: its outcome, the design, and every executor call with its tokens.
public struct Transcript: Hashable, Sendable {
  /// A call of the policy, with the generation that answered it.
  public struct Turn: Hashable, Sendable {
    public var call: PolicyCall
    public var generation: Generation

    package init(call: PolicyCall, generation: Generation) {
      self.call = call
      self.generation = generation
    }

    /// The prompt, the completion and its log-probabilities in the tokens of the model that answered.
    package var sampled: Generation.Sampled {
      generation.sampled
        ?? .init(
          prompt: call.prompt, tokens: generation.tokens, logProbabilities: generation.logProbabilities)
    }
  }
  public var outcome: Outcome
  /// The designer's turn; `nil` if there was no designer, or its generation never arrived.
  public var design: Turn?
  /// The turn of each call in `outcome.calls`, in the same order; `nil` where the generation never arrived.
  public var turns: [Turn?]

  /// Joins the result of a finished episode with the policy calls among its events.
  ///
  /// `events` must begin at the episode's beginning, so a fork needs the events before it too. O(events).
  /// - Throws: `MalformedRecord` if a payload is not what this version writes.
  public init(result: [UInt8], events: [EventRecord]) throws(MalformedRecord) {
    outcome = try Outcome(encoded: result)
    var executors: [CallID: Turn] = [:]
    for (_, turn) in try Self.answered(in: events) {
      switch turn.call.caller {
      case .designer: design = turn
      case .executor(let id): executors[id] = turn
      }
    }
    turns = outcome.calls.map { executors[$0.id] }
  }

  /// The calls of the policy that were answered, in the order of the answers, each with the index of the event that brought its answer.
  ///
  /// `events` must begin at the episode's beginning. O(events).
  /// - Throws: `MalformedRecord` if a payload is not what this version writes.
  package static func answered(
    in events: [EventRecord]
  ) throws(MalformedRecord) -> [(event: Int, turn: Turn)] {
    var asked: [Int: PolicyCall] = [:]
    var answered: [(event: Int, turn: Turn)] = []
    for (index, event) in events.enumerated() where event.name == PolicyCall.kind {
      if event.kind == .call { asked[event.call] = try PolicyCall(encoded: event.payload) }
      guard event.kind == .completion, let call = asked[event.call] else { continue }
      answered.append((index, Turn(call: call, generation: try Generation(encoded: event.payload))))
    }
    return answered
  }
}
