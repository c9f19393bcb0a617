/// The strategy of probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010), with actors and tasks in place of threads.
///
/// Every actor has a random priority, and the event of the actor with the highest one goes first. At `depth` - 1 random
/// moments the highest priority falls below all others. Where jobs are choices, every task has a random priority, too, and the job
/// of the task with the highest one goes first. The moments are counted among the choices of events and jobs together.
///
/// The paper's bound is that a bug which needs `depth` orderings shows with a probability of at least
/// 1 / (n steps^(depth - 1)) for n threads and at most `steps` choices. It holds for orderings between jobs of different tasks
/// between two events. For events it holds only for orderings between events of different receivers. The candidates of one receiver always keep the order in which they became candidates. So if
/// a bug needs two messages at one receiver in the other order, and no priorities of the senders cause that order, the
/// probability is 0. `random` and `dfs` choose among all candidates and can find such a bug.
/// - Complexity: O(log n) a choice for n actors.
package struct PCTStrategy: Strategy {
  package let depth: Int
  package let steps: Int
  package var name: String { "pct \(depth) \(steps)" }
  package var choosesByRank: Bool { false }
  package var watchesCandidates: Bool { true }

  private var stream: SeededStream
  /// Whether each job has the same probability, as in logs that were written before tasks had numbers.
  private let drawsJobs: Bool
  /// The priorities of the tasks, by number; `nil` for a task that was not seen yet.
  private var tasks: [UInt64?] = []
  /// The choices at which a priority falls, ascending.
  private var falls: [Int]
  private var choices = 0
  /// The actors, by seat.
  private var actors: [Actor] = []
  /// The actors that may have candidates, as a binary heap with the highest priority on top.
  private var heap: [Ranked] = []
  /// The numbers of the candidates that were taken out of turn.
  private var left: Set<Int> = []

  private struct Ranked {
    var priority: UInt64
    var seat: Int

    func precedes(_ other: Ranked) -> Bool {
      priority != other.priority ? priority > other.priority : seat < other.seat
    }
  }

  private struct Actor {
    /// The actor with the highest priority goes first.
    var priority: UInt64
    /// The actor's candidates, in the order in which they became candidates. Those before `next` have left.
    var candidates: [Candidate] = []
    var next = 0
    var isInHeap = false
  }

  /// - Parameters:
  ///   - seed: The seed of the priorities, and of the moments at which one falls.
  ///   - depth: The number of orderings that a bug may need, at least 1.
  ///   - steps: The approximate number of choices of an episode, at least 1.
  ///   - drawsJobs: Whether each job has the same probability, as in logs that were written before tasks had numbers.
  package init(seed: UInt64, depth: Int = 3, steps: Int = 1000, drawsJobs: Bool = false) {
    precondition(depth >= 1 && steps >= 1)
    self.depth = depth
    self.steps = steps
    self.drawsJobs = drawsJobs
    stream = SeededStream(seed: seed, name: "scheduler")
    var draws = SeededStream(seed: seed, name: "falls")
    falls = (1..<depth).map { _ in Int.random(in: 0..<steps, using: &draws) }.sorted()
  }

  package mutating func enter(_ candidate: Candidate) {
    let seat = candidate.receiver
    while actors.count <= seat { actors.append(Actor(priority: stream.next() | 1 << 63)) }
    actors[seat].candidates.append(candidate)
    guard !actors[seat].isInHeap else { return }
    actors[seat].isInHeap = true
    insert(Ranked(priority: actors[seat].priority, seat: seat))
  }

  package mutating func leave(_ candidate: Candidate) {
    let seat = candidate.receiver
    let next = actors[seat].next
    if next < actors[seat].candidates.count, actors[seat].candidates[next].number == candidate.number {
      advance(seat)
    } else {
      left.insert(candidate.number)
    }
  }

  package mutating func chooseJob(among tasks: [Int], using stream: inout SeededStream) -> Int {
    guard !drawsJobs else { return Int.random(in: tasks.indices, using: &stream) }
    for task in tasks {
      while self.tasks.count <= task { self.tasks.append(nil) }
      if self.tasks[task] == nil { self.tasks[task] = stream.next() | 1 << 63 }
    }
    var best = highest(among: tasks)
    while let fall = falls.first, fall <= choices {
      falls.removeFirst()
      self.tasks[tasks[best]] = UInt64(falls.count)
      best = highest(among: tasks)
    }
    choices += 1
    return best
  }

  /// Returns the place of the task with the highest priority; of two jobs of one task, the older one's.
  private func highest(among candidates: [Int]) -> Int {
    var best = 0
    for (place, task) in candidates.enumerated() where (tasks[task] ?? 0) > (tasks[candidates[best]] ?? 0) {
      best = place
    }
    return best
  }

  package mutating func choose(among count: Int) -> StrategyChoice {
    guard var candidate = first() else { return .index(0) }
    while let fall = falls.first, fall <= choices {
      falls.removeFirst()
      // The new priority is below every first priority, and below those that fell before.
      let seat = heap[0].seat
      actors[seat].priority = UInt64(falls.count)
      sink(Ranked(priority: actors[seat].priority, seat: seat))
      candidate = first() ?? candidate
    }
    choices += 1
    return .candidate(candidate)
  }

  package mutating func reseed(_ seed: UInt64) { stream = stream.reseeded(seed) }

  /// The first candidate of the highest actor that has any.
  private mutating func first() -> Candidate? {
    while let seat = heap.first?.seat {
      while actors[seat].next < actors[seat].candidates.count {
        let candidate = actors[seat].candidates[actors[seat].next]
        if left.isEmpty || left.remove(candidate.number) == nil { return candidate }
        advance(seat)
      }
      actors[seat].isInHeap = false
      removeTop()
    }
    return nil
  }

  private mutating func advance(_ seat: Int) {
    actors[seat].next += 1
    if actors[seat].next == actors[seat].candidates.count {
      actors[seat].candidates.removeAll(keepingCapacity: true)
      actors[seat].next = 0
    } else if actors[seat].next > 64, 2 * actors[seat].next > actors[seat].candidates.count {
      actors[seat].candidates.removeFirst(actors[seat].next)
      actors[seat].next = 0
    }
  }

  // MARK: The heap

  private mutating func insert(_ actor: Ranked) {
    heap.append(actor)
    var child = heap.count - 1
    while child > 0, actor.precedes(heap[(child - 1) / 2]) {
      heap[child] = heap[(child - 1) / 2]
      child = (child - 1) / 2
    }
    heap[child] = actor
  }

  private mutating func removeTop() {
    if let last = heap.popLast(), !heap.isEmpty { sink(last) }
  }

  /// Puts `actor` in place of the top, and restores the heap.
  private mutating func sink(_ actor: Ranked) {
    var parent = 0
    while 2 * parent + 1 < heap.count {
      var child = 2 * parent + 1
      if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
      guard heap[child].precedes(actor) else { break }
      heap[parent] = heap[child]
      parent = child
    }
    heap[parent] = actor
  }
}
