import Actors
import Foundation
import Messaging
import Policy

/// Plays the forks that an estimator asks for: each is an execution run again under its seed, with some of its calls
/// replaced.
///
/// A fork repeats the events of the design, and then asks the same questions under the same seeds as the execution. The
/// driver's server is to be a ``GenerationMemo`` that has answered the execution. Then what comes before the first
/// replaced call, and every later call whose question stays the same, costs no generation. Forks are not logged.
struct ForkRollout {
  let agents: AgentSetup
  var asked = CreditForks.eachCall(.handOn, draws: 1)
  let driver: EpisodeDriver

  /// An execution to fork.
  struct Original {
    var id: String
    var seed: UInt64
    var start: EpisodeStart
    /// The episode up to the end of the design, where the execution begins.
    var design: EpisodeHistory
    /// The record of the execution.
    var record: EpisodeRecord
    var calls: [CallRecord]
  }

  /// The most episodes that are open at once, so that memory stays bounded. No result depends on it (P4).
  private static let batch = 512

  /// Returns the forks of each execution.
  /// - Throws: ``RolloutError`` if a fork ends without an outcome.
  func play(_ originals: [Original]) throws -> [RolloutTree.Forks] {
    var results: [RolloutTree.Forks] = []
    var jobs: [(execution: Int, replaced: [Int], draw: Int)] = []
    for (execution, original) in originals.enumerated() {
      var stream = SeededStream(seed: original.seed, name: "orders of calls")
      let plan = asked.plan(calls: original.calls.count, using: &stream)
      results.append(RolloutTree.Forks(orders: plan.orders))
      for (index, replaced) in plan.replaced.enumerated() {
        let draw = plan.replaced[..<index].count { $0 == replaced }
        jobs.append((execution, replaced, draw))
      }
    }
    for begin in stride(from: 0, to: jobs.count, by: Self.batch) {
      let part = jobs[begin..<min(begin + Self.batch, jobs.count)]
      let forks = try part.map { try fork(originals[$0.execution], $0.replaced, draw: $0.draw) }
      defer { for fork in forks { fork.episode.close() } }
      let states = try driver.run(forks.map(\.episode), substitutes: forks.map(\.substitute))
      for (job, state) in zip(part, states) {
        guard case .finished(let result) = state else {
          let calls = job.replaced.map { "\(originals[job.execution].calls[$0].id)" }.joined(separator: ", ")
          throw RolloutError.failed(
            episode: "\(originals[job.execution].id), forked with \(calls) replaced", state.text)
        }
        let outcome = try Outcome(encoded: result)
        try agents.check(outcome, of: originals[job.execution].id)
        results[job.execution].played.append(.init(replaced: job.replaced, outcome: outcome))
      }
    }
    return results
  }

  private func fork(
    _ original: Original, _ replaced: [Int], draw: Int
  ) throws -> (episode: Episode, substitute: (CallID) -> EpisodeDriver.Substitute?) {
    let ids = replaced.map { original.calls[$0].id }
    switch asked {
    case .eachCall(.role(let role), _):
      let history = try EpisodeHistory(original.record, of: original.design)
      guard let id = ids.first, let (event, message) = try Self.request(id, in: history, as: role) else {
        throw RolloutError.failed(episode: original.id, "it asks nobody to work as \(role)")
      }
      let episode = Episode(forking: history, at: event, seed: original.seed, replacing: message) {
        agents.setUp($0, original.start)
      }
      return (episode, { _ in nil })
    case .eachCall(.redraw, _):
      return (
        again(original),
        { ids.contains($0) ? .redraw(Self.seed(of: $0, draw: draw, original.seed)) : nil }
      )
    case .eachCall(.handOn, _), .coalitions:
      return (again(original), { ids.contains($0) ? .handOn : nil })
    }
  }

  /// Returns the outcome of each execution if a statement is deleted from its script and its readers read what it read,
  /// for each statement that makes calls, in their order.
  ///
  /// A statement that hands on all its calls passes on what it reads. So the edited script need not be written, and what is
  /// not deleted keeps its names, and with them its draws.
  func deletions(_ originals: [Original]) throws -> [[RolloutTree.Deletion]] {
    var results = originals.map { _ in [RolloutTree.Deletion]() }
    let jobs = originals.enumerated().flatMap { execution, original in
      Set(original.calls.map(\.id.statement)).sorted().map { (execution: execution, statement: $0) }
    }
    for begin in stride(from: 0, to: jobs.count, by: Self.batch) {
      let part = jobs[begin..<min(begin + Self.batch, jobs.count)]
      let episodes = part.map { again(originals[$0.execution]) }
      defer { for episode in episodes { episode.close() } }
      let states = try driver.run(
        episodes, substitutes: part.map { job in { $0.statement == job.statement ? .handOn : nil } })
      for (job, state) in zip(part, states) {
        guard case .finished(let result) = state else {
          throw RolloutError.failed(
            episode: "\(originals[job.execution].id), without statement \(job.statement)", state.text)
        }
        let outcome = try Outcome(encoded: result)
        try agents.check(outcome, of: originals[job.execution].id)
        results[job.execution].append(.init(statement: job.statement, outcome: outcome))
      }
    }
    return results
  }

  private func again(_ original: Original) -> Episode {
    Episode(forking: original.design, at: original.design.eventCount, seed: original.seed) {
      agents.setUp($0, original.start)
    }
  }

  /// The seed of a call's fresh draw.
  static func seed(of call: CallID, draw: Int, _ seed: UInt64) -> UInt64 {
    var stream = SeededStream(seed: seed, name: "fresh draw \(draw) of \(call)")
    return stream.next()
  }

  /// The event that brings the request for a call, and its message with another role; `nil` if there is none.
  private static func request(
    _ id: CallID, in history: EpisodeHistory, as role: String
  ) throws -> (event: Int, message: String)? {
    for event in history.events where event.kind == .delivery && event.name == WorkRequest.messageName {
      guard let text = json(ofCBOR: event.payload),
        var message = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any],
        let call = message["id"] as? [String: Any],
        call["statement"] as? Int == id.statement, call["index"] as? Int == id.index
      else { continue }
      message["role"] = role
      let data = try JSONSerialization.data(withJSONObject: message, options: .sortedKeys)
      return (event.number, String(decoding: data, as: UTF8.self))
    }
    return nil
  }
}

extension Generation {
  /// What an executor gets in a fork in which its call is handed on: nothing, as if the generation had been cancelled
  /// before its first token. The call then has no result, its work goes on as it was given, and nobody is to blame for
  /// the form of an output.
  static let handedOn = Generation(tokens: [], logProbabilities: [], stop: .cancelled)
}
