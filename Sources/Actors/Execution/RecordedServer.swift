import Messaging
import Policy

/// A policy that repeats what a log recorded: the same prompt and seed give the same generation.
///
/// A question that the log does not have throws ``NeverAsked``. Only one thread may use a server at a time.
package final class RecordedServer: GenerationServer {
  fileprivate struct Question: Hashable {
    var seed: UInt64
    var prompt: [Int32]
    var messages: [ChatMessage]
  }

  /// The generations of any number of episodes.
  package struct Recording: Sendable {
    fileprivate var generations: [Question: Generation] = [:]

    package init() {}

    /// Adds every generation among the events of one episode.
    /// - Complexity: O(events and their tokens).
    package mutating func add(_ events: [EventRecord]) throws(MalformedRecord) {
      for (_, turn) in try Transcript.answered(in: events) {
        let call = turn.call
        let question = Question(seed: call.seed, prompt: call.prompt, messages: call.messages)
        generations[question] = turn.generation
      }
    }

    /// The generation that was recorded for a question, cut to what it may take; `nil` if the question was never asked.
    func answer(to request: GenerationRequest) -> Generation? {
      let question = Question(seed: request.seed, prompt: request.prompt, messages: request.messages)
      guard var generation = generations[question] else { return nil }
      if generation.tokens.count > request.maximumTokens {
        // A deadline has come closer since.
        generation.tokens.removeLast(generation.tokens.count - request.maximumTokens)
        generation.logProbabilities.removeLast(generation.logProbabilities.count - request.maximumTokens)
        generation.stop = .length
      }
      if generation.text != nil, let count = generation.sampled?.tokens.count, count > request.maximumTokens {
        generation.sampled?.tokens.removeLast(count - request.maximumTokens)
        generation.sampled?.logProbabilities.removeLast(count - request.maximumTokens)
        generation.stop = .length
      }
      if let count = generation.served?.completionCount, count > request.maximumTokens, generation.text != nil
      {
        generation.served?.completionCount = request.maximumTokens
        generation.stop = .length
      }
      return generation
    }
  }

  private let recording: Recording
  private var answers = ImmediateAnswers()

  package init(_ recording: Recording) { self.recording = recording }

  package func submit(_ request: GenerationRequest) throws -> Int {
    guard let generation = recording.answer(to: request) else {
      throw NeverAsked(seed: request.seed, promptCount: request.prompt.count)
    }
    return answers.add(generation)
  }

  package func step() -> [Decoder.Update] { answers.take() }

  /// No recorded episode asked this question.
  package struct NeverAsked: Error, Hashable, CustomStringConvertible {
    package var seed: UInt64
    package var promptCount: Int
    package var description: String {
      "nothing recorded answers a prompt of \(promptCount) tokens under the seed \(seed)"
    }
  }
}
