import Messaging
import Policy

/// A policy that repeats what a log recorded: the same prompt and seed give the same generation.
///
/// A question that the log does not have throws ``NeverAsked``. Only one thread may use a server at a time.
public final class RecordedServer: GenerationServer {
  fileprivate struct Question: Hashable {
    var seed: UInt64
    var prompt: [Int32]
  }

  /// The generations of any number of episodes.
  public struct Recording: Sendable {
    fileprivate var generations: [Question: Generation] = [:]

    public init() {}

    /// Adds every generation among the events of one episode.
    /// - Complexity: O(events and their tokens).
    public mutating func add(_ events: [EventRecord]) throws(MalformedRecord) {
      var asked: [Int: PolicyCall] = [:]
      for event in events where event.name == PolicyCall.kind {
        switch event.kind {
        case .call: asked[event.call] = try PolicyCall(encoded: event.payload)
        case .completion:
          guard let call = asked[event.call] else { continue }
          generations[Question(seed: call.seed, prompt: call.prompt)] = try Generation(encoded: event.payload)
        default: continue
        }
      }
    }
  }

  private let recording: Recording
  private var answers = ImmediateAnswers()

  public init(_ recording: Recording) { self.recording = recording }

  public func submit(_ request: GenerationRequest) throws -> Int {
    guard var generation = recording.generations[Question(seed: request.seed, prompt: request.prompt)] else {
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

  /// No recorded episode asked this question.
  public struct NeverAsked: Error, Hashable, CustomStringConvertible {
    public var seed: UInt64
    public var promptCount: Int
    public var description: String {
      "nothing recorded answers a prompt of \(promptCount) tokens under the seed \(seed)"
    }
  }
}
