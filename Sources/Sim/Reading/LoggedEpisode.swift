import ActorTesting
import Actors
import Foundation
import Messaging

/// A logged episode in the words of its scenario: what it was about, what was designed and answered, and what that
/// earned.
///
/// Nothing but the end of the episode is decoded when it is made; ``EventReader`` reads the events.
package struct LoggedEpisode: Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    /// The episode of a task up to the end of its design.
    case design
    /// A fork of a design's episode, in which executors run the script.
    case execution
    /// Another fork, as `troupe fork` makes.
    case fork
    case episode
  }

  package let record: EpisodeRecord
  package let history: EpisodeHistory
  package let kind: Kind
  /// The virtual time of the last event.
  package let time: Duration
  /// How the episode ended; `nil` if it was left before its end, as a design's is.
  package let status: EpisodeStatus?
  package let task: TaskInstance?
  /// The result of an episode of designers and executors.
  package let outcome: Outcome?
  /// The answer that ended an episode of other actors.
  package let answer: PlayedAnswer?
  private let given: String?
  /// The scenario's expectations that the episode does not meet. They are judged anew, by the events that the log has.
  package let violations: [EpisodeViolation]
  package let reward: Reward?

  /// What an episode earned.
  package struct Reward: Sendable, Hashable {
    /// A part of the reward, such as the penalty for malformed outputs.
    package struct Part: Sendable, Hashable {
      package var name: String
      package var executors: Double
      package var designer: Double
    }
    package var executors: Double
    /// `nil` if there is no designer.
    package var designer: Double?
    package var parts: [Part]
  }

  package var id: String { record.id }

  /// - Throws: `MalformedRecord` if the result or the input is not what this version writes.
  package init(_ record: EpisodeRecord, _ history: EpisodeHistory, _ setup: EpisodeSetup) throws {
    self.record = record
    self.history = history
    let last = history.lastEvent
    time = last?.time ?? .zero
    status = last?.outcome
    var (outcome, answer) = (Outcome?.none, PlayedAnswer?.none)
    if case .finished(let result)? = status {
      // Actors of a user's own may finish with bytes that are no answer.
      if setup.isScripted {
        answer = try? PlayedAnswer(encoded: result)
      } else {
        outcome = try Outcome(encoded: result)
      }
    }
    self.outcome = outcome
    self.answer = answer
    let start = setup.isScripted ? nil : try EpisodeStart(encoded: history.input)
    task = start?.task
    kind = Self.kind(of: record, isScripted: setup.isScripted, isLeft: status == nil)
    given = start?.script
    violations = try status.map { try setup.violations(PlayedEpisode(status: $0, history: history)) } ?? []
    if let outcome {
      reward = outcome.unknown != nil ? nil : Reward(outcome, setup.scenario.credit)
    } else {
      reward = answer?.reward.map { Reward(executors: $0, designer: nil, parts: []) }
    }
  }

  /// The script that ran, or else the text that the designer wrote, or the script that the task was given.
  package var design: String? { outcome?.script ?? given ?? (task == nil ? nil : Self.written(history)) }

  /// Whether the task was solved; `nil` if there is none, if the episode did not come to an answer, or if nobody knows whether its
  /// answer is right.
  package var isSolved: Bool? { unknown == nil ? outcome?.success : nil }

  /// Why nobody knows whether the answer is right; `nil` otherwise.
  package var unknown: String? { outcome?.unknown }

  /// Whether the episode failed, did not solve its task, or does not do what the scenario expects.
  package var hasFailed: Bool {
    if case .failed? = status { return true }
    return isSolved == false || !violations.isEmpty
  }

  /// What faults did, by the numbers of the events.
  package var faults: [(event: Int, text: String)] {
    // Only a partition strikes without being in the plan.
    guard !record.plan.faults.isEmpty || !history.faults.timeline.isEmpty else { return [] }
    return history.events.compactMap { event in
      let between = event.peer.isEmpty ? event.subject : "\(event.peer) -> \(event.subject)"
      return switch event.kind {
      case .fault: (event.number, "\(event.name): \(between)")
      case .drop: (event.number, "drop: \(between) (\(event.name))")
      case .crash: (event.number, "crash: \(event.subject)")
      default: nil
      }
    }
  }

  /// The number of the first event that the episode did not inherit.
  package var firstOwnEvent: Int { record.parent?.event ?? 0 }

  /// The text of the answer; `nil` without one.
  package var answerText: String? { outcome.map(\.answer) ?? answer?.text }

  private static func kind(of record: EpisodeRecord, isScripted: Bool, isLeft: Bool) -> Kind {
    let name = record.id.utf8.suffix(while: { $0 != UInt8(ascii: "/") })
    if record.parent != nil { return name.starts(with: "execution-".utf8) ? .execution : .fork }
    return !isScripted && isLeft && name.starts(with: "design-".utf8) ? .design : .episode
  }

  /// Returns the text in the designer's reply, if it came.
  private static func written(_ history: EpisodeHistory) -> String? {
    let reply = history.events.first { $0.kind == .reply && $0.name == DesignReply.messageName }
    guard let reply, let json = Messaging.json(ofCBOR: reply.payload),
      let object = try? JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
    else { return nil }
    return object["text"] as? String
  }
}

extension LoggedEpisode.Reward {
  /// What the outcome of an execution earns under the rules of a scenario.
  init(_ outcome: Outcome, _ credit: Scenario.Credit) {
    let (executors, designer) = (outcome.executorReward(credit), outcome.worthToDesigner(credit))
    let solved = outcome.success ? 1.0 : 0
    parts = [Part(name: "answer", executors: solved, designer: outcome.designFault == nil ? solved : 0)]
    if outcome.formatErrors > 0, credit.formatPenalty > 0 {
      parts.append(Part(name: "malformed outputs", executors: executors - solved, designer: 0))
    }
    if outcome.designFault != nil, credit.formatPenalty > 0 {
      parts.append(Part(name: "no script", executors: 0, designer: designer))
    } else if designer != solved {
      parts.append(Part(name: "calls", executors: 0, designer: designer - solved))
    }
    self.executors = executors
    self.designer = designer
  }
}

extension String.UTF8View {
  /// The bytes at the end for which `isKept` holds.
  fileprivate func suffix(while isKept: (UInt8) -> Bool) -> Substring.UTF8View {
    var start = endIndex
    while start > startIndex, isKept(self[index(before: start)]) { formIndex(before: &start) }
    return self[start...]
  }
}
