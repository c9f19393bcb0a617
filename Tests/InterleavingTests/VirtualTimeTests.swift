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
}
