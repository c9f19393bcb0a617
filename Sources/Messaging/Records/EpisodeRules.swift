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
  /// As `current`, and between two events every job that is ready is a choice. A plain actor runs what waits at it in one go,
  /// and a task that enters the actor to which it belongs goes on at once.
  case awaitsOutsideActors = 3
  /// As `current`, and between two events every part of a task, from one await to the next, is a choice.
  case awaits = 4

  /// The rules apart from the order of jobs.
  var ofEvents: EpisodeRules { choosesJobs ? .current : self }
  /// Whether the order of jobs is chosen, so that a plan may have choices of jobs.
  var choosesJobs: Bool { rawValue >= Self.awaitsOutsideActors.rawValue }
}
