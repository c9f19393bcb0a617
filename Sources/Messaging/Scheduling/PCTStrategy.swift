/// Probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010), with actors in the place of threads.
///
/// Every actor has a random priority, and the event of the highest one goes first; at `depth` - 1 random moments the
/// priority of whoever is highest falls below all others. A bug that needs `depth` orderings shows with a probability
/// of at least 1 / (n steps^(depth - 1)) for n actors, however rare it is under uniform choice. O(log n) a choice for n actors.
public struct PCTStrategy: Strategy {
  public let depth: Int
  public let steps: Int
  public var name: String { "pct \(depth) \(steps)" }
  public var watchesCandidates: Bool { true }

  private var stream: SeededStream
  /// The moments, in choices, at which a priority falls; ascending.
  private var falls: [Int]
  private var choices = 0
  /// By seat.
  private var actors: [Actor] = []
  /// The seats of actors that may have candidates, as a binary heap, the highest priority on top.
  private var heap: [Int] = []
  /// Candidates that were taken out of turn.
  private var left: Set<Int> = []

  private struct Actor {
    /// Higher goes first.
    var priority: UInt64
    /// The numbers of its candidates, in the order in which they became so; those before `next` have left.
    var numbers: [Int] = []
    var next = 0
    var isInHeap = false
  }

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
    let seat = candidate.receiver
    while actors.count <= seat { actors.append(Actor(priority: stream.next() | 1 << 63)) }
    actors[seat].numbers.append(candidate.number)
    guard !actors[seat].isInHeap else { return }
    actors[seat].isInHeap = true
    heap.append(seat)
    moveUp(heap.count - 1)
  }

  public mutating func leave(_ candidate: Candidate) {
    let seat = candidate.receiver
    let next = actors[seat].next
    if next < actors[seat].numbers.count, actors[seat].numbers[next] == candidate.number {
      advance(seat)
    } else {
      left.insert(candidate.number)
    }
  }

  public mutating func choose(among count: Int) -> StrategyChoice {
    guard var number = first() else { return .rank(0) }
    while let fall = falls.first, fall <= choices {
      falls.removeFirst()
      // Below every first priority, and below those that fell before.
      actors[heap[0]].priority = UInt64(falls.count)
      moveDown(0)
      number = first() ?? number
    }
    choices += 1
    return .event(number)
  }

  public mutating func reseed(_ seed: UInt64) { stream = stream.reseeded(seed) }

  /// The first candidate of the highest actor that has any.
  private mutating func first() -> Int? {
    while let seat = heap.first {
      while actors[seat].next < actors[seat].numbers.count {
        let number = actors[seat].numbers[actors[seat].next]
        if left.isEmpty || left.remove(number) == nil { return number }
        advance(seat)
      }
      actors[seat].isInHeap = false
      removeTop()
    }
    return nil
  }

  private mutating func advance(_ seat: Int) {
    actors[seat].next += 1
    if actors[seat].next == actors[seat].numbers.count {
      actors[seat].numbers.removeAll(keepingCapacity: true)
      actors[seat].next = 0
    } else if actors[seat].next > 64, 2 * actors[seat].next > actors[seat].numbers.count {
      actors[seat].numbers.removeFirst(actors[seat].next)
      actors[seat].next = 0
    }
  }

  // MARK: The heap

  private func precedes(_ a: Int, _ b: Int) -> Bool {
    let (one, other) = (actors[heap[a]].priority, actors[heap[b]].priority)
    return one != other ? one > other : heap[a] < heap[b]
  }

  private mutating func moveUp(_ place: Int) {
    var child = place
    while child > 0, precedes(child, (child - 1) / 2) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private mutating func removeTop() {
    guard let last = heap.popLast(), !heap.isEmpty else { return }
    heap[0] = last
    moveDown(0)
  }

  private mutating func moveDown(_ place: Int) {
    var parent = place
    while true {
      var first = parent
      if 2 * parent + 1 < heap.count, precedes(2 * parent + 1, first) { first = 2 * parent + 1 }
      if 2 * parent + 2 < heap.count, precedes(2 * parent + 2, first) { first = 2 * parent + 2 }
      if first == parent { return }
      heap.swapAt(parent, first)
      parent = first
    }
  }
}
