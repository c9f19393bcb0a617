/// A strategy that plays one order of each class of orders that differ only by independent parts, with optimal dynamic partial
/// order reduction (Abdulla, Aronis, Jonsson and Sagonas, POPL 2014, algorithm 2).
///
/// After each schedule it looks for races: two dependent parts of different tasks with nothing between them. For each race it
/// notes how a schedule begins in which the second part comes first, unless one that was played or noted shows the same. Parts
/// are dependent if they run on one actor; see ``StepEvent/depends(on:)``.
package struct PartialOrderReduction: InterleavingStrategy {
  private struct Frame: Sendable {
    /// What was played from here, and need not be played before something that it depends on.
    var sleeping: [StepEvent]
    /// The beginnings that are to be played from here. The first one is being played.
    var trees: [WakeupTree]
    /// The key of what was chosen.
    var chosen: UInt64
    /// What this turned out to be.
    var event: StepEvent?
  }
  private var stack: [Frame] = []
  private var order = HappensBefore()
  private var depth = 0
  /// What could have run after the last choice, apart from what was chosen.
  private var pending: [ReadyStep] = []
  /// Whether the rest of the schedule is the same as one that was played.
  private var isRedundant = false
  /// How many schedules turned out to be the same as another.
  package private(set) var redundant = 0
  /// Whether a task that a schedule had was missing when its beginning was played again.
  private var hasDiverged = false

  /// Whether a sleep may end while parts are ready. Otherwise it comes after all of them, and no race with it can be turned round.
  private let timersRace: Bool

  package init(timersRace: Bool = false) { self.timersRace = timersRace }

  package var enumeration: Enumeration? {
    Enumeration(
      hasDiverged: hasDiverged, gaps: ["what tasks share apart from actors (memory, locks, cancellation)"])
  }

  package mutating func begin(seed: UInt64, profile: InterleavingProfile) {
    (depth, isRedundant, pending, order) = (0, false, [], HappensBefore())
  }

  package mutating func choose(among ready: [ReadyStep], straight: Int) -> Int {
    guard !isRedundant else { return straight }
    if depth == stack.count, !descend(ready, straight) {
      (isRedundant, redundant) = (true, redundant + 1)
      return straight
    }
    guard let index = ready.firstIndex(where: { $0.key == stack[depth].chosen }) else {
      // What was noted after a race cannot always come first: the end of a sleep waits for all that is ready.
      (isRedundant, redundant) = (true, redundant + 1)
      hasDiverged = hasDiverged || stack[depth].event != nil
      return straight
    }
    pending = ready
    pending.remove(at: index)
    return index
  }

  /// Makes the frame at the end of the stack. Returns false if all that could run here was played before.
  private mutating func descend(_ ready: [ReadyStep], _ straight: Int) -> Bool {
    var (sleeping, trees): ([StepEvent], [WakeupTree]) = ([], [])
    if let last = stack.last, let event = last.event {
      sleeping = last.sleeping.filter { !$0.depends(on: event) }
      trees = last.trees.first?.children ?? []
    }
    // What was noted may have turned out to do something else; then it is searched anew.
    trees.removeAll { tree in !ready.contains { $0.key == tree.event.key } }
    let open = ready.filter { step in !sleeping.contains { $0.key == step.key } }
    let next = open.first { $0.number == ready[straight].number } ?? open.first
    guard let chosen = trees.first?.event.key ?? next?.key else { return false }
    stack.append(Frame(sleeping: sleeping, trees: trees, chosen: chosen))
    return true
  }

  package mutating func ran(_ step: ReadyStep, _ effect: StepEffect) {
    guard !isRedundant else { return }
    let event = StepEvent(step, effect)
    order.append(event)
    stack[depth].event = event
    if stack[depth].trees.isEmpty { stack[depth].trees = [WakeupTree(event: event)] }
    depth += 1
  }

  package mutating func end() -> Bool {
    let clock = TaskTable.key(of: TaskTable.clockName.utf8)
    for last in order.events.indices where timersRace || order.events[last].key != clock {
      for first in order.races(of: last) { note(first, last) }
    }
    // The end of the test comes before what is still ready, and could have come after it.
    let count = order.events.count
    if !isRedundant, let end = order.events.last, end.effect.isGlobal {
      for step in pending {
        var effect = StepEffect()
        effect.isGlobal = false
        order.append(StepEvent(step, effect))
        note(count - 1, count)
        order.removeLast()
      }
    }
    return backtrack()
  }

  /// Notes that the event at `last` could have run before the one at `first`.
  private mutating func note(_ first: Int, _ last: Int) {
    let sequence = order.reversal(first, last)
    guard !stack[first].sleeping.contains(where: { WakeupTree.without($0, sequence, order) != nil }) else {
      return
    }
    // The first tree is that of the event which was played.
    WakeupTree.insert(sequence, order, into: &stack[first].trees, from: 1)
  }

  private mutating func backtrack() -> Bool {
    while var frame = stack.popLast() {
      if let event = frame.event { frame.sleeping.append(event) }
      if !frame.trees.isEmpty { frame.trees.removeFirst() }
      guard let next = frame.trees.first else { continue }
      (frame.chosen, frame.event) = (next.event.key, nil)
      stack.append(frame)
      return true
    }
    return false
  }
}
