import Glibc
import Interleavings

/// How many schedules enumerate all orders of a program, with partial order reduction and without.
enum Reductions {
  static let most = 20_000

  private actor Counter {
    private var count = 0
    func add() { count += 1 }
  }

  /// Tasks that each call an actor, which is one for all or one for each.
  private static func calls(_ tasks: Int, _ calls: Int, apart: Bool) -> InterleavingTest {
    InterleavingTest("\(tasks) tasks with \(calls) calls of \(apart ? "an actor each" : "one actor")") {
      let counters = (0..<(apart ? tasks : 1)).map { _ in Counter() }
      try await together(
        (0..<tasks).map { task in
          { @Sendable () async in
            for _ in 0..<calls {
              await counters[apart ? task : 0].add()
              comeBack()
            }
          }
        })
    }
  }

  static func print(_ ports: [Port]) {
    let tests =
      [
        calls(2, 2, apart: false), calls(2, 2, apart: true), calls(3, 1, apart: false),
        calls(3, 1, apart: true), calls(3, 2, apart: true),
      ] + ports.map { $0.test(isFixed: true) }
    Swift.print("| program | every order | reduced |")
    Swift.print("| --- | --- | --- |")
    for test in tests {
      let cells = [false, true].map { isReduced in
        var explorer = InterleavingExplorer()
        explorer.strategy = .everyOrder(tasksMeetInActors: isReduced)
        explorer.budget = .schedules(most)
        guard let found = try? explorer.explore(test), found.failure == nil else { return "fails" }
        return found.coverage.hasEveryOrder ? "\(found.coverage.schedules)" : "more than \(most)"
      }
      Swift.print("| \(test.name) | \(cells.joined(separator: " | ")) |")
      fflush(nil)
    }
  }
}
