import Dispatch
import Foundation
import InterleavingTesting
import Synchronization
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

  /// Something outside that resumes a task of the test, or never does.
  enum Outside: String, CaseIterable {
    case thread, timer, group, process, file, forgotten

    /// The task waits by then.
    private static func later(_ continuation: UnsafeContinuation<Void, Never>) {
      Thread.sleep(forTimeInterval: 0.05)
      continuation.resume()
    }

    func resume(_ continuation: UnsafeContinuation<Void, Never>) {
      switch self {
      case .thread: Thread.detachNewThread { Self.later(continuation) }
      case .timer:
        let timer = DispatchSource.makeTimerSource()
        timer.setEventHandler { [timer] in
          Self.later(continuation)
          timer.cancel()
        }
        timer.schedule(deadline: .now())
        timer.resume()
      case .group:
        let group = DispatchGroup()
        group.enter()
        group.notify(queue: .global()) { Self.later(continuation) }
        group.leave()
      case .process:
        let process = Process()
        process.executableURL = URL(filePath: "/bin/true")
        process.terminationHandler = { _ in Self.later(continuation) }
        try? process.run()
      case .file:
        let pipe = Pipe()
        pipe.fileHandleForReading.readabilityHandler = { handle in
          handle.readabilityHandler = nil
          Self.later(continuation)
        }
        pipe.fileHandleForWriting.write(Data([1]))
      case .forgotten: break
      }
    }
  }

  @Test(
    "a wait for something outside is a named error, at once or when it resumes the task",
    arguments: Outside.allCases)
  func outside(what: Outside) throws {
    let found = try explored(schedules: 1) { _ in await withUnsafeContinuation { what.resume($0) } }
    let errors = [InterleavingError.waitsOutside, .resumedFromOutside].map { "\($0)" }
    let text = try #require(found.failure).failure.text
    #expect(errors.contains(text), "\(what): \(text)")
  }

  @Test(
    "a thread that is blocked ends the process, with the schedule",
    arguments: ["a semaphore", "a group", "a lock", "sleep"])
  func blocked(by what: String) async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [what] in
      var explorer = InterleavingExplorer()
      explorer.stallLimit = .seconds(1)
      _ = try explorer.explore(
        InterleavingTest("blocks") {
          switch what {
          case "a semaphore": DispatchSemaphore(value: 0).waitForEver()
          case "a group": BadInputTests.waitForGroup()
          case "a lock": BadInputTests.lockTwice()
          default: sleep(1000)
          }
        })
    }
    let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(text.contains("without an await") && text.contains("TROUPE_INTERLEAVING='blocks:"), "\(text)")
  }

  static func waitForGroup() {
    let group = DispatchGroup()
    group.enter()
    group.wait()
  }

  static func lockTwice() {
    let lock = NSLock()
    lock.lock()
    lock.lock()
  }

  @Test("a task that awaits again and again is a named error")
  func spinning() throws {
    var explorer = InterleavingExplorer()
    explorer.rules.mostParts = 5000
    let found = try explorer.explore(InterleavingTest("spins") { while true { await Task.yield() } })
    let error = InterleavingError.tooManyParts(limit: 5000, busiest: "0", sleeps: false)
    #expect(found.failure?.failure.error == error)
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

  @Test("a thread that resumes a task which an earlier schedule left does not disturb a later one")
  func late() throws {
    let late = Mutex<UnsafeContinuation<Void, Never>?>(nil)
    let error = try explored(schedules: 1) { _ in
      await withUnsafeContinuation { continuation in late.withLock { $0 = continuation } }
    }.failure?.failure.error
    #expect(error == .waitsOutside)
    let found = try explored(schedules: 3) { _ in
      await Task.yield()
      if let continuation = late.withLock({ $0.take() }) {
        let resumed = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
          continuation.resume()
          resumed.signal()
        }
        resumed.waitForEver()
      }
      await Task.yield()
    }
    #expect(found.failure == nil, "\(found.failure?.failure.text ?? "")")
  }

  @Test("a task that an earlier schedule left, and that is resumed in a later one, does not disturb it")
  func stale() throws {
    let keeper = StreamKeeper()
    let found = try explored(schedules: 50) { sink in
      // The stream of the schedule before ends here, which would let its reader go on.
      await keeper.keep(nil)
      let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
      await keeper.keep(continuation)
      Task { for await _ in stream { sink.record(ScheduleFailure("an element came")) } }
      await Task.yield()
    }
    #expect(found.failure == nil)
  }

  /// A queue that a static variable keeps, with a task that reads from it.
  final class StaticQueue: Sendable {
    static let shared = StaticQueue()
    private let requests: AsyncStream<CheckedContinuation<Void, Never>>.Continuation
    init() {
      let (stream, requests) = AsyncStream.makeStream(of: CheckedContinuation<Void, Never>.self)
      self.requests = requests
      Task.detached { for await request in stream { request.resume() } }
    }
    func serve() async { await withCheckedContinuation { _ = requests.yield($0) } }
  }

  @Test("a wait for a task that a static variable keeps from an earlier schedule is an error that says so")
  func keptByStatic() throws {
    #expect(throws: InterleavingError.waitsForEarlierSchedule) {
      try explored(schedules: 10) { _ in await StaticQueue.shared.serve() }
    }
    #expect(try explored(schedules: 10) { _ in await StaticQueue().serve() }.failure == nil)
  }

  actor StreamKeeper {
    private var continuation: AsyncStream<Int>.Continuation?
    func keep(_ next: AsyncStream<Int>.Continuation?) {
      continuation?.finish()
      continuation = next
    }
  }

  @Test("an exploration that is interrupted says what it found so far, and ends as the interrupt ends it")
  func interrupted() async throws {
    let result = await #expect(processExitsWith: .signal(SIGINT), observing: [\.standardErrorContent]) {
      // A process that a test starts may have the signal blocked.
      var signals = sigset_t()
      sigemptyset(&signals)
      sigaddset(&signals, SIGINT)
      pthread_sigmask(SIG_UNBLOCK, &signals, nil)
      let counter = PlanTests.ChanceCounter()
      try await withInterleavings(100_000, named: "long") {
        if await counter.next() == 50 { raise(SIGINT) }
      }
    }
    let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(text.contains("long was interrupted after 50 schedules"), "\(text)")
  }

  @Test("the environment plays one schedule of one test, and no other test's")
  func environment() async throws {
    await #expect(processExitsWith: .success) {
      let failure = try #require(try InterleavingExplorer().explore(PlanTests.test()).failure)
      setenv(ReplayRequest.variable, "mine:\(failure.shrunk)", 1)
      let counter = PlanTests.ChanceCounter()
      let sink = IssueSink()
      await #expect(throws: InterleavingFailure.self) {
        try await Task.detached {
          try await withInterleavings(100, named: "mine") {
            _ = await counter.next()
            await PlanTests.lostUpdate(sink)
            if sink.take() != nil { throw CancellationError() }
          }
        }.value
      }
      #expect(await counter.next() == 2)
      try await withInterleavings(100, named: "other") { _ = await counter.next() }
      #expect(await counter.next() == 103)
    }
  }

  @Test("P10: who asks for it is told what was played, and what was not")
  func coverage() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      setenv("TROUPE_INTERLEAVING_COVERAGE", "1", 1)
      try await withInterleavings(100_000, strategy: .everyOrder(), named: "all") {
        let account = PlainActorTests.Account()
        async let other: Void = account.deposit(1)
        await other
      }
    }
    let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(
      text.contains("different, every order of parts; not enumerated: orders in which a sleep"), "\(text)")
  }

  @Test("outside of Swift Testing the failure is thrown")
  func outside() async throws {
    let error = await #expect(throws: InterleavingFailure.self) {
      try await Task.detached {
        try await withInterleavings(200, named: "outside") {
          let sink = IssueSink()
          await PlanTests.lostUpdate(sink)
          if sink.take() != nil { throw CancellationError() }
        }
      }.value
    }
    #expect(error?.description.contains("TROUPE_INTERLEAVING='outside:") == true)
  }

  @Test("the runtime does what schedules need of it")
  func runtime() throws {
    try RuntimeCheck.pass()
    try EffectsCheck.pass()
  }
}

extension DispatchSemaphore {
  /// Waits, from a task, which a compiler would not let pass.
  fileprivate func waitForEver() { wait() }
}
