import Messaging

/// Something that must hold in every episode of a system. (The toolchain's Testing has an `Expectation` of its own.)
public struct EpisodeExpectation: Sendable {
  /// Told the episode, its events, which are decoded once for all expectations, and its answer.
  fileprivate let check: @Sendable (PlayedEpisode, [EventRecord], PlayedAnswer?) -> String?

  private init(check: @escaping @Sendable (PlayedEpisode, [EventRecord], PlayedAnswer?) -> String?) {
    self.check = check
  }

  /// `violation` says what an episode did instead; `nil` if what is expected holds.
  public init(_ violation: @escaping @Sendable (PlayedEpisode) -> String?) {
    self.init { played, _, _ in violation(played) }
  }

  /// The episode finishes, with an answer, at this virtual time or before.
  public static func answer(within limit: Duration) -> EpisodeExpectation {
    EpisodeExpectation { played, events, answer in
      guard let answer, let end = events.last(where: { $0.kind == .finish })?.time else {
        return "no answer within \(limit): \(played.status.text)"
      }
      return end <= limit ? nil : "the answer \"\(answer.text)\" came at \(end), not within \(limit)"
    }
  }

  /// No actor sends more than `count` messages, or none that is called `agent`.
  public static func messages(atMost count: Int, by agent: String? = nil) -> EpisodeExpectation {
    EpisodeExpectation { _, events, _ in
      let messages = events.filter { $0.kind == .delivery || $0.kind == .drop || $0.kind == .deadLetter }
      let senders = Dictionary(grouping: messages.map(\.peer)) { $0 }.mapValues(\.count)
      let over = senders.filter { sender, sent in
        sent > count && (agent.map { sender.hasSuffix("/\($0)") } ?? true)
      }
      return over.min { $0.key < $1.key }.map { "\($0.key) sent \($0.value) messages, more than \(count)" }
    }
  }

  /// The answer has a reward, of this much or more.
  public static func reward(atLeast least: Double) -> EpisodeExpectation {
    EpisodeExpectation { played, _, answer in
      guard let answer else { return "no reward: \(played.status.text)" }
      guard let reward = answer.reward else { return "the answer \"\(answer.text)\" has no reward" }
      return reward >= least ? nil : "the reward is \(reward), not at least \(least)"
    }
  }
}

extension [EpisodeExpectation] {
  /// What an episode did instead of each that does not hold, in their order; `answer` is `nil` where it has none.
  public func violations(of played: PlayedEpisode, answer: PlayedAnswer?) -> [String] {
    guard !isEmpty else { return [] }
    let events = played.events
    return compactMap { $0.check(played, events, answer) }
  }
}
