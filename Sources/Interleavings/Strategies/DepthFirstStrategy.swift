/// A strategy that plays every order of the parts, one after another, each once.
///
/// With a bound on switches it plays every order in which at most so many times a task stands back though it could go on
/// (Musuvathi and Qadeer, PLDI 2007). Without one it leaves out orders by sleep sets (Godefroid, 1996), if the caller says
/// that tasks meet in actors alone: of two orders that differ only by parts on different actors it plays one.
package struct DepthFirstStrategy: InterleavingStrategy {
  private struct Sleeper: Sendable {
    var key: UInt64
    var actor: Int
    var isLocal: Bool
  }
  private struct Frame: Sendable {
    /// The tasks that may run here, the one that was chosen last.
    var chosen: UInt64
    var rest: [UInt64]
    /// What need not run before something that it depends on has run.
    var sleeping: [Sleeper]
    var spent: Int
    /// What the chosen part turned out to be.
    var step: Sleeper?
  }
  package let switches: Int?
  package let usesSleepSets: Bool
  private var stack: [Frame] = []
  private var depth = 0
  private var sleeping: [Sleeper] = []
  private var spent = 0
  private var lastRun: UInt64?
  /// Whether the rest of the schedule is the same as one that was played.
  private var isRedundant = false
  /// How many schedules were the same as another, and were cut short in what they tried.
  package private(set) var redundant = 0
  /// Whether a task that a schedule had was missing when its beginning was played again.
  package private(set) var hasDiverged = false
  /// Whether the bound on switches left orders out.
  package private(set) var isCut = false

  package init(switches: Int?, usesSleepSets: Bool) {
    self.switches = switches
    // Sleep sets under a bound would leave out orders within the bound.
    self.usesSleepSets = usesSleepSets && switches == nil
  }

  package mutating func begin(seed: UInt64, profile: InterleavingProfile) {
    (depth, sleeping, spent, lastRun, isRedundant) = (0, [], 0, nil, false)
  }

  package mutating func choose(among ready: [ReadyStep], straight: Int) -> Int {
    guard !isRedundant else { return straight }
    if depth == stack.count {
      var options = [ready[straight].key]
      let standsBack = ready[straight].key == lastRun
      if standsBack, let switches, spent >= switches {
        isCut = isCut || ready.count > 1
      } else {
        options += ready.indices.filter { $0 != straight }.map { ready[$0].key }
      }
      if usesSleepSets { options.removeAll { key in sleeping.contains { $0.key == key } } }
      guard let first = options.first else {
        isRedundant = true
        redundant += 1
        return straight
      }
      stack.append(
        Frame(chosen: first, rest: Array(options.dropFirst()), sleeping: sleeping, spent: spent))
    } else {
      sleeping = stack[depth].sleeping
    }
    let chosen = stack[depth].chosen
    if ready[straight].key == lastRun, chosen != lastRun { spent += 1 }
    guard let index = ready.firstIndex(where: { $0.key == chosen }) else {
      hasDiverged = true
      return straight
    }
    return index
  }

  package mutating func ran(_ step: ReadyStep, _ effect: StepEffect) {
    lastRun = step.key
    guard !isRedundant else { return }
    let now = Sleeper(key: step.key, actor: step.actor, isLocal: effect.isLocal)
    if depth < stack.count { stack[depth].step = now }
    depth += 1
    guard usesSleepSets else { return }
    sleeping.removeAll { other in
      let isIndependent =
        other.key != now.key && other.isLocal && now.isLocal
        && (other.actor != now.actor || other.actor == ReadyStep.nonisolated)
      return !isIndependent
    }
  }

  package mutating func end() -> Bool {
    while let last = stack.last {
      if let next = last.rest.first {
        if usesSleepSets, let step = last.step { stack[stack.count - 1].sleeping.append(step) }
        stack[stack.count - 1].chosen = next
        stack[stack.count - 1].rest.removeFirst()
        stack[stack.count - 1].step = nil
        return true
      }
      stack.removeLast()
    }
    return false
  }
}
