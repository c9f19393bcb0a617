import ActorTesting
import Messaging
import Synchronization
import Testing

/// What Burckhardt et al. (ASPLOS 2010) prove of PCT, held against the jobs of message systems.
@Suite("PCT among jobs")
struct PriorityJobsTests {
  /// The tasks of a model program, each of which has a number of parts and is ready from the beginning.
  private struct Program {
    var parts: [Int]

    /// Returns the order in which `choose` lets the tasks run. It gets the tasks that are ready, the oldest part first.
    func order(_ choose: ([Int]) -> Int) -> [Int] {
      var left = parts
      var (ready, order) = (Array(parts.indices), [Int]())
      while !ready.isEmpty {
        let task = ready.remove(at: ready.count > 1 ? choose(ready) : 0)
        order.append(task)
        left[task] -= 1
        if left[task] > 0 { ready.append(task) }
      }
      return order
    }
  }

  private static func permutations(_ count: Int) -> [[Int]] {
    count == 0
      ? [[]]
      : permutations(count - 1).flatMap { shorter in
        (0...shorter.count).map { place in
          var longer = shorter
          longer.insert(count - 1, at: place)
          return longer
        }
      }
  }

  /// The probability of each order by the algorithm's text: all orders of priorities are equally probable, and so are all moments.
  private static func expected(_ program: Program, depth: Int, steps: Int) -> [[Int]: Double] {
    var probabilities: [[Int]: Double] = [:]
    let priorities = permutations(program.parts.count)
    let allMoments = (1..<depth).reduce([[Int]]([[]])) { moments, _ in
      moments.flatMap { earlier in (0..<steps).map { earlier + [$0] } }
    }
    for start in priorities {
      for drawn in allMoments {
        var (ranking, moments, choices) = (start, drawn.sorted(), 0)
        // The highest priority is first. What falls first falls less deep than what falls later.
        var fallen: [Int] = []
        let order = program.order { ready in
          func best() -> Int { (ranking + fallen).first(where: ready.contains) ?? 0 }
          while let moment = moments.first, moment <= choices {
            moments.removeFirst()
            let task = best()
            ranking.removeAll { $0 == task }
            fallen.removeAll { $0 == task }
            fallen.append(task)
          }
          choices += 1
          return ready.firstIndex(of: best()) ?? 0
        }
        probabilities[order, default: 0] +=
          1 / Double(priorities.count) / Double(allMoments.count)
      }
    }
    return probabilities
  }

  @Test(
    "the orders of jobs are as probable as the algorithm says",
    arguments: [([1, 1, 1], 1, 2), ([2, 2], 2, 3), ([2, 2, 1], 2, 4), ([2, 1, 1], 3, 3)])
  func distribution(parts: [Int], depth: Int, steps: Int) {
    let program = Program(parts: parts)
    let expected = Self.expected(program, depth: depth, steps: steps)
    var counts: [[Int]: Int] = [:]
    let seeds = 12_000
    for seed in 0..<UInt64(seeds) {
      var strategy = PCTStrategy(seed: seed, depth: depth, steps: steps)
      var stream = SeededStream(seed: seed, name: "jobs")
      counts[program.order { strategy.chooseJob(among: $0, using: &stream) }, default: 0] += 1
    }
    #expect(Set(counts.keys).isSubset(of: expected.keys))
    // Pearson's statistic, against the value that it passes once in 10,000 times (Wilson and Hilferty, PNAS 17, 1931).
    let statistic = expected.reduce(0.0) { sum, entry in
      let (mean, count) = (Double(seeds) * entry.value, Double(counts[entry.key] ?? 0))
      return sum + (count - mean) * (count - mean) / mean
    }
    let freedom = Double(expected.count - 1)
    let root = 1 - 2 / (9 * freedom) + 3.719 * (2 / (9 * freedom)).squareRoot()
    #expect(statistic < freedom * root * root * root, "\(counts) for \(expected)")
  }

  /// PCT, with a count of the choices of an episode and of the tasks that they were among.
  private struct Counted: Strategy {
    var pct: PCTStrategy
    let seen: Seen
    final class Seen: Sendable {
      let value = Mutex<(choices: Int, tasks: Set<Int>)>((0, []))
    }
    var name: String { pct.name }
    var choosesByRank: Bool { false }
    var watchesCandidates: Bool { true }
    mutating func enter(_ candidate: Candidate) { pct.enter(candidate) }
    mutating func leave(_ candidate: Candidate) { pct.leave(candidate) }
    mutating func choose(among count: Int) -> StrategyChoice { pct.choose(among: count) }
    mutating func chooseJob(among tasks: [Int], using stream: inout SeededStream) -> Int {
      seen.value.withLock {
        $0.choices += 1
        $0.tasks.formUnion(tasks)
      }
      return pct.chooseJob(among: tasks, using: &stream)
    }
  }

  @Test("a bug of depth 2 in a message system is found in at least one of n k seeds")
  func bound() throws {
    /// Two tasks count, and others are in the way. A count is lost if one task is late between its two calls.
    let system = PlainActorOrderTests.system { doer in
      let desk = PlainActorOrderTests.Desk()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<2 {
          group.addTask {
            let before = await desk.count
            await desk.set(before + 1)
          }
        }
        for caller in 0..<3 { group.addTask { await desk.call(UInt8(caller)) } }
      }
      doer.note("count", [UInt8(await desk.count)])
    } violation: {
      $0.notes("count").first == [2] ? nil : "a count was lost"
    }
    func play(_ seed: UInt64, steps: Int) throws -> (isLost: Bool, choices: Int, tasks: Int) {
      let strategy = Counted(pct: PCTStrategy(seed: seed, depth: 2, steps: steps), seen: .init())
      let episode = Episode(seed: seed, strategy: strategy, granularity: .awaits) { system.setUp($0, [:]) }
      defer { episode.close() }
      let status = episode.run()
      let history = try EpisodeHistory(episode.record(id: "pct"))
      let (choices, tasks) = strategy.seen.value.withLock { ($0.choices, $0.tasks.count) }
      return (system.violation(PlayedEpisode(status: status, history: history)) != nil, choices, tasks)
    }
    let seeds = UInt64(2000)
    let k = try (0..<UInt64(100)).map { try play($0, steps: 30).choices }.max() ?? 0
    let found = try (0..<seeds).map { try play($0, steps: k) }
    let n = found.map(\.tasks).max() ?? 0
    #expect(n >= 5 && k > n, "\(n) tasks, \(k) choices")
    let hits = found.count { $0.isLost }
    #expect(hits >= Int(seeds) / (n * k), "\(hits) of \(seeds), for \(n) tasks and \(k) choices")
    // The bound is no accident of a strategy that finds the bug anyway: without a fall it is not found at all.
    let never = try (0..<seeds).contains { seed in
      let strategy = PCTStrategy(seed: seed, depth: 1, steps: k)
      let episode = Episode(seed: seed, strategy: strategy, granularity: .awaits) { system.setUp($0, [:]) }
      defer { episode.close() }
      _ = episode.run()
      return try EpisodeHistory(episode.record(id: "pct")).events.contains {
        $0.name == "count" && $0.payload != [2]
      }
    }
    #expect(!never)
  }
}
