import InterleavingTesting
import PropertyTesting
import Synchronization
import Testing

@testable import Interleavings

@Suite("linearizability and state machines, in every order of their awaits")
struct LinearizabilityTests {
  private static func cache(isBroken: Bool) async throws {
    let machine = CacheMachine(isBroken: isBroken)
    let cache = machine.makeSystem()
    let recorder = HistoryRecorder<CacheMachine.Command, Int>()
    @Sendable func call(_ caller: String, _ commands: [CacheMachine.Command]) async {
      for command in commands {
        _ = await recorder.call(command, by: caller) { await machine.run(command, on: cache) }
      }
    }
    async let one: Void = call("one", [.get(1), .get(1)])
    async let two: Void = call("two", [.put(1, 5), .get(1)])
    _ = await (one, two)
    try Linearizable(machine.sequentialModel).check(recorder.history)
  }

  private static func texts(_ body: @escaping @Sendable () async throws -> Void) async throws -> [String] {
    let sink = Mutex<[String]>([])
    try await withKnownIssue(isIntermittent: true) {
      try await body()
    } matching: { issue in
      sink.withLock { $0.append("\(issue)") }
      return true
    }
    return sink.withLock { $0 }
  }

  @Test("a broken cache is not linearizable in some order, and the message has the history")
  func broken() async throws {
    let texts = try await Self.texts {
      try await withInterleavings(300, named: "cache") { try await Self.cache(isBroken: true) }
    }
    #expect(texts.count == 1)
    let text = try #require(texts.first)
    #expect(text.contains("not linearizable: no order of these calls explains their responses"), "\(text)")
    #expect(text.contains("two: put(1, 5)") && text.contains("play it again"), "\(text)")
  }

  @Test("its fixed twin is linearizable in five hundred orders", .interleavings(500))
  func fixed() async throws { try await Self.cache(isBroken: false) }

  @Test(
    "the fixed twin in every order of at most two switches",
    .interleavings(100_000, strategy: .everyOrder(switches: 2)))
  func fixedEveryOrder() async throws { try await Self.cache(isBroken: false) }

  @Test("commands are found and shrunk together with their schedule, the same for a seed")
  func commands() async throws {
    let texts = try await Self.texts {
      try await forAllCommands(of: CacheMachine(isBroken: true), seed: 1)
      try await forAllCommands(of: CacheMachine(isBroken: true), seed: 1)
    }
    #expect(texts.count == 2 && texts.first == texts.last)
    let text = try #require(texts.first)

    #expect(text.contains("commands, 3 of") && text.contains("TROUPE_PROPERTY_SEED=1"), "\(text)")
  }

  @Test(
    "under each of five seeds the broken cache is told in three or four commands and at most three switches"
  )
  func manySeeds() async throws {
    for seed in 0..<UInt64(5) {
      let texts = try await Self.texts {
        try await forAllCommands(of: CacheMachine(isBroken: true), seed: seed)
      }
      let text = try #require(texts.first)
      #expect(text.contains(#/commands, [34] of [0-9]+ found/#), "\(text)")
      #expect(text.contains(#/schedule, [0-3] of [0-9]+ switches found/#), "\(text)")
    }
  }

  @Test("the twin of the cache passes")
  func commandsOfTwin() async throws {
    try await forAllCommands(of: CacheMachine(isBroken: false), count: 200)
  }
}
