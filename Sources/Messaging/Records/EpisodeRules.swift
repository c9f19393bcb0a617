/// The rules of the scheduler, in the versions that logs have used.
///
/// An episode of an older log is played again by the rules under which it was recorded.
package enum EpisodeRules: Int, Sendable, Hashable {
  /// Logs before version 4: a reply may overtake messages of the same sender to the same receiver, and crashes by chance
  /// strike at deliveries only.
  case beforeVersion4 = 1
  /// What one actor sends another, replies included, arrives in the order in which it was sent, unless a fault says
  /// otherwise. Crashes by chance strike at every event of an actor.
  case current = 2
  /// As `current`, and between two events every job that is ready is a choice.
  case awaits = 3

  /// The rules apart from the order of jobs.
  var ofEvents: EpisodeRules { self == .awaits ? .current : self }
}
