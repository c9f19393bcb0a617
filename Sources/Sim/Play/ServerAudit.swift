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
    var call: PolicyCall
    var answer: Generation
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
    var asked: [Int: PolicyCall] = [:]
    for (number, event) in history.events.enumerated() where event.name == PolicyCall.kind {
      if event.kind == .call { asked[event.call] = try PolicyCall(encoded: event.payload) }
      guard event.kind == .completion, number >= record.parent?.event ?? 0, let call = asked[event.call]
      else { continue }
      let answer = try Generation(encoded: event.payload)
      // Nothing came back where a deadline cut the call off.
      guard answer.served != nil else { continue }
      calls.append(Call(episode: history.id, event: number, call: call, answer: answer))
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
      let place = isOne || call.call.caller != .designer ? 1 : 0
      waiting[place][try both[place].submit(request(call.call))] = call
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

  /// The question of a call, as the agent asked it.
  private func request(_ call: PolicyCall) -> GenerationRequest {
    let isDesigner = call.caller == .designer
    let limits = isDesigner ? setup.agents.settings.designer : setup.agents.settings.executor
    var sampling = limits.sampling
    sampling.temperature = call.temperature
    var request = GenerationRequest(
      prompt: call.prompt, maximumTokens: call.maximumTokens, sampling: sampling, seed: call.seed,
      constraint: isDesigner && setup.agents.isMasked ? setup.agents.mask : nil,
      endToken: setup.agents.tokenizer.endToken)
    request.messages = call.messages
    return request
  }

  private static func finding(_ call: Call, _ again: Generation) -> Finding {
    let (old, new) = (call.answer.served?.pieces ?? [], again.served?.pieces ?? [])
    let isByTokens = !old.isEmpty && !new.isEmpty
    let same = zip(old, new).prefix { $0.text == $1.text }
    var finding = Finding(
      episode: call.episode, event: call.event, firstDifference: nil, isByTokens: isByTokens,
      gap: isByTokens ? same.map { abs($0.logProbability - $1.logProbability) }.max() ?? 0 : nil)
    if call.answer.text != again.text || call.answer.tokens != again.tokens
      || call.answer.served?.finish != again.served?.finish
    {
      let letters = zip(call.answer.text ?? "", again.text ?? "").prefix { $0 == $1 }.count
      finding.firstDifference = isByTokens ? same.count : letters
    }
    let names = [call.answer, again].map { [$0.served?.model, $0.served?.fingerprint] }
    if names[0] != names[1] { finding.otherModel = names[1].compactMap(\.self).joined(separator: " ") }
    return finding
  }
}
