/// Probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010), with actors in the place of threads.
///
/// Every actor has a random priority, and the event of the highest one goes first; at `depth` - 1 random moments the
/// priority of whoever is highest falls below all others. A bug that needs `depth` orderings shows with a probability
/// of at least 1 / (n steps^(depth - 1)) for n actors, however rare it is under uniform choice. O(log n) a choice.
public struct PCTStrategy: Strategy {
  public let depth: Int
  public let steps: Int
  public var name: String { "pct \(depth) \(steps)" }
  public var watchesCandidates: Bool { true }

  private var stream: SeededStream
  /// The moments, in choices, at which a priority falls; ascending.
  private var falls: [Int]
  private var choices = 0
  /// By seat; higher goes first.
  private var priorities: [Int: UInt64] = [:]
  /// Candidates as a binary heap, the next on top; some may have left.
  private var heap: [(priority: UInt64, candidate: Candidate)] = []
  private var left: Set<Int> = []

  /// - Parameters:
  ///   - depth: how many orderings a bug may need, at least 1.
  ///   - steps: about how many choices an episode has, at least 1.
  public init(seed: UInt64, depth: Int = 3, steps: Int = 1000) {
    precondition(depth >= 1 && steps >= 1)
    self.depth = depth
    self.steps = steps
    stream = SeededStream(seed: seed, name: "scheduler")
    var draws = SeededStream(seed: seed, name: "falls")
    falls = (1..<depth).map { _ in Int.random(in: 0..<steps, using: &draws) }.sorted()
  }

  public mutating func enter(_ candidate: Candidate) {
    push((priority(of: candidate.receiver), candidate))
  }

  public mutating func leave(_ candidate: Candidate) {
    if heap.first?.candidate == candidate { pop() } else { left.insert(candidate.number) }
  }

  public mutating func choose(among count: Int) -> StrategyChoice {
    dropLeft()
    while let fall = falls.first, fall <= choices, let top = heap.first {
      falls.removeFirst()
      // Below every first priority, and below those that fell before.
      priorities[top.candidate.receiver] = UInt64(falls.count)
      let candidates = heap.map(\.candidate)
      heap = []
      for candidate in candidates { push((priority(of: candidate.receiver), candidate)) }
      dropLeft()
    }
    choices += 1
    return heap.first.map { .event($0.candidate.number) } ?? .rank(0)
  }

  public mutating func reseed(_ seed: UInt64) { stream = stream.reseeded(seed, name: "scheduler") }

  private mutating func priority(of seat: Int) -> UInt64 {
    if let known = priorities[seat] { return known }
    let drawn = stream.next() | 1 << 63
    priorities[seat] = drawn
    return drawn
  }

  private mutating func dropLeft() {
    while let top = heap.first, left.remove(top.candidate.number) != nil { pop() }
  }

  private func precedes(_ a: Int, _ b: Int) -> Bool {
    heap[a].priority != heap[b].priority
      ? heap[a].priority > heap[b].priority : heap[a].candidate.number < heap[b].candidate.number
  }

  private mutating func push(_ entry: (priority: UInt64, candidate: Candidate)) {
    heap.append(entry)
    var child = heap.count - 1
    while child > 0, precedes(child, (child - 1) / 2) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private mutating func pop() {
    guard let last = heap.popLast(), !heap.isEmpty else { return }
    heap[0] = last
    var parent = 0
    while true {
      var first = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && precedes(child, first) {
        first = child
      }
      if first == parent { return }
      heap.swapAt(parent, first)
      parent = first
    }
  }
}
