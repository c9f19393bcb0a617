import Glibc
import Interleavings

/// The table of all programs: how many schedules each strategy needs.
struct PortTable {
  var ports: [Port]
  static let starts = 20
  static let mostSchedules = 2000
  static let strategies: [(name: String, kind: InterleavingStrategyKind)] = [
    ("random", .random), ("POS", .partialOrderSampling), ("SURW", .uniformWalk),
    ("PCT tasks, 3", .tasksByPriority(depth: 3)), ("PCT actors, 3", .actorsByPriority(depth: 3)),
  ]

  /// What one strategy needs for one program.
  struct Need {
    /// The schedules up to the failure for each start; `nil` where none failed.
    var schedules: [Int?]
    var shrunk: [Int]

    /// The median and the most, as a cell of the table.
    var cell: String {
      let sorted = schedules.map { $0 ?? .max }.sorted()
      return "\(Self.text(sorted[sorted.count / 2])) (\(Self.text(sorted[sorted.count - 1])))"
    }
    private static func text(_ count: Int) -> String { count == .max ? "-" : "\(count)" }
  }

  static func need(of port: Port, _ kind: InterleavingStrategyKind, shrinks: Bool) throws -> Need {
    var need = Need(schedules: [], shrunk: [])
    for start in 0..<starts {
      var explorer = InterleavingExplorer()
      explorer.strategy = kind
      explorer.seed = UInt64(start) * 1_000_000
      explorer.budget = .schedules(mostSchedules)
      explorer.shrinkingBudget = shrinks ? 500 : 0
      let found = try explorer.explore(port.test(isFixed: false)).failure
      need.schedules.append(found?.schedule)
      if let found, shrinks { need.shrunk.append(found.shrunk.switches.count) }
    }
    return need
  }

  /// Whether the program without its bug passes as many schedules as any start needed, and a thousand at least.
  static func twinPasses(_ port: Port, _ kind: InterleavingStrategyKind) throws -> Bool {
    var explorer = InterleavingExplorer()
    explorer.strategy = kind
    explorer.budget = .schedules(1000)
    return try explorer.explore(port.test(isFixed: true)).failure == nil
  }

  /// Prints the table. Returns whether the random walk found every bug, and every twin passed.
  func print() -> Bool {
    var isGood = true
    Swift.print(
      "| program | from | " + Self.strategies.map(\.name).joined(separator: " | ") + " | shrunk | twin |")
    Swift.print("| --- | --- |" + Self.strategies.map { _ in " --- |" }.joined() + " --- | --- |")
    for port in ports {
      do {
        let needs = try Self.strategies.enumerated().map { index, strategy in
          try Self.need(of: port, strategy.kind, shrinks: index == 0)
        }
        let shrunk = needs[0].shrunk.sorted()
        let passes = try Self.strategies.allSatisfy { try Self.twinPasses(port, $0.kind) }
        isGood = isGood && passes && shrunk.count == Self.starts
        let length = shrunk.isEmpty ? "-" : "\(shrunk[shrunk.count / 2]) (\(shrunk[shrunk.count - 1]))"
        Swift.print(
          "| \(port.name) | \(port.benchmark.rawValue) | " + needs.map(\.cell).joined(separator: " | ")
            + " | \(length) | \(passes ? "passes" : "FAILS") |")
        fflush(nil)
      } catch {
        Swift.print("| \(port.name) | \(error) |")
        isGood = false
      }
    }
    Swift.print(
      "\(ports.count) programs; schedules to the first failure, median (most) of \(Self.starts) starts")
    return isGood
  }
}
