/// A strategy that plays every order of the parts, one after another, each once.
///
/// With a bound on switches it plays every order in which at most so many times a task stands back though it could go on
/// (Musuvathi and Qadeer, PLDI 2007). With a bound on delays it plays every order with at most so many delays: at each part, one
/// that is further back in the queue costs as many delays as there are parts before it (Emmi, Qadeer and Rakamarić, POPL 2011).
/// The queue begins with the task that ran last, and then has the part that has been ready for longest.
package struct DepthFirstStrategy: InterleavingStrategy {
  private struct Frame: Sendable {
    /// The task that was chosen last, by its key, and those that are still to be chosen here.
    var chosen: UInt64
    var rest: [UInt64]
  }
  package let switches: Int?
  package let delays: Int?
  private var stack: [Frame] = []
  private var depth = 0
  private var (spentSwitches, spentDelays) = (0, 0)
  private var lastRun: UInt64?
  /// Whether a task that a schedule had was missing when its beginning was played again.
  private var hasDiverged = false
  /// Whether a bound left orders out.
  private var (cutsSwitches, cutsDelays) = (false, false)

  package init(switches: Int? = nil, delays: Int? = nil) { (self.switches, self.delays) = (switches, delays) }

  package var enumeration: Enumeration? {
    var gaps: [String] = []
    if cutsSwitches { gaps.append("orders with more than \(switches ?? 0) switches") }
    if cutsDelays { gaps.append("orders with more than \(delays ?? 0) delays") }
    return Enumeration(hasDiverged: hasDiverged, gaps: gaps)
  }

  package mutating func begin(seed: UInt64, profile: InterleavingProfile) {
    (depth, spentSwitches, spentDelays, lastRun) = (0, 0, 0, nil)
  }

  package mutating func choose(among ready: [ReadyStep], straight: Int) -> Int {
    let queue = [ready[straight].key] + ready.indices.filter { $0 != straight }.map { ready[$0].key }
    if depth == stack.count { stack.append(Frame(chosen: queue[0], rest: options(in: queue))) }
    let chosen = stack[depth].chosen
    depth += 1
    guard let place = queue.firstIndex(of: chosen) else {
      hasDiverged = true
      return straight
    }
    if place > 0, queue[0] == lastRun { spentSwitches += 1 }
    spentDelays += place
    return ready.firstIndex { $0.key == chosen } ?? straight
  }

  /// The tasks that may run here besides the first one of the queue.
  private mutating func options(in queue: [UInt64]) -> [UInt64] {
    if let switches, spentSwitches >= switches, queue[0] == lastRun {
      cutsSwitches = cutsSwitches || queue.count > 1
      return []
    }
    guard let delays else { return Array(queue.dropFirst()) }
    let open = queue.dropFirst().prefix(max(0, delays - spentDelays))
    cutsDelays = cutsDelays || open.count + 1 < queue.count
    return Array(open)
  }

  package mutating func ran(_ step: ReadyStep, _ effect: StepEffect) { lastRun = step.key }

  package mutating func end() -> Bool {
    while let last = stack.last {
      if let next = last.rest.first {
        stack[stack.count - 1] = Frame(chosen: next, rest: Array(last.rest.dropFirst()))
        return true
      }
      stack.removeLast()
    }
    return false
  }
}
