import InterleavingTesting
import Synchronization
import Testing

@testable import Interleavings

/// How often each test below ran.
private let runs = Mutex<[String: Int]>([:])
private func count(_ name: String) { runs.withLock { $0[name, default: 0] += 1 } }

@Suite("one line in a test", .serialized)
struct OneLineTests {
  @Test("a test with the trait runs as often as it says", .interleavings(50))
  func passes() async throws {
    count("passes")
    let account = PlainActorTests.Account()
    async let one: Void = account.deposit(1)
    async let two: Void = account.deposit(1)
    _ = await (one, two)
    #expect(await account.balance == 2)
  }

  @Test("the test above has run fifty times")
  func ran() { #expect(runs.withLock { $0["passes"] } == 50) }

  @Test("an expectation that fails in one order is one issue, which says how to play it again")
  func fails() async throws {
    let sink = Mutex<[String]>([])
    try await withKnownIssue {
      try await withInterleavings(200, named: "fails") {
        let account = PlainActorTests.Account()
        @Sendable func add() async {
          let balance = await account.balance
          await account.set(balance + 1)
        }
        async let one: Void = add()
        async let two: Void = add()
        _ = await (one, two)
        #expect(await account.balance == 2)
      }
    } matching: { issue in
      // What is matched is known, and a known issue fails no order.
      guard "\(issue)".contains("play it again") else { return false }
      sink.withLock { $0.append("\(issue)") }
      return true
    }
    let texts = sink.withLock { $0 }
    #expect(texts.count == 1)
    #expect(
      texts.first.map { $0.contains("account.balance == 2") && $0.contains("TROUPE_INTERLEAVING='fails:") }
        == true)
  }

  @Test("an error that is thrown in one order is the issue")
  func throwing() async throws {
    struct Lost: Error {}
    try await withKnownIssue {
      try await withInterleavings(200) {
        let sink = IssueSink()
        await PlanTests.lostUpdate(sink)
        if sink.take() != nil { throw Lost() }
      }
    } matching: {
      "\($0)".contains("an error was thrown: Lost()") && "\($0)".contains("play it again")
    }
  }

  @Test("a requirement that is not met fails the order")
  func requirement() async throws {
    try await withKnownIssue {
      try await withInterleavings(200) {
        let sink = IssueSink()
        await PlanTests.lostUpdate(sink)
        try #require(sink.take() == nil)
      }
    } matching: {
      "\($0)".contains("sink.take()") && "\($0)".contains("play it again")
    }
  }

  @Test("a test with the trait that waits for ever is an issue, though its task keeps the test's function")
  func waiting() async throws {
    let test = try #require(Test.current)
    let trait: InterleavingsTrait = .interleavings(10)
    try await withKnownIssue {
      try await trait.provideScope(for: test, testCase: Test.Case.current) {
        await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
        count("waiting")
      }
    } matching: {
      "\($0)".contains("nothing is left to run") && "\($0)".contains("play it again")
    }
    #expect(runs.withLock { $0["waiting"] } == nil)
  }

  @Test("two tests are played at the same time", arguments: 0..<4)
  func parallel(number: Int) async throws {
    try await withInterleavings(100) {
      let account = PlainActorTests.Account()
      async let one: Void = account.deposit(number)
      async let two: Void = account.deposit(1)
      _ = await (one, two)
      #expect(await account.balance == number + 1)
    }
  }
}
