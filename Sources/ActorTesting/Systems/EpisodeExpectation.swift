import Messaging

/// A condition that every episode of a system must meet. (The toolchain's Testing has a type `Expectation`.)
public struct EpisodeExpectation: Sendable {
  /// Checks an episode by its events, which are decoded once for all expectations, and its answer.
  fileprivate let check: @Sendable (PlayedEpisode, [EventRecord], PlayedAnswer?) -> EpisodeViolation?

  init(check: @escaping @Sendable (PlayedEpisode, [EventRecord], PlayedAnswer?) -> EpisodeViolation?) {
    self.check = check
  }

  /// Makes an expectation. `violation` says what an episode did instead; it returns `nil` if the expectation holds.
  public init(_ violation: @escaping @Sendable (PlayedEpisode) -> String?) {
    self.init { played, _, _ in violation(played).map { EpisodeViolation($0) } }
  }

  /// Expects that the episode finishes with an answer at this virtual time or before.
  public static func answer(within limit: Duration) -> EpisodeExpectation {
    EpisodeExpectation { played, events, answer in
      guard let answer, let end = events.last(where: { $0.kind == .finish })?.time else {
        return EpisodeViolation(
          "no answer within \(limit): \(played.status.text)", at: events.firstAfter(limit))
      }
      guard end > limit else { return nil }
      return EpisodeViolation(
        "the answer \"\(answer.text)\" came at \(end), not within \(limit)", at: events.firstAfter(limit))
    }
  }

  /// Expects that no actor sends more than `count` messages; with a name, that the actor called `agent` does not.
  ///
  /// A message that the network duplicates was sent once. Replies are not counted, unless they come too late.
  public static func messages(atMost count: Int, by agent: String? = nil) -> EpisodeExpectation {
    EpisodeExpectation { _, events, _ in
      let sent = SentMessages(events).numbers
      var counts: [String: Int] = [:]
      var over: [String: EventRecord] = [:]
      for event in events where sent.contains(event.number) {
        guard agent.map({ event.peer.hasSuffix("/\($0)") }) ?? true else { continue }
        counts[event.peer, default: 0] += 1
        if counts[event.peer, default: 0] > count, over[event.peer] == nil { over[event.peer] = event }
      }
      return over.min { $0.key < $1.key }.map { sender, event in
        EpisodeViolation("\(sender) sent \(counts[sender] ?? 0) messages, more than \(count)", at: event)
      }
    }
  }

  /// Expects that the answer has a reward of at least `least`.
  public static func reward(atLeast least: Double) -> EpisodeExpectation {
    EpisodeExpectation { played, events, answer in
      let text: String? =
        if let answer {
          if let reward = answer.reward {
            reward >= least ? nil : "the reward is \(reward), not at least \(least)"
          } else {
            "the answer \"\(answer.text)\" has no reward"
          }
        } else {
          "no reward: \(played.status.text)"
        }
      return text.map { EpisodeViolation($0, at: events.last) }
    }
  }
}

extension [EpisodeExpectation] {
  /// Returns what an episode did instead, for each expectation that does not hold; `answer` is `nil` if it has none.
  package func violations(of played: PlayedEpisode, answer: PlayedAnswer?) -> [EpisodeViolation] {
    guard !isEmpty else { return [] }
    let events = played.events
    return compactMap { $0.check(played, events, answer) }
  }
}
