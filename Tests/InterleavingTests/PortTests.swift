import Testing

@testable import Interleavings
@testable import interleaving_ports

@Suite("published bugs, written anew with actors")
struct PortTests {
  @Test(
    "each bug is found by the random walk, and its twin without the bug passes",
    arguments: Port.all.map(\.name))
  func found(name: String) throws {
    let port = try #require(Port.all.first { $0.name == name })
    var explorer = InterleavingExplorer()
    explorer.budget = .schedules(2000)
    let found = try explorer.explore(port.test(isFixed: false))
    #expect(found.failure != nil)
    explorer.budget = .schedules(max(300, found.failure?.schedule ?? 0))
    let twin = try explorer.explore(port.test(isFixed: true))
    #expect(twin.failure == nil, "\(twin.failure.map { $0.message(test: name, strategy: .random) } ?? "")")
  }

  @Test(
    "partial order reduction that comes to its end has found the bug", arguments: Port.all.map(\.name))
  func reduced(name: String) throws {
    let port = try #require(Port.all.first { $0.name == name })
    var explorer = InterleavingExplorer()
    explorer.strategy = .everyOrder(tasksMeetInActors: true)
    #if DEBUG
      explorer.budget = .schedules(50)
    #else
      explorer.budget = .schedules(1000)
    #endif
    explorer.shrinkingBudget = 0
    let found = try explorer.explore(port.test(isFixed: false))
    #expect(found.failure != nil || !found.coverage.hasEveryOrder)
  }
}
