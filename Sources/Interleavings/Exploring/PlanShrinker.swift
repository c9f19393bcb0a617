/// Makes a failing plan smaller as long as it fails in the same way, by delta debugging (Zeller and Hildebrandt, IEEE TSE
/// 28(2), 2002).
struct PlanShrinker {
  private(set) var plan: InterleavingPlan
  private(set) var budget: Int
  /// Returns the decisions that came up, if the plan still fails in the same way; otherwise `nil`.
  let fails: (InterleavingPlan) -> InterleavingPlan?

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
  }

  private mutating func accept(without gone: Range<Int>) -> Bool {
    budget -= 1
    var smaller = plan
    smaller.switches.removeSubrange(gone)
    guard let used = fails(smaller) else { return false }
    plan = used
    return true
  }
}
