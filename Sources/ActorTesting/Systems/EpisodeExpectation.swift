import Messaging

/// A condition that every episode of a system must meet. (The toolchain's Testing has a type `Expectation`.)
public struct EpisodeExpectation: Sendable {
  /// Checks an episode by its events, which are decoded once for all expectations, and its answer.
  fileprivate let check: @Sendable (PlayedEpisode, [EventRecord], PlayedAnswer?) -> String?

  init(check: @escaping @Sendable (PlayedEpisode, [EventRecord], PlayedAnswer?) -> String?) {
    self.check = check
  }

  /// Makes an expectation. `violation` says what an episode did instead; it returns `nil` if the expectation holds.
  public init(_ violation: @escaping @Sendable (PlayedEpisode) -> String?) {
    self.init { played, _, _ in violation(played) }
  }

  /// Expects that the episode finishes with an answer at this virtual time or before.
  public static func answer(within limit: Duration) -> EpisodeExpectation {
    EpisodeExpectation { played, events, answer in
      guard let answer, let end = events.last(where: { $0.kind == .finish })?.time else {
        return "no answer within \(limit): \(played.status.text)"
      }
      return end <= limit ? nil : "the answer \"\(answer.text)\" came at \(end), not within \(limit)"
    }
  }

  /// Expects that no actor sends more than `count` messages; with a name, that the actor called `agent` does not.
  ///
  /// A message that the network duplicates was sent once. Replies are not counted, unless they come too late.
  public static func messages(atMost count: Int, by agent: String? = nil) -> EpisodeExpectation {
    EpisodeExpectation { _, events, _ in
      let sent = SentMessages(events).numbers
      let senders = Dictionary(grouping: events.filter { sent.contains($0.number) }, by: \.peer)
        .mapValues(\.count)
      let over = senders.filter { sender, sent in
        sent > count && (agent.map { sender.hasSuffix("/\($0)") } ?? true)
      }
      return over.min { $0.key < $1.key }.map { "\($0.key) sent \($0.value) messages, more than \(count)" }
    }
  }

  /// Expects that the answer has a reward of at least `least`.
  public static func reward(atLeast least: Double) -> EpisodeExpectation {
    EpisodeExpectation { played, _, answer in
      guard let answer else { return "no reward: \(played.status.text)" }
      guard let reward = answer.reward else { return "the answer \"\(answer.text)\" has no reward" }
      return reward >= least ? nil : "the reward is \(reward), not at least \(least)"
    }
  }
}

extension [EpisodeExpectation] {
  /// Returns what an episode did instead, for each expectation that does not hold; `answer` is `nil` if it has none.
  package func violations(of played: PlayedEpisode, answer: PlayedAnswer?) -> [String] {
    guard !isEmpty else { return [] }
    let events = played.events
    return compactMap { $0.check(played, events, answer) }
  }
}
