import ActorTesting
import Actors
import Messaging
import Policy

/// A player that plays forks of one episode from one event, for `troupe fork`.
public struct ForkPlayer {
  package let setup: EpisodeSetup
  package let history: EpisodeHistory
  /// The number of events that the forks share with the episode.
  package let event: Int

  public init(setup: EpisodeSetup, history: EpisodeHistory, event: Int) {
    self.setup = setup
    self.history = history
    self.event = event
  }

  /// A value that replaces something at the event.
  public enum Replacement: Sendable, Hashable {
    /// A message or a reply, as JSON.
    case message(String)
    /// The answer of an external call.
    case result(call: Int, ExternalResult)
  }

  /// Reads a replacement from `text`, which is the JSON of a message, or the words of a generation.
  public func replacement(_ text: String) throws -> Replacement {
    let events = history.events
    guard event < events.count else { throw ForkError("there is no event \(event) to replace a message of") }
    switch events[event].kind {
    case .delivery, .reply: return .message(text)
    case .completion where events[event].name == PolicyCall.kind:
      let tokenizer = setup.agents.tokenizer
      let tokens = try tokenizer.encode(text) + [tokenizer.endToken]
      let generation = Generation(
        tokens: tokens, logProbabilities: Array(repeating: 0, count: tokens.count), stop: .end)
      return .result(
        call: events[event].call, ExternalResult(bytes: generation.encoded, units: tokens.count))
    default: throw ForkError("event \(event) brings no message: \(events[event])")
    }
  }

  /// Returns the replacement that takes an executor's generation out, so that its work goes on as it was given: what
  /// credit by forks calls handing on.
  package func handOn() throws -> Replacement {
    let events = history.events
    guard event < events.count, events[event].kind == .completion, events[event].name == PolicyCall.kind
    else { throw ForkError("event \(event) brings no generation that could be taken out") }
    return .result(
      call: events[event].call, ExternalResult(bytes: Generation.handedOn.encoded, units: 1))
  }

  /// Plays fork `index`. Its seed derives from its name, unless the seed is given.
  public func play(
    _ index: Int, seed: UInt64?, replacing replacement: Replacement?, servers: HierarchicalRollout.Servers
  ) throws -> Player.Played {
    let id = "\(history.id)/fork-\(event)-\(index)"
    let seed = seed ?? EpisodeSeed.of(id, run: setup.scenario.seed)
    var message: String?
    if case .message(let text)? = replacement { message = text }
    let episode = Episode(forking: history, at: event, seed: seed, replacing: message) {
      setup.setUp($0, input: history.input)
    }
    defer { episode.close() }
    if case .result(let call, let result)? = replacement { episode.replaceAnswer(of: call, by: result) }
    let status = try EpisodeDriver(designer: servers.designer, executor: servers.executor).run([episode])[0]
    if case .failed(.unreadableReplacement(_, let error)) = status {
      throw ForkError("the replacement: \(error)")
    }
    let record = episode.record(
      id: id, forkedFrom: .init(episode: history.id, event: event, replacement: message))
    let played = PlayedEpisode(status: status, history: try EpisodeHistory(record, of: history))
    return Player.Played(
      id: id, status: status, answer: try setup.answer(of: status), record: record,
      violations: try setup.violations(played).map(\.description))
  }
}

/// The error for a fork that cannot be made.
package struct ForkError: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String
  init(_ description: String) { self.description = description }
}
