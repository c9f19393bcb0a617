import ActorTesting
import Actors
import Foundation
import Messaging
import Policy

/// An episode with all that exports tell of it: its events and what they say, the work of its actors, and its credit.
package struct ExportedEpisode: Sendable {
  let episode: LoggedEpisode
  /// The credit of the training step of the episode; `nil` if there is none, or if the log does not have it.
  let credit: LoggedCredit?
  let events: [Event]
  let work: [LoggedWork]
  /// The advantages of the calls of executors.
  private let advantages: [CallID: Double]

  var id: String { episode.id }

  /// An event with what its bytes mean.
  struct Event: Sendable {
    let record: EventRecord
    let said: EventReader.Said?
    /// The message as JSON; `nil` if the event has none.
    let message: String?
    /// What a fault did in it.
    let fault: String?
    /// What the message asks, if it asks for a reply.
    let asks: Ask?

    /// A message that asks for a reply.
    struct Ask: Sendable, Hashable {
      /// What the message calls a role, which is the name of an executor or of a tool.
      var role: String?
    }

    /// What happened, as a line for people; `nil` if the kind of the event says all.
    var text: String? { fault ?? said?.line }
  }

  package init(_ episode: LoggedEpisode, _ credit: LoggedCredit?, _ setup: EpisodeSetup) {
    self.episode = episode
    self.credit = credit
    let faults = Dictionary(episode.faults.map { ($0.event, $0.text) }) { first, _ in first }
    var reader = EventReader(setup)
    events = episode.history.events.map { record in
      let message = record.isExportedMessage ? json(ofCBOR: record.payload) : nil
      return Event(
        record: record, said: reader.said(record), message: message, fault: faults[record.number],
        asks: message.flatMap(Event.Ask.init))
    }
    let calls = episode.outcome?.calls ?? []
    let known = credit?.calls(episode.id, count: calls.count) ?? []
    advantages = Dictionary(zip(calls.map(\.id), known)) { first, _ in first }
    work = LoggedWork.found(in: events, tools: Set((episode.outcome?.toolCalls ?? []).map(\.role)))
  }

  /// The question of a piece of work, if that is a question to the policy.
  func question(_ work: LoggedWork) -> (call: PolicyCall, prompt: String)? {
    guard work.kind == .chat, case .question(let call, let prompt)? = events[work.first].said else {
      return nil
    }
    return (call, prompt)
  }

  /// What the policy answered in a piece of work.
  func generation(_ work: LoggedWork) -> Answer? {
    guard work.kind == .chat, work.isAnswered,
      case .generation(let generation, let text, let tokens)? = events[work.last].said
    else { return nil }
    return Answer(generation: generation, text: text, tokens: tokens)
  }

  /// An answer of the policy.
  struct Answer {
    var generation: Generation
    var text: String
    var tokens: [EventReader.Token]

    /// The natural logarithm of the probability of all tokens together.
    var logProbability: Double { Double(generation.logProbabilities.reduce(0, +)) }
    /// How many tokens the grammar allowed in the place of each; `nil` if it bound none.
    var allowed: [Int?]? { tokens.contains { $0.allowed != nil } ? tokens.map { $0.allowed?.count } : nil }
  }

  /// The advantage of a question to the policy, which is that of the call or the design it was asked for.
  func advantage(_ call: PolicyCall) -> Double? {
    switch call.caller {
    case .designer: credit?.designer(id)
    case .executor(let place): advantages[place]
    }
  }

  /// The record of the call that a question to the policy was asked for.
  func record(_ call: PolicyCall) -> CallRecord? {
    guard case .executor(let place) = call.caller else { return nil }
    return episode.outcome?.calls.first { $0.id == place }
  }

  /// How the episode failed; `nil` if it did not.
  var failure: String? {
    if case .failed(let error)? = episode.status { "\(error)" } else { nil }
  }
}

extension EventRecord {
  /// Whether the payload is a message.
  fileprivate var isExportedMessage: Bool {
    switch kind {
    case .delivery, .reply, .deadLetter, .drop: !payload.isEmpty
    default: false
    }
  }
}

extension ExportedEpisode.Event {
  /// Whether the event is about a message that was on its way from an actor to another.
  var isMessage: Bool {
    switch record.kind {
    case .delivery, .reply, .deadLetter, .drop: true
    default: false
    }
  }

  /// The kind and the name of the event, as the title of a slice or of an entry.
  var title: String { record.name.isEmpty ? "\(record.kind)" : "\(record.kind) \(record.name)" }
}

extension ExportedEpisode.Event.Ask {
  /// Reads the JSON of a message; `nil` if it does not ask for a reply.
  fileprivate init?(_ message: String) {
    // Most messages are ruled out by their text, which is much faster than reading it.
    guard message.utf8.first == UInt8(ascii: "{"), message.contains("\"reply\": {"),
      let object = try? JSONSerialization.jsonObject(with: Data(message.utf8)) as? [String: Any],
      object["reply"] is [String: Any]
    else { return nil }
    role = object["role"] as? String
  }
}

extension EventReader.Said {
  /// What the bytes mean, as a line for people.
  fileprivate var line: String {
    switch self {
    case .question(let call, let prompt): "\(call.role): \(prompt)"
    case .generation(_, let text, _): text
    case .text(let text): text
    case .reward(let reward): "reward \(reward)"
    case .outcome(let outcome):
      "\(outcome.success ? "solved" : "not solved"): \(outcome.answer ?? outcome.designFault ?? "")"
    case .answer(let answer): answer.text
    }
  }
}
