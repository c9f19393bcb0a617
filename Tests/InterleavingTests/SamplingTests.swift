import InterleavingTesting
import Testing

@testable import Interleavings

/// The probabilities that follow from the algorithms' text, against what is drawn.
///
/// Pearson's statistic is compared with the value that it passes once in 10,000 times, which is near enough to the approximation
/// of Wilson and Hilferty (PNAS 17, 1931). The seeds are fixed, so a test that passes always does.
@Suite("strategies that sample, against the probabilities that their papers give")
struct SamplingTests {
  static let seeds = 12_000

  /// Whether counts are as probable as they should be.
  static func fits(_ counts: [[Int]: Int], _ expected: [[Int]: Double]) -> Bool {
    guard Set(counts.keys).isSubset(of: expected.keys) else { return false }
    let total = Double(counts.values.reduce(0, +))
    let statistic = expected.reduce(0.0) { sum, entry in
      let (mean, count) = (total * entry.value, Double(counts[entry.key] ?? 0))
      return sum + (count - mean) * (count - mean) / mean
    }
    let freedom = Double(expected.count - 1)
    let (spread, quantile) = (2 / (9 * freedom), 3.719)
    let root = 1 - spread + quantile * spread.squareRoot()
    return statistic < freedom * root * root * root
  }

  /// All orders of a multiset of tasks.
  static func orders(_ counts: [Int]) -> [[Int]] {
    guard counts.contains(where: { $0 > 0 }) else { return [[]] }
    return counts.indices.filter { counts[$0] > 0 }.flatMap { task in
      var rest = counts
      rest[task] -= 1
      return orders(rest).map { [task] + $0 }
    }
  }

  static func even(_ orders: [[Int]]) -> [[Int]: Double] {
    Dictionary(uniqueKeysWithValues: orders.map { ($0, 1 / Double(orders.count)) })
  }

  @Test("SURW: the interleavings of three tasks on one actor, 60 of them, are equally probable")
  func uniform() {
    let program = ModelProgram([.init(repeating: .use(0), count: 3), [.use(0), .use(0)], [.use(0)]])
    let expected = Self.even(Self.orders([3, 2, 1]))
    #expect(expected.count == 60)
    #expect(Self.fits(program.counts(.uniformWalk, on: 0, seeds: Self.seeds), expected))
    #expect(!Self.fits(program.counts(.random, on: 0, seeds: Self.seeds), expected))
  }

  @Test("SURW: they are also with parts elsewhere between them, whose number does not matter")
  func selective() {
    let program = ModelProgram([
      [.use(1), .use(1), .use(1), .use(0), .use(0)], [.use(0), .use(2), .use(0), .use(2)],
    ])
    // Only actor 0 has parts of two tasks, so that it is always the one that is drawn.
    let expected = Self.even(Self.orders([2, 2]))
    #expect(Self.fits(program.counts(.uniformWalk, on: 0, seeds: Self.seeds), expected))
    #expect(!Self.fits(program.counts(.random, on: 0, seeds: Self.seeds), expected))
  }

  @Test("SURW: with tasks that are made on the way, all orders that can be are equally probable")
  func spawned() {
    let program = ModelProgram(
      [[.spawn(1), .use(0), .use(0), .spawn(2), .spawn(3)], [.use(0), .use(0)], [.use(0)], [.use(0)]],
      first: 1)
    // Task 0 goes before tasks 2 and 3. The hook length formula: 6! / (4 * 3 * 1 * 1 * 2 * 1) = 30.
    let possible = Self.orders([2, 2, 1, 1]).filter { order in
      let last = order.lastIndex(of: 0) ?? 0
      return order.suffix(from: last).contains(2) && order.suffix(from: last).contains(3)
    }
    #expect(possible.count == 30)
    let counts = program.counts(.uniformWalk, on: 0, seeds: Self.seeds)
    #expect(Self.fits(counts, Self.even(possible)), "\(counts)")
  }

  @Test("POS: a task with k parts of its own before it meets another is the first there with 1 / (k + 2)")
  func independent() {
    for count in [0, 1, 3, 6] {
      let program = ModelProgram([.init(repeating: .use(1), count: count) + [.use(0)], [.use(0)]])
      // All of its k + 1 priorities have to be above the other's. A random walk needs k + 1 times the right one of two.
      let expected = 1 / Double(count + 2)
      let counts = program.counts(.partialOrderSampling, on: 0, seeds: Self.seeds)
      #expect(Self.fits(counts, [[0, 1]: expected, [1, 0]: 1 - expected]), "\(counts)")
      let walk = 1 / Double(1 << (count + 1))
      #expect(
        Self.fits(program.counts(.random, on: 0, seeds: Self.seeds), [[0, 1]: walk, [1, 0]: 1 - walk]))
    }
  }

  @Test(
    "POS: each part that meets another gives it a new priority, so it waits for j of them with 1 / 2^(j + 1)")
  func reset() {
    let program = ModelProgram([.init(repeating: .use(0), count: 4), [.use(0)]])
    let expected = (0...4).map { place in
      (Array(repeating: 0, count: place) + [1] + Array(repeating: 0, count: 4 - place), pow(place))
    }
    func pow(_ place: Int) -> Double { 1 / Double(1 << min(place + 1, 4)) }
    let counts = program.counts(.partialOrderSampling, on: 0, seeds: Self.seeds)
    #expect(Self.fits(counts, Dictionary(uniqueKeysWithValues: expected)), "\(counts)")
  }

  @Test("POS: each order of dependent parts is at least as probable as 1 / N!")
  func lowerBound() {
    let program = ModelProgram([[.use(0), .use(1)], [.use(1), .use(0)]])
    var classes: [UInt64: Int] = [:]
    var strategy = InterleavingStrategyKind.partialOrderSampling.make()
    for seed in 0..<Self.seeds { classes[program.play(&strategy, seed: UInt64(seed)).kind, default: 0] += 1 }
    let all = program.enumerate(PartialOrderReduction()).classes
    #expect(Set(classes.keys) == all && all.count == 3)
    #expect(classes.values.allSatisfy { $0 > Self.seeds / 24 })
  }

  @Test("PCT: of n tasks and k parts, each bug of depth 2 is found with 1 / (n k), the bound of the paper")
  func depth() {
    let program = ModelProgram([[.use(0), .use(0), .use(0)], [.use(0)]])
    let counts = program.counts(.tasksByPriority(depth: 2), on: 0, seeds: Self.seeds)
    // The first priority is that of either task, and its fall is at one of four parts. To run between the parts of task 0 is of depth
    // 2; to run before or after them is of depth 1.
    let expected = [
      [0, 1, 0, 0]: 1.0 / 8, [0, 0, 1, 0]: 1.0 / 8, [1, 0, 0, 0]: 1.0 / 2, [0, 0, 0, 1]: 1.0 / 4,
    ]
    #expect(Self.fits(counts, expected), "\(counts)")
    // Without a fall a task goes on to its end.
    #expect(program.counts(.tasksByPriority(depth: 1), on: 0, seeds: 100).keys.count == 2)
  }
}
