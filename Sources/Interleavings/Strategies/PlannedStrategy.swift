/// A strategy that follows a plan.
struct PlannedStrategy: InterleavingStrategy {
  private struct Place: Hashable {
    var key: UInt64
    var turn: Int
  }
  private let plan: InterleavingPlan
  /// The decisions of the plan by their places, as indices into the plan, in its order.
  private var ahead: [Place: [Int]] = [:]
  private let keys: [UInt64]
  /// The decisions that came up.
  private(set) var used: Set<Int> = []

  init(_ plan: InterleavingPlan) {
    self.plan = plan
    keys = plan.switches.map { TaskTable.key(of: $0.next.utf8) }
    for (index, entry) in plan.switches.enumerated() {
      ahead[Place(key: TaskTable.key(of: entry.task.utf8), turn: entry.turn), default: []].append(index)
    }
  }

  /// The first decision that did not come up.
  var unused: InterleavingPlan.Switch? {
    plan.switches.indices.first { !used.contains($0) }.map { plan.switches[$0] }
  }

  mutating func begin(seed: UInt64, profile: InterleavingProfile) {}

  mutating func choose(among ready: [ReadyStep], straight: Int) -> Int {
    guard ready.count > 1 else { return 0 }
    let place = Place(key: ready[straight].key, turn: ready[straight].turn)
    while let next = ahead[place]?.first {
      ahead[place]?.removeFirst()
      if let index = ready.firstIndex(where: { $0.key == keys[next] }) {
        used.insert(next)
        return index
      }
    }
    return straight
  }
}
