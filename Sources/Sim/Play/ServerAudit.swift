import Actors
import Foundation
import Messaging
import Policy

/// Asks servers again what a log says that they answered, and finds where they answer otherwise.
///
/// It measures how far a server is from answering the same question, under the same seed, in the same way.
package struct ServerAudit: Sendable {
  /// A call whose answer came from a server.
  package struct Call: Sendable {
    package var episode: String
    /// The number of the event that brought the answer.
    package var event: Int
    var turn: Transcript.Turn
  }

  /// What asking again found about a call.
  package struct Finding: Sendable {
    package var episode: String
    package var event: Int
    /// The place of the first token that differs, or of the first character where a server gave no tokens; `nil` if the texts are the
    /// same and end for the same reason.
    package var firstDifference: Int?
    package var isByTokens: Bool
    /// The greatest difference of the log-probabilities of tokens that both have, up to the first difference; `nil` without them.
    package var gap: Float?
    /// What the server now calls itself, if that is something else than in the log.
    package var otherModel: String?
  }

  /// All calls of the log that servers answered, in order.
  package private(set) var calls: [Call] = []
  private let setup: EpisodeSetup

  package init(_ setup: EpisodeSetup) { self.setup = setup }

  /// Adds the calls of an episode, but not those that it shares with the one that it was forked from.
  package mutating func add(_ record: EpisodeRecord, _ history: EpisodeHistory) throws(MalformedRecord) {
    let first = record.parent?.event ?? 0
    // Nothing came back where a deadline cut the call off.
    for (event, turn) in try Transcript.answered(in: history.events)
    where event >= first && turn.generation.served != nil {
      calls.append(Call(episode: history.id, event: event, turn: turn))
    }
  }

  /// Asks `count` of the calls again, drawn under `seed` without repetition, or all if there are no more.
  /// - Throws: what the servers throw.
  package func run(
    count: Int, seed: UInt64, servers: HierarchicalRollout.Servers
  ) throws -> [Finding] {
    var stream = SeededStream(seed: seed, name: "audit")
    let drawn = Array(calls.indices).shuffled(using: &stream).prefix(count).sorted().map { calls[$0] }
    var waiting: [[Int: Call]] = [[:], [:]]
    var findings: [Finding] = []
    let both: [any GenerationServer] = [servers.designer, servers.executor]
    let isOne = servers.designer === servers.executor
    for call in drawn {
      let place = isOne || call.turn.call.caller != .designer ? 1 : 0
      waiting[place][try both[place].submit(setup.agents.request(of: call.turn.call))] = call
    }
    while waiting.contains(where: { !$0.isEmpty }) {
      for place in isOne ? [1] : [0, 1] {
        for update in try both[place].step() {
          guard let generation = update.finished, let call = waiting[place].removeValue(forKey: update.handle)
          else { continue }
          findings.append(Self.finding(call, generation))
        }
      }
    }
    return findings.sorted { ($0.episode, $0.event) < ($1.episode, $1.event) }
  }

  private static func finding(_ call: Call, _ again: Generation) -> Finding {
    let answer = call.turn.generation
    let (old, new) = (answer.served?.pieces ?? [], again.served?.pieces ?? [])
    let isByTokens = !old.isEmpty && !new.isEmpty
    let same = zip(old, new).prefix { $0.text == $1.text }
    var finding = Finding(
      episode: call.episode, event: call.event, firstDifference: nil, isByTokens: isByTokens,
      gap: isByTokens ? same.map { abs($0.logProbability - $1.logProbability) }.max() ?? 0 : nil)
    if answer.text != again.text || answer.tokens != again.tokens
      || answer.served?.finish != again.served?.finish
    {
      let letters = zip(answer.text ?? "", again.text ?? "").prefix { $0 == $1 }.count
      finding.firstDifference = isByTokens ? same.count : letters
    }
    let names = [answer, again].map { [$0.served?.model, $0.served?.fingerprint] }
    if names[0] != names[1] { finding.otherModel = names[1].compactMap(\.self).joined(separator: " ") }
    return finding
  }
}
