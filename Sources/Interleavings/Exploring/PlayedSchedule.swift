/// A schedule that was played.
package struct PlayedSchedule: Sendable {
  /// A part that ran, or a decision that was carried out in its place: the end of a sleep, or a cancellation.
  package struct Part: Sendable {
    package var step: ReadyStep
    /// Where the part's code is.
    package var place: UInt?
    /// The number of the part that made this one ready; `nil` if the beginning did, or the end of a sleep that was no decision.
    package var cause: Int?
  }
  package var failure: ScheduleFailure?
  package var plan: InterleavingPlan
  package var parts: [Part] = []
  /// The number of parts that ran while another was ready.
  package var choices = 0
  /// How often a task entered a default actor from outside.
  package var entries = 0
  /// The names of tasks and actors, by their numbers in `parts`.
  package var taskNames: [String] = []
  /// Every decision that another plan could have made differently, in the order of the schedule.
  package var options: [InterleavingPlan.Switch] = []
  package var actorNames: [String] = []

  /// The orders of tasks on each actor, hashed. Schedules in which every actor sees the same order are the same.
  var trace: UInt64 {
    var actors: [Int: UInt64] = [:]
    var others: UInt64 = 0
    for part in parts {
      if part.step.kind != .part {
        others = (others ^ part.step.key ^ UInt64(part.step.turn)) &* 0x100_0000_01b3
      }
      guard part.step.actor != ReadyStep.nonisolated else { continue }
      actors[part.step.actor, default: 0xcbf2_9ce4_8422_2325] ^= part.step.key
      actors[part.step.actor, default: 0] &*= 0x100_0000_01b3
    }
    // A sum does not depend on the order of the dictionary.
    return actors.values.reduce(others) { $0 &+ ($1 ^ $1 >> 29) &* 0x9E37_79B9_7F4A_7C15 }
  }

  var profile: InterleavingProfile {
    var profile = InterleavingProfile()
    profile.choices = choices
    profile.steps = parts.count
    let keys = Dictionary(
      zip(taskNames, taskNames.map { TaskTable.key(of: $0.utf8) }), uniquingKeysWith: { first, _ in first })
    for part in parts where part.step.kind == .part {
      profile.parts[part.step.key, default: [:]][part.step.actorKey, default: 0] += 1
    }
    for name in taskNames {
      guard let dot = name.lastIndex(of: "."), let maker = keys[String(name[..<dot])], let key = keys[name]
      else { continue }
      profile.makers[key] = maker
    }
    return profile
  }
}
