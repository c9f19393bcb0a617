import ActorTesting
import Messaging
import PropertyTesting
import Sim

/// Scenarios of agents with lines, as one could write them in Swift: each is valid.
enum RandomScenarios {
  private static let names = ["asker", "solver", "n-1", "n-2"]
  private static let name = Generator.element(of: names)
  private static let pair = Generator<[Int]>.permutation(of: names.count).map { (names[$0[0]], names[$0[1]]) }
  /// Texts with what JSON has to escape, and with characters of more than one byte.
  private static let text = Generator.string(of: "ab \"'\\/\n\t\u{1}\u{2028}é😀{}[]:,", count: 0...8)
  private static let word = Generator.string(of: "ab\"\\é", count: 1...4)
  private static let reward = Generator.optional(.double(in: -1000...1000))

  /// Durations below 900 seconds, in whole nanoseconds, and above none.
  private static let span = Generator.integer(in: 1...899_999_999_999).map { Duration.nanoseconds($0) }
  private static let pause = Generator.oneOf(.constant(.zero), span)

  private static let line: Generator<Scenario.Line> = Generator { (source) throws(Rejection) in
    let to = try source.draw(Generator.optional(name))
    return Scenario.Line(
      on: try source.draw(.optional(text)), after: try source.draw(pause), say: try source.draw(text), to: to,
      reward: to == nil ? try source.draw(reward) : nil)
  }

  private static let agents: Generator<[Scenario.Agent]> = Generator { (source) throws(Rejection) in
    var agents: [Scenario.Agent] = []
    for (name, count) in [("asker", 1), ("solver", 1), ("n", 2)] {
      agents.append(
        .init(
          name: name, count: count, lines: try source.draw(.array(of: line, count: 0...3)),
          afterCrash: try source.draw(.element(of: Scenario.Agent.AfterCrash.allCases))))
    }
    return agents
  }

  /// An entry of the thousand seconds that begin at `base`, so that none contradicts those of other ones.
  private static func entry(from base: Duration) -> Generator<Scenario.TimelineEntry> {
    Generator { (source) throws(Rejection) in
      let at = base + .milliseconds(try source.draw(.integer(in: 0...99_999)))
      let (from, to) = try source.draw(pair)
      let nth = try source.draw(Generator.integer(in: 1...1_000_000))
      let by = try source.draw(span)
      switch try source.choice(upTo: 9) {
      case 0: return .drop(at: at, from: from, to: to, nth: nth)
      case 1: return .duplicate(at: at, from: from, to: to)
      case 2: return .delay(at: at, from: from, to: to, nth: nth, by: by)
      case 3: return .reorder(at: at, from: from, to: to, by: by)
      case 4: return .isolate(at: at, from: from, to: to, nth: nth, by: by)
      case 5: return .crash(at: at, agent: from, restart: by)
      case 6: return .partition(at: at, groups: [[from], [to]], until: at + by)
      case 7: return .fail(at: at, operation: try source.draw(word), agent: from, nth: nth)
      case 8: return .slow(at: at, factor: nth, until: at + by)
      default:
        let hearer = try source.draw(Generator.optional(name))
        return .say(
          at: at, agent: from, text: try source.draw(text), to: hearer,
          reward: hearer == nil ? try source.draw(reward) : nil)
      }
    }
  }

  private static let timeline: Generator<[Scenario.TimelineEntry]> = Generator { (source) throws(Rejection) in
    var entries: [Scenario.TimelineEntry] = []
    let count = try source.draw(Generator.integer(in: 0...6))
    for index in 0..<count { entries.append(try source.draw(entry(from: .seconds(1000 * index)))) }
    // An agent that never comes back can crash no more.
    if try source.draw(.bool) { entries.append(.crash(at: .seconds(9000), agent: "asker")) }
    return entries
  }

  private static let delays = Generator<DelayDistribution>.oneOf(
    span.map { .fixed($0) },
    Generator<(Duration, Duration)>.zip(span, span).map { .uniform(min($0, $1), max($0, $1)) })

  private static let chance: Generator<FaultRates> = Generator { (source) throws(Rejection) in
    var rates = FaultRates()
    let rate = Generator.double(in: 0...0.2)
    for path in [
      \FaultRates.drop, \.duplicate, \.delay, \.reorder, \.isolate, \.crash, \.fail, \.slow,
    ] { rates[keyPath: path] = try source.draw(rate) }
    rates.delays = try source.draw(delays)
    rates.restartAfter = try source.draw(.optional(delays))
    rates.slowness = try source.draw(.integer(in: 1...1_000_000))
    rates.most = try source.draw(.integer(in: 0...1_000_000))
    return rates
  }

  private static let pattern: Generator<MessagePattern> = Generator { (source) throws(Rejection) in
    MessagePattern(
      from: try source.draw(.optional(name)), to: try source.draw(.optional(name)),
      name: try source.draw(.optional(word)), contains: try source.draw(.optional(word)))
  }

  /// A range that has a bound, as every condition must.
  private static let count = Generator<ClosedRange<Int>>.oneOf(
    Generator.integer(in: 0...1000).map { 0...$0 }, Generator.integer(in: 1...1000).map { $0...Int.max },
    Generator.integer(in: 1...1000).map { $0...2 * $0 })

  private static func condition(depth: Int) -> Generator<EpisodeCondition> {
    Generator { (source) throws(Rejection) in
      switch try source.choice(upTo: depth == 0 ? 6 : 9) {
      case 0: return .message(try source.draw(pattern))
      case 1: return .received(try source.draw(pattern), try source.draw(count))
      case 2: return .sent(try source.draw(pattern), try source.draw(count))
      case 3: return .answer(nil)
      case 4: return .answer(try source.draw(text))
      case 5:
        let low = try source.draw(Generator.double(in: -10...10))
        return .reward(try source.draw(.bool) ? low...(.infinity) : low...(low + 1))
      case 6: return .time(.zero...(try source.draw(span)))
      case 7: return .and(try source.draw(.array(of: condition(depth: depth - 1), count: 1...2)))
      case 8: return .or(try source.draw(.array(of: condition(depth: depth - 1), count: 1...2)))
      default: return .not(try source.draw(condition(depth: depth - 1)))
      }
    }
  }

  private static let expectation: Generator<Scenario.Expectation> = Generator { (source) throws(Rejection) in
    let that = condition(depth: 2)
    switch try source.choice(upTo: 6) {
    case 0: return .answerWithin(try source.draw(span))
    case 1:
      return .maximumMessages(
        try source.draw(.integer(in: 0...1_000_000_000)), agent: try source.draw(.optional(name)))
    case 2: return .rewardAtLeast(try source.draw(.double(in: -1000...1000)))
    case 3: return .eventually(try source.draw(that), within: try source.draw(.optional(span)))
    case 4: return .always(try source.draw(that))
    case 5: return .never(try source.draw(that))
    default: return .atEnd(try source.draw(that))
    }
  }

  static let scenario: Generator<Scenario> = Generator { (source) throws(Rejection) in
    var scenario = Scenario(
      name: try source.draw(word), seed: try source.draw(.integer()),
      strategy: try source.draw(.element(of: Scenario.Strategy.allCases)), agents: try source.draw(agents),
      episodes: try source.draw(.integer(in: 1...1_000_000)), timeline: try source.draw(timeline),
      chance: try source.draw(chance), ends: try source.draw(.element(of: Scenario.End.allCases)),
      expect: try source.draw(.array(of: expectation, count: 0...3)))
    scenario.pct = .init(
      depth: try source.draw(.integer(in: 1...100)), steps: try source.draw(.integer(in: 1...1_000_000)))
    return scenario
  }
}
