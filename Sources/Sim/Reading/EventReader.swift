import ActorTesting
import Actors
import Messaging
import Policy

/// Reads the events of one episode, from the beginning, and says what the bytes in them mean.
package struct EventReader {
  private let setup: EpisodeSetup
  /// The calls of the policy that were read, by their numbers.
  private var asked: [Int: PolicyCall] = [:]

  package init(_ setup: EpisodeSetup) { self.setup = setup }

  /// What the bytes of an event mean.
  package enum Said: Sendable, Hashable {
    case question(PolicyCall, prompt: String)
    case generation(Generation, text: String, [Token])
    case text(String)
    case reward(Double)
    case outcome(Outcome)
    case answer(PlayedAnswer)
  }

  /// A token of a generation.
  package struct Token: Sendable, Hashable {
    package var id: Int32
    package var text: String
    /// In nats.
    package var logProbability: Float
    /// The tokens that the grammar allowed in its place; `nil` if it allowed all.
    package var allowed: Allowed?

    package var probability: Double { Elementary.exp(Double(logProbability)) }

    package struct Allowed: Sendable, Hashable {
      package var count: Int
      /// Their texts, if they are not many.
      package var texts: [String]
    }
  }

  /// The most allowed tokens whose texts are told.
  private static let mostAlternatives = 64

  /// Returns what the bytes of the next event mean; `nil` if it has none, or if they are a message, which says itself what it is,
  /// or if they are not Troupe's.
  package mutating func said(_ event: EventRecord) -> Said? {
    switch event.kind {
    case .call where event.name == PolicyCall.kind:
      guard let call = try? PolicyCall(encoded: event.payload) else { return nil }
      asked[event.call] = call
      let conversation = call.messages.map { "\($0.role.rawValue): \($0.text)" }.joined(separator: "\n")
      return .question(
        call, prompt: call.messages.isEmpty ? setup.agents.tokenizer.decode(call.prompt) : conversation)
    case .completion where event.name == PolicyCall.kind:
      guard let generation = try? Generation(encoded: event.payload) else { return nil }
      return .generation(
        generation, text: generation.text ?? setup.agents.tokenizer.decode(generation.tokens),
        tokens(of: generation, asked[event.call]))
    case .note where event.name == EnvironmentActor.reward && event.payload.count == 1 && !setup.isScripted:
      return .reward(Double(event.payload[0]))
    case .note, .call, .completion:
      guard !event.payload.isEmpty else { return nil }
      return String(validating: event.payload, as: UTF8.self).map { .text($0) }
    case .finish where setup.isScripted:
      return (try? PlayedAnswer(encoded: event.payload)).map { .answer($0) }
    case .finish:
      return (try? Outcome(encoded: event.payload)).map { .outcome($0) }
    default: return nil
    }
  }

  private func tokens(of generation: Generation, _ call: PolicyCall?) -> [Token] {
    let tokenizer = setup.agents.tokenizer
    var mask = call?.caller == .designer && setup.agents.isMasked ? setup.agents.mask : nil
    var tokens: [Token] = []
    for (id, logProbability) in zip(generation.tokens, generation.logProbabilities) {
      var token = Token(id: id, text: tokenizer.text(of: id), logProbability: logProbability)
      if let allowed = mask?.allowedTokens() {
        if allowed.contains(Int(id)) {
          let ids = (0..<tokenizer.vocabularySize).filter(allowed.contains)
          token.allowed = .init(
            count: ids.count,
            texts: ids.count <= Self.mostAlternatives ? ids.map { tokenizer.text(of: Int32($0)) } : [])
          mask?.advance(by: Int(id))
        } else {
          // The text was not written under this grammar, as the replacement of a fork is not.
          mask = nil
        }
      }
      tokens.append(token)
    }
    return tokens
  }
}

extension WordTokenizer {
  /// The word of a token, or the name of a special one.
  fileprivate func text(of token: Int32) -> String {
    guard token >= 0, Int(token) < vocabularySize else { return "<\(token)>" }
    return words[Int(token)]
  }
}
