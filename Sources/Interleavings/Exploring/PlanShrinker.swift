/// Makes a failing plan smaller as long as it fails in the same way.
///
/// Decisions are taken out by delta debugging (Zeller and Hildebrandt, IEEE TSE 28(2), 2002). What is left has no decision
/// too many, but there may be a shorter plan of other decisions; so all plans with one decision are tried, then those with
/// two, and so on, as far as the budget goes.
struct PlanShrinker {
  private(set) var plan: InterleavingPlan
  private(set) var budget: Int
  /// Plays a plan, and lists its options if asked for. Returns the schedule, and whether it fails in the same way.
  let play: (_ plan: InterleavingPlan, _ listsOptions: Bool) -> (played: PlayedSchedule, fails: Bool)

  /// The greatest number of decisions of the plans that are tried one by one.
  private static let mostDecisions = 3

  mutating func run() {
    var before: Int
    repeat {
      before = plan.switches.count
      var size = plan.switches.count
      while size > 0, budget > 0 {
        var start = 0
        while start < plan.switches.count, budget > 0 {
          let end = min(start + size, plan.switches.count)
          if !accept(without: start..<end) { start = end }
        }
        size = min(size, plan.switches.count + 1) / 2
      }
    } while plan.switches.count < before && budget > 0
    var count = 1
    while count < plan.switches.count, count <= Self.mostDecisions, budget > 0 {
      if let shorter = search(from: InterleavingPlan(build: plan.build), count) { plan = shorter }
      count += 1
    }
  }

  private mutating func accept(without gone: Range<Int>) -> Bool {
    budget -= 1
    var smaller = plan
    smaller.switches.removeSubrange(gone)
    let (played, fails) = play(smaller, false)
    guard fails else { return false }
    // Decisions that never came up are gone, but a plan is never made larger.
    plan = played.plan.switches.count <= smaller.switches.count ? played.plan : smaller
    return true
  }

  /// Returns a failing plan that has `count` decisions more than `plan`, each one behind the one before.
  private mutating func search(from start: InterleavingPlan, _ count: Int) -> InterleavingPlan? {
    guard budget > 0 else { return nil }
    budget -= 1
    let (played, fails) = play(start, count > 0)
    if fails { return start }
    guard count > 0 else { return nil }
    let last = start.switches.last.flatMap { played.options.lastIndex(of: $0) } ?? -1
    for option in played.options.dropFirst(last + 1) {
      var longer = start
      longer.switches.append(option)
      if let found = search(from: longer, count - 1) { return found }
    }
    return nil
  }
}
