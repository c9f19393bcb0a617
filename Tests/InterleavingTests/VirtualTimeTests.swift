import Foundation
import InterleavingTesting
import Synchronization
import Testing

@testable import Interleavings

@Suite("time that passes at once")
struct VirtualTimeTests {
  @Test(
    "sleeps take virtual time, to the nanosecond, in tasks of every kind; they end in the order of their ends"
  )
  func sleeps() throws {
    let found = try explored(schedules: 50) { sink in
      let clock = ContinuousClock()
      let start = clock.now
      let log = PlainActorTests.Inbox()
      await withTaskGroup(of: Void.self) { group in
        for number in [3, 1, 2] {
          group.addTask {
            try? await Task.sleep(for: .seconds(number) * 1000)
            await log.receive(number)
          }
        }
        group.addTask {
          await Task {
            try? await SuspendingClock().sleep(until: .now + .seconds(4000))
            await log.receive(4)
          }.value
        }
      }
      sink.expect(await log.received == [1, 2, 3, 4], "the order is not that of time")
      sink.expect(clock.now - start == .seconds(4000), "the time is not exact: \(clock.now - start)")
    }
    #expect(found.failure == nil, "\(String(describing: found.failure?.failure))")
  }

  @Test("the date is virtual too: it is the same in every schedule, and goes on with the sleeps")
  func date() throws {
    let found = try explored(schedules: 20) { sink in
      let start = Date()
      sink.expect(start.timeIntervalSince1970 == 1_000_000_000, "\(start.timeIntervalSince1970)")
      try await Task.sleep(for: .milliseconds(1500))
      sink.expect(Date().timeIntervalSince(start) == 1.5, "\(Date().timeIntervalSince(start))")
    }
    #expect(found.failure == nil, "\(String(describing: found.failure?.failure))")
    #expect(Date().timeIntervalSince1970 > 1_700_000_000)
  }

  @Test("a sleep that is cancelled ends at once")
  func cancelled() throws {
    let found = try explored(schedules: 100) { sink in
      let clock = ContinuousClock()
      let start = clock.now
      let task = Task { try await Task.sleep(for: .seconds(3600)) }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      sink.expect(clock.now == start, "time went by")
    }
    #expect(found.failure == nil, "\(String(describing: found.failure?.failure))")
  }

  @Test("the time of a thread that plays nothing is the machine's")
  func outside() {
    let clock = ContinuousClock()
    let start = clock.now
    #expect(clock.now >= start && clock.now - start < .seconds(60))
  }

  /// A queue with one element.
  actor Mailbox {
    private(set) var elements = [1]
    func take() -> Int? { elements.popLast() }
    func putBack(_ element: Int) { elements.append(element) }
  }

  /// Takes an element, unless a second goes by before. An element that comes at the same time as the end is lost, unless
  /// `isFixed`.
  static func take(from mailbox: Mailbox, isFixed: Bool) async -> Int? {
    await withTaskGroup(of: Int?.self) { group in
      group.addTask { await mailbox.take() }
      group.addTask {
        try? await Task.sleep(for: .seconds(1))
        return nil
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      guard isFixed, first == nil else { return first }
      return await group.next() ?? nil
    }
  }

  @Test(
    "an element that a timeout loses is found if timers race, and only then; the fixed twin passes",
    arguments: [false, true])
  func lostElement(isFixed: Bool) throws {
    let sink = IssueSink()
    let test = InterleavingTest("timeout", sink: sink) {
      let mailbox = Mailbox()
      let taken = await Self.take(from: mailbox, isFixed: isFixed)
      sink.expect(await mailbox.elements.count + (taken == nil ? 0 : 1) == 1, "an element is lost")
    }
    var explorer = InterleavingExplorer()
    #expect(try explorer.explore(test).failure == nil)
    explorer.rules.timersRace = true
    let failure = try explorer.explore(test).failure
    #expect((failure == nil) == isFixed, "\(String(describing: failure?.shrunk))")
    guard let failure else { return }
    #expect(failure.shrunk.switches.contains { $0.next == "~" }, "\(failure.shrunk)")
    #expect(failure.message(test: "timeout", strategy: .random).contains("early end of a sleep"))
    #expect(failure.message(test: "timeout", strategy: .random).contains("the clock: goes on"))
  }

  @Test("a timeout races with work that needs no time if timers race, and the fixed twin passes")
  func timersRace() throws {
    let raced = Mutex<Set<String>>([])
    let race = InterleavingTest("race") {
      let log = PlainActorTests.Inbox()
      async let timeout: Void = {
        try? await Task.sleep(for: .seconds(1))
        await log.receive(0)
      }()
      async let work: Void = log.receive(1)
      _ = await (timeout, work)
      let order = await log.received.map(String.init).joined()
      raced.withLock { _ = $0.insert(order) }
    }
    var explorer = InterleavingExplorer()
    explorer.budget = .schedules(500)
    #expect(try explorer.explore(race).coverage.notEnumerated.contains { $0.contains("a sleep ends") })
    #expect(raced.withLock { $0 } == ["10"])
    explorer.rules.timersRace = true
    #expect(try !explorer.explore(race).coverage.notEnumerated.contains { $0.contains("a sleep ends") })
    #expect(raced.withLock { $0 } == ["10", "01"])
  }

  @Test(
    "an early end of a sleep is a decision, which is shrunk and played again",
    arguments: PlanTests.strategies)
  func earlyEnd(strategy: InterleavingStrategyKind) throws {
    let sink = IssueSink()
    let test = InterleavingTest("early", sink: sink) {
      let log = PlainActorTests.Inbox()
      async let timeout: Void = {
        try? await Task.sleep(for: .seconds(1))
        await log.receive(0)
      }()
      async let work: Void = { for number in 1...3 { await log.receive(number) } }()
      _ = await (timeout, work)
      sink.expect(await log.received.last == 0, "the time was up before the work was done")
    }
    var explorer = InterleavingExplorer()
    explorer.strategy = strategy
    explorer.rules.timersRace = true
    explorer.budget = .schedules(20_000)
    let failure = try #require(try explorer.explore(test).failure)
    for _ in 0..<20 {
      let again = try explorer.replay(try InterleavingPlan(parsing: "\(failure.shrunk)"), test)
      #expect(again.failure == failure.failure && again.plan == failure.shrunk)
    }
  }

  @Test("sleeps that race with work still end in the order of their ends")
  func orderOfSleeps() throws {
    var explorer = InterleavingExplorer()
    explorer.rules.timersRace = true
    explorer.budget = .schedules(500)
    let sink = IssueSink()
    let found = try explorer.explore(
      InterleavingTest("sleeps", sink: sink) {
        let clock = ContinuousClock()
        let start = clock.now
        await withTaskGroup(of: Void.self) { group in
          for number in [2, 1] {
            group.addTask {
              try? await Task.sleep(until: start + .seconds(number))
              sink.expect(clock.now - start >= .seconds(number), "a sleep ended before its time")
            }
          }
        }
      })
    #expect(found.failure == nil, "\(String(describing: found.failure?.failure))")
  }
}
