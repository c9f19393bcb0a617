import Dispatch
import InterleavingTesting
import Testing

@testable import Interleavings

@Suite("tests that cannot be played")
struct BadInputTests {
  @Test("a continuation that nobody resumes is a named error, at once")
  func forgotten() throws {
    let found = try explored(schedules: 1) { _ in
      await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
    }
    #expect(found.failure?.failure.text == "\(InterleavingError.waitsOutside)")
  }

  @Test("a wait for a Dispatch queue is a named error, at once or when the queue resumes the task")
  func dispatch() throws {
    let found = try explored(schedules: 1) { _ in
      await withUnsafeContinuation { continuation in
        DispatchQueue.global().async { continuation.resume() }
      }
    }
    let errors = [InterleavingError.waitsOutside, .resumedFromOutside].map { "\($0)" }
    #expect(errors.contains(try #require(found.failure).failure.text))
  }

  @Test("a task that awaits again and again is a named error")
  func spinning() throws {
    var explorer = InterleavingExplorer()
    explorer.rules.mostParts = 5000
    let found = try explorer.explore(InterleavingTest("spins") { while true { await Task.yield() } })
    #expect(found.failure?.failure.text == "\(InterleavingError.tooManyParts(limit: 5000, busiest: "0"))")
  }

  @Test("what was left running by a test does not disturb the next schedule")
  func leftover() throws {
    let found = try explored(schedules: 200) { sink in
      let account = PlainActorTests.Account()
      Task { while true { try await Task.sleep(for: .seconds(1)); await account.deposit(1) } }
      await account.deposit(1)
      sink.expect(await account.balance >= 1, "lost")
    }
    #expect(found.failure == nil)
  }

  @Test("an error that is thrown is the failure")
  func thrown() throws {
    struct Broken: Error {}
    let found = try explored(schedules: 1) { _ in throw Broken() }
    #expect(found.failure?.failure.text == "an error was thrown: Broken()")
  }

  @Test("the process that dies under a test prints the schedule before")
  func fatal() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var explorer = InterleavingExplorer()
      explorer.budget = .schedules(500)
      let sink = IssueSink()
      _ = try explorer.explore(
        InterleavingTest("dies", sink: sink) {
          await PlanTests.lostUpdate(sink)
          if sink.take() != nil { fatalError("lost") }
        })
    }
    let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(text.contains("TROUPE_INTERLEAVING='dies:\(InterleavingPlan.thisBuild)/0"), "\(text.prefix(500))")
  }

  @Test("a part that spins without an await ends the process, with its schedule")
  func stalled() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var explorer = InterleavingExplorer()
      explorer.stallLimit = .seconds(1)
      _ = try explorer.explore(InterleavingTest("stalls") { DispatchSemaphore(value: 0).waitForEver() })
    }
    let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(text.contains("without an await") && text.contains("TROUPE_INTERLEAVING='stalls:"))
  }

  @Test("the runtime does what schedules need of it")
  func runtime() throws { try RuntimeCheck.pass() }
}

extension DispatchSemaphore {
  /// Waits, from a task, which a compiler would not let pass.
  fileprivate func waitForEver() { wait() }
}
