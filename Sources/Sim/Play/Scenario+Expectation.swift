import ActorTesting

extension EpisodeSetup {
  /// The expectations that the scenario has of every episode.
  var expectations: [EpisodeExpectation] {
    scenario.expect.map { expected in
      switch expected.kind {
      case .answerWithin: .answer(within: expected.seconds)
      case .maximumMessages: .messages(atMost: expected.count, by: expected.agent)
      case .rewardAtLeast: .reward(atLeast: expected.value)
      case .holds: EpisodeExpectation { violation(of: expected.name, $0) }
      case .eventually: .eventually(expected.that, within: expected.within)
      case .always: .always(expected.that)
      case .never: .never(expected.that)
      case .atEnd: .atEnd(expected.that)
      }
    }
  }
}
