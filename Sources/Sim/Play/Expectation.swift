import Messaging

extension Scenario.Expectation {
  /// What an episode did instead; `nil` if the expectation holds.
  func violation(
    _ played: PlayedEpisode, events: [EventRecord], answer: PlayedAnswer?, setup: EpisodeSetup
  ) -> String? {
    let status = played.status
    switch kind {
    case .holds: return setup.violation(of: name, played)
    case .answerWithin:
      guard let answer, let end = events.last(where: { $0.kind == .finish })?.time else {
        return "no answer within \(seconds): \(status.text)"
      }
      return end <= seconds ? nil : "the answer \"\(answer.text)\" came at \(end), not within \(seconds)"
    case .maximumMessages:
      let messages = events.filter { $0.kind == .delivery || $0.kind == .drop || $0.kind == .deadLetter }
      let senders = Dictionary(grouping: messages.map(\.peer)) { $0 }.mapValues(\.count)
      let over = senders.filter { sender, sent in
        sent > count && (agent.map { sender.hasSuffix("/\($0)") } ?? true)
      }
      return over.min { $0.key < $1.key }.map { "\($0.key) sent \($0.value) messages, more than \(count)" }
    case .rewardAtLeast:
      guard let answer else { return "no reward: \(status.text)" }
      guard let reward = answer.reward else { return "the answer \"\(answer.text)\" has no reward" }
      return reward >= value ? nil : "the reward is \(reward), not at least \(value)"
    }
  }
}
