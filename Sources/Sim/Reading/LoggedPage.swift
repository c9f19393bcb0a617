import Messaging

/// One episode of a log, with the credit that its training step gave it.
package struct LoggedPage: Sendable {
  package let episode: LoggedEpisode
  /// The credit of the episode's step; `nil` if it has none, or if it cannot be computed from the log.
  package let credit: LoggedCredit?
  /// Why there is no credit, if the episode belongs to a training step; otherwise empty.
  package let reason: String

  /// Looks for the episode `id`; `nil` if the log does not have it.
  ///
  /// It reads the log up to the end of the episode's training step, or up to the episode if it belongs to none.
  package init?(_ id: String, in log: inout EpisodeLog, _ setup: EpisodeSetup) throws {
    let name = setup.isScripted ? nil : LoggedStep.name(of: id)
    var step = name.map { LoggedStep(named: $0) }
    var found: LoggedEpisode?
    while let (record, history) = try log.next() {
      let isOfStep = name != nil && LoggedStep.name(of: record.id) == name
      if found != nil, !isOfStep { break }
      guard isOfStep || record.id == id else { continue }
      let episode = try LoggedEpisode(record, history, setup)
      if record.id == id { found = episode }
      step?.add(episode)
      if found != nil, step == nil { break }
    }
    guard let found else { return nil }
    episode = found
    var why = ""
    credit = try step.flatMap { try LoggedCredit($0, setup, why: &why) }
    reason = why
  }
}
