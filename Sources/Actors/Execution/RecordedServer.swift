import Messaging
import Policy

/// A policy that says again what a log recorded: to the same prompt under the same seed the same generation.
///
/// Generations are added from any number of episodes; what was never asked is an error by name. Used by one thread at
/// a time.
public final class RecordedServer: GenerationServer {
  private struct Question: Hashable {
    var seed: UInt64
    var prompt: [Int32]
  }

  private var recorded: [Question: Generation] = [:]
  private var answers = ImmediateAnswers()

  public init() {}

  /// How many different questions can be answered.
  public var count: Int { recorded.count }

  /// Learns every generation among `events`.
  public func add(_ events: [EventRecord]) throws(MalformedRecord) {
    var asked: [Int: PolicyCall] = [:]
    for event in events where event.name == PolicyCall.kind {
      switch event.kind {
      case .call: asked[event.call] = try PolicyCall(encoded: event.payload)
      case .completion:
        guard let call = asked[event.call] else { continue }
        recorded[Question(seed: call.seed, prompt: call.prompt)] = try Generation(encoded: event.payload)
      default: continue
      }
    }
  }

  public func submit(_ request: GenerationRequest) throws -> Int {
    guard var generation = recorded[Question(seed: request.seed, prompt: request.prompt)] else {
      throw NeverAsked(seed: request.seed, promptCount: request.prompt.count)
    }
    if generation.tokens.count > request.maximumTokens {
      // A deadline has come closer since.
      generation.tokens.removeLast(generation.tokens.count - request.maximumTokens)
      generation.logProbabilities.removeLast(generation.logProbabilities.count - request.maximumTokens)
      generation.stop = .length
    }
    return answers.add(generation)
  }

  public func step() -> [Decoder.Update] { answers.take() }

  /// A question that no recorded episode asked.
  public struct NeverAsked: Error, Hashable, CustomStringConvertible {
    public var seed: UInt64
    public var promptCount: Int
    public var description: String {
      "nothing recorded answers a prompt of \(promptCount) tokens under the seed \(seed)"
    }
  }
}
