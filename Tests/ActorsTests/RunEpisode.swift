import Actors
import Messaging
import Policy

struct EpisodeRun {
  var transcript: Transcript
  var notes: [(String, [UInt8])]
  var record: EpisodeRecord
  var end: Duration
  var events: [EventRecord]
}

struct EpisodeDidNotFinish: Error {
  var status: EpisodeStatus
}

/// Runs an episode to its end, its generations served by a scripted policy.
func runEpisode(
  _ start: EpisodeStart, agents: AgentSetup, policy: ScriptedPolicy, seed: UInt64 = 1
) throws -> EpisodeRun {
  try runEpisode(start, agents: agents, server: ScriptedServer(policy), seed: seed)
}

/// Runs an episode to its end, its generations served one after the other.
func runEpisode(
  _ start: EpisodeStart, agents: AgentSetup, server: any GenerationServer, seed: UInt64 = 1
) throws -> EpisodeRun {
  let episode = Episode(seed: seed) { agents.setUp($0, start) }
  defer { episode.close() }
  while true {
    switch episode.run() {
    case .parked:
      for outstanding in episode.outstanding {
        guard let asked = outstanding.call.payload as? PolicyRequest else { continue }
        _ = try server.submit(asked.request)
        var answer: Generation?
        while answer == nil { answer = try server.step().first?.finished }
        guard let generation = answer else { continue }
        episode.complete(
          outstanding.id, ExternalResult(bytes: generation.encoded, units: generation.unitCount))
      }
    case .finished(let result):
      return EpisodeRun(
        transcript: try Transcript(result: result, events: episode.events),
        notes: episode.events.filter { $0.kind == .note }.map { ($0.name, $0.payload) },
        record: episode.record(id: "test", input: start.encoded), end: episode.events.last?.time ?? .zero,
        events: episode.events)
    case let status: throw EpisodeDidNotFinish(status: status)
    }
  }
}
