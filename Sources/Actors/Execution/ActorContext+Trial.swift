import Messaging

extension ActorContext {
  /// Has a trial run outside of the episode, which takes `latency` of virtual time, and at least a nanosecond, however long it
  /// takes by the clock.
  ///
  /// Where nothing can be said about the answer, a note with the name `unknown` says why (P8).
  func run(_ trial: Trial, latency: Duration) async throws -> TrialReport {
    let result = try await external(
      ExternalCall(
        kind: Trial.kind, describes: trial.encoded, payload: trial,
        latencyPerUnit: max(latency, .nanoseconds(1)), maximumUnits: 1))
    let report = try TrialReport(encoded: result.bytes)
    switch report {
    case .unknown(let reason), .exhausted(let reason): note("unknown", Array(reason.utf8))
    case .judged, .broken: break
    }
    return report
  }
}
