import Actors
import Messaging
import Policy

/// Runs episodes side by side on one thread, and answers all their open questions to the policy in one batch.
///
/// An episode's events depend only on its own questions and answers. So neither the other episodes nor the order of
/// service changes them (P1, P4).
final class EpisodeDriver {
  /// The designer's server and the executor's, or one server if both are the same.
  private let servers: [any GenerationServer]
  private let trials = TrialRunner()
  private var askers: [Asker: (episode: Int, call: Int)] = [:]

  private struct Asker: Hashable {
    /// The index of the server in ``EpisodeDriver/servers``.
    var server: Int
    var handle: Int
  }

  /// Makes a driver. One object may serve both roles.
  init(designer: any GenerationServer, executor: any GenerationServer) {
    servers = designer === executor ? [executor] : [designer, executor]
  }

  /// What stands in the place of the answer to an executor's question.
  enum Substitute: Sendable, Hashable {
    /// Nothing: the work goes on as it was given (``Policy/Generation/handedOn``).
    case handOn
    /// The answer to the same question under another seed.
    case redraw(UInt64)
  }

  /// Runs every episode until it reaches `checkpoint` or ends, and returns their states in order.
  ///
  /// `substitutes` says, for each episode, what stands in the place of answers to its executors; by default nothing does.
  func run(
    _ episodes: [Episode], untilCheckpoint checkpoint: String? = nil,
    substitutes: [(CallID) -> Substitute?] = []
  ) throws -> [EpisodeStatus] {
    var states = [EpisodeStatus](repeating: .parked, count: episodes.count)
    var ready = Array(episodes.indices)
    while true {
      for index in ready {
        var isAnswered = true
        while isAnswered {
          states[index] = episodes[index].run(untilCheckpoint: checkpoint)
          guard states[index] == .parked else { break }
          isAnswered = try submit(
            episodes[index], index, substitutes.isEmpty ? nil : substitutes[index])
        }
      }
      guard !askers.isEmpty else { return states }
      ready = try serve(episodes)
    }
  }

  /// Asks what the episode newly asks. Returns whether a question was answered at once, so that the episode can go on.
  private func submit(
    _ episode: Episode, _ index: Int, _ substitute: ((CallID) -> Substitute?)?
  ) throws -> Bool {
    var isAnswered = false
    for outstanding in episode.outstanding where outstanding.isNew {
      if let trial = outstanding.call.payload as? Trial {
        episode.complete(outstanding.id, ExternalResult(bytes: trials.report(of: trial).encoded, units: 1))
        isAnswered = true
        continue
      }
      guard let asked = outstanding.call.payload as? PolicyRequest else {
        throw RolloutError.unknownCall(outstanding.call.kind)
      }
      var request = asked.request
      request.maximumTokens = min(request.maximumTokens, outstanding.call.maximumUnits)
      if let substitute,
        case .executor(let id) = try PolicyCall(encoded: outstanding.call.describes).caller
      {
        switch substitute(id) {
        case .redraw(let seed): request.seed = seed
        case .handOn:
          // It takes the time of one token, which is the least that a call can take.
          episode.complete(outstanding.id, ExternalResult(bytes: Generation.handedOn.encoded, units: 1))
          isAnswered = true
          continue
        case nil: break
        }
      }
      let server = asked.isDesigner ? 0 : servers.count - 1
      let asker = Asker(server: server, handle: try servers[server].submit(request))
      askers[asker] = (index, outstanding.id)
      episode.progress(outstanding.id, units: 0)
    }
    return isAnswered
  }

  /// Runs one step of the policy, and returns the indices of the episodes that got an answer, each once.
  private func serve(_ episodes: [Episode]) throws -> [Int] {
    var answered: [Int] = []
    var seen: Set<Int> = []
    for (index, server) in servers.enumerated() {
      for update in try server.step() {
        let asker = Asker(server: index, handle: update.handle)
        guard let (episode, call) = askers[asker] else { continue }
        guard let generation = update.finished else {
          episodes[episode].progress(call, units: update.tokenCount)
          continue
        }
        askers[asker] = nil
        episodes[episode].complete(
          call, ExternalResult(bytes: generation.encoded, units: generation.unitCount))
        if seen.insert(episode).inserted { answered.append(episode) }
      }
    }
    return answered
  }
}

/// The reason why a rollout cannot go on.
package enum RolloutError: Error, Hashable, Sendable, CustomStringConvertible {
  /// An agent made an external call that is neither a generation nor a trial.
  case unknownCall(String)
  /// An episode ended without an outcome.
  case failed(episode: String, String)
  /// Nobody knows whether an episode's answer is right, because code did not run to its end. A rollout can neither learn from it nor
  /// leave it out, since what is left out is a choice that makes means wrong.
  case unknown(episode: String, String)

  package var description: String {
    switch self {
    case .unknownCall(let kind): "nothing answers calls of kind \(kind)"
    case .failed(let episode, let reason): "episode \(episode): \(reason)"
    case .unknown(let episode, let reason):
      "episode \(episode): nobody knows whether its answer is right: \(reason)"
    }
  }
}

extension AgentSetup {
  /// Checks that an episode's outcome says whether its answer is right, or is one that the scenario takes for wrong.
  /// - Throws: ``RolloutError/unknown(episode:_:)``.
  func check(_ outcome: Outcome, of episode: String) throws(RolloutError) {
    guard let unknown = outcome.unknown, !(outcome.isExhausted && takesExhaustionForFailure) else { return }
    throw .unknown(episode: episode, unknown)
  }
}
