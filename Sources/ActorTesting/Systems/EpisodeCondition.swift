import Messaging

/// Which messages are meant. What is `nil` may be anything.
public struct MessagePattern: Sendable, Hashable {
  /// The sender and the receiver, by their paths or the ends of them: `asker` is also `root/asker`.
  public var from: String?
  public var to: String?
  /// The name of the message's type.
  public var name: String?
  /// A text that the message has somewhere in its JSON.
  public var contains: String?

  public init(from: String? = nil, to: String? = nil, name: String? = nil, contains: String? = nil) {
    (self.from, self.to, self.name, self.contains) = (from, to, name, contains)
  }

  func matches(_ event: EventRecord) -> Bool {
    guard name == nil || name == event.name, Self.path(event.peer, endsIn: from),
      Self.path(event.subject, endsIn: to)
    else { return false }
    guard let contains else { return true }
    // The text as JSON has it, without its quotes.
    return json(ofCBOR: event.payload)?.contains(jsonQuoted(contains).dropFirst().dropLast()) == true
  }

  private static func path(_ path: String, endsIn name: String?) -> Bool {
    name.map { path == $0 || path.hasSuffix("/" + $0) } ?? true
  }
}

/// A condition on an episode up to one of its events, for ``EpisodeExpectation``.
///
/// ```
/// let confirmed = EpisodeCondition.received(MessagePattern(from: "checker", contains: "right"), 1...1)
/// let expectation = EpisodeExpectation.eventually(.and([confirmed, .answer("4")]), within: .seconds(5))
/// ```
public indirect enum EpisodeCondition: Sendable, Hashable {
  /// The event is the arrival of such a message or reply.
  case message(MessagePattern)
  /// So many such messages and replies have arrived.
  case received(MessagePattern, ClosedRange<Int>)
  /// So many such messages have been sent and have arrived, were lost, or found nobody. A message that the network
  /// duplicates was sent once.
  case sent(MessagePattern, ClosedRange<Int>)
  /// The episode has an answer, whatever its text if that is `nil`.
  case answer(String?)
  /// The answer has a reward in this range.
  case reward(ClosedRange<Double>)
  /// So much virtual time has passed.
  case time(ClosedRange<Duration>)
  /// All of them hold, one of them holds, it does not hold.
  case and([EpisodeCondition])
  case or([EpisodeCondition])
  case not(EpisodeCondition)

  /// The conditions in this one that count messages.
  fileprivate var counting: Set<EpisodeCondition> {
    switch self {
    case .received, .sent: [self]
    case .and(let parts), .or(let parts): parts.reduce(into: []) { $0.formUnion($1.counting) }
    case .not(let part): part.counting
    case .message, .answer, .reward, .time: []
    }
  }

  /// Whether the condition counts messages that were sent.
  fileprivate var countsSent: Bool { if case .sent = self { true } else { false } }

  /// Returns whether the condition counts `event` as one of its messages; `isSent` says whether it is the first event of
  /// a message that an actor sent.
  fileprivate func counts(_ event: EventRecord, isSent: Bool) -> Bool {
    switch (self, event.kind) {
    case (.received(let pattern, _), .delivery), (.received(let pattern, _), .reply): pattern.matches(event)
    case (.sent(let pattern, _), _): isSent && pattern.matches(event)
    default: false
    }
  }
}

/// An episode event by event, with what conditions need to know of the events before.
struct ConditionReader {
  private let condition: EpisodeCondition
  private let answer: PlayedAnswer?
  private var counts: [EpisodeCondition: Int] = [:]
  /// The events that are the first of a message that was sent; empty if the condition counts none of them.
  private let sent: Set<Int>

  /// `answer` is that with which the episode of these events ends.
  init(_ condition: EpisodeCondition, _ events: [EventRecord], answer: PlayedAnswer?) {
    self.condition = condition
    self.answer = answer
    for part in condition.counting { counts[part] = 0 }
    sent = counts.keys.contains(where: \.countsSent) ? SentMessages(events).numbers : []
  }

  /// Reads the next event, and returns whether the condition holds after it.
  mutating func read(_ event: EventRecord) -> Bool {
    let isSent = sent.contains(event.number)
    for (part, count) in counts where part.counts(event, isSent: isSent) { counts[part] = count + 1 }
    return holds(condition, event)
  }

  private func holds(_ condition: EpisodeCondition, _ event: EventRecord) -> Bool {
    let given = event.kind == .finish ? answer : nil
    return switch condition {
    case .message(let pattern): (event.kind == .delivery || event.kind == .reply) && pattern.matches(event)
    case .received(_, let range), .sent(_, let range): range.contains(counts[condition] ?? 0)
    case .answer(let text): given != nil && (text == nil || given?.text == text)
    case .reward(let range): given?.reward.map(range.contains) ?? false
    case .time(let range): range.contains(event.time)
    case .and(let parts): parts.allSatisfy { holds($0, event) }
    case .or(let parts): parts.contains { holds($0, event) }
    case .not(let part): !holds(part, event)
    }
  }
}

extension EpisodeExpectation {
  /// Expects that the condition holds after some event, and before `limit` has passed, if that is given.
  public static func eventually(_ condition: EpisodeCondition, within limit: Duration? = nil)
    -> EpisodeExpectation
  {
    EpisodeExpectation(check: { played, events, answer in
      var reader = ConditionReader(condition, events, answer: answer)
      let first = events.first { reader.read($0) }
      let bound = limit.map { " within \($0)" } ?? ""
      guard let first else {
        return EpisodeViolation(
          "never\(bound): \(condition)", at: limit.map(events.firstAfter) ?? events.last)
      }
      guard let limit, first.time > limit else { return nil }
      return EpisodeViolation(
        "at \(first.time), not within \(limit): \(condition)", at: events.firstAfter(limit))
    })
  }

  /// Expects that the condition holds after every event.
  public static func always(_ condition: EpisodeCondition) -> EpisodeExpectation {
    EpisodeExpectation(check: { _, events, answer in
      var reader = ConditionReader(condition, events, answer: answer)
      return events.first { !reader.read($0) }.map { EpisodeViolation("did not hold: \(condition)", at: $0) }
    })
  }

  /// Expects that the condition holds after no event.
  public static func never(_ condition: EpisodeCondition) -> EpisodeExpectation {
    EpisodeExpectation(check: { _, events, answer in
      var reader = ConditionReader(condition, events, answer: answer)
      return events.first { reader.read($0) }.map { EpisodeViolation("held: \(condition)", at: $0) }
    })
  }

  /// Expects that the condition holds after the last event.
  public static func atEnd(_ condition: EpisodeCondition) -> EpisodeExpectation {
    EpisodeExpectation(check: { _, events, answer in
      var reader = ConditionReader(condition, events, answer: answer)
      var holds = false
      for event in events { holds = reader.read(event) }
      return holds ? nil : EpisodeViolation("not at the end: \(condition)", at: events.last)
    })
  }
}

// MARK: Texts

extension MessagePattern: CustomStringConvertible {
  /// Such as `message scripted from a to b with "text"`.
  public var description: String {
    let parts = [
      name, from.map { "from \($0)" }, to.map { "to \($0)" }, contains.map { "with \(jsonQuoted($0))" },
    ]
    return (["message"] + parts.compactMap(\.self)).joined(separator: " ")
  }
}

extension EpisodeCondition: CustomStringConvertible {
  public var description: String {
    switch self {
    case .message(let pattern): "\(pattern)"
    case .received(let pattern, let range): "\(Self.text(range, least: 0, most: .max)) received, \(pattern)"
    case .sent(let pattern, let range): "\(Self.text(range, least: 0, most: .max)) sent, \(pattern)"
    case .answer(let text): text.map { "answer \(jsonQuoted($0))" } ?? "an answer"
    case .reward(let range):
      "a reward of \(Self.text(range, least: -.infinity, most: .infinity))"
    case .time(let range): "a time of \(Self.text(range, least: .zero, most: .seconds(1 << 40)))"
    case .and(let parts): "(\(parts.map(\.description).joined(separator: " and ")))"
    case .or(let parts): "(\(parts.map(\.description).joined(separator: " or ")))"
    case .not(let part): "not \(part)"
    }
  }

  private static func text<Bound>(_ range: ClosedRange<Bound>, least: Bound, most: Bound) -> String {
    switch (range.lowerBound == least, range.upperBound == most) {
    case (true, true): "any"
    case (true, false): "at most \(range.upperBound)"
    case (false, true): "at least \(range.lowerBound)"
    case (false, false):
      range.lowerBound == range.upperBound
        ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
    }
  }
}
